/**
 * {@code plexspaces quickstart}: from nothing to answers out of the user's own files, with a real
 * node in a process of its own.
 */
@NullMarked
package io.plexspaces.cli.quickstart;

import org.jspecify.annotations.NullMarked;
