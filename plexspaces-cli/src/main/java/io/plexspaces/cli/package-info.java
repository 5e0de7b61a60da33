/** The command line: a client of a node's HTTP API, and the composition root that starts a node. */
@NullMarked
package io.plexspaces.cli;

import org.jspecify.annotations.NullMarked;
