/**
 * The node's commit log: the one place where a turn becomes durable. Used by {@code
 * io.plexspaces.store} and by nothing else.
 */
@NullMarked
package io.plexspaces.store.log;

import org.jspecify.annotations.NullMarked;
