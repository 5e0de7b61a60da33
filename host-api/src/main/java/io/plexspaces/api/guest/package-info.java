/** The interface behind which guest engines live: WASM, QuickJS, later Python and polyglot. */
@NullMarked
package io.plexspaces.api.guest;

import org.jspecify.annotations.NullMarked;
