/** Tests of the command line against a small server, and of what starts a node. */
@NullMarked
package io.plexspaces.cli;

import org.jspecify.annotations.NullMarked;
