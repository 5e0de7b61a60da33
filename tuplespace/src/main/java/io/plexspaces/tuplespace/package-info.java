/**
 * The tuple space: a pattern index, waiters in order, and transactions that follow turns.
 *
 * <p>{@link io.plexspaces.tuplespace.TupleSpaces} holds one space an app, {@link
 * io.plexspaces.tuplespace.TupleSpaceOperations} offers them to guests.
 */
@NullMarked
package io.plexspaces.tuplespace;

import org.jspecify.annotations.NullMarked;
