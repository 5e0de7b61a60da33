/** Actors in Python: CPython as a WASM module, forked for every app and actor. */
@NullMarked
package io.plexspaces.python;

import org.jspecify.annotations.NullMarked;
