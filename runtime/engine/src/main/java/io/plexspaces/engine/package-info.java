/**
 * The actor engine: dispatcher, mailboxes, cells, turns, supervision, names. It knows guests,
 * journals and host operations only by the interfaces of the host API.
 */
@NullMarked
package io.plexspaces.engine;

import org.jspecify.annotations.NullMarked;
