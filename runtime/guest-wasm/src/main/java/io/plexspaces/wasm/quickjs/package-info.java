/**
 * TypeScript and JavaScript guests: drives QuickJS, itself a WASM module, through its exports. The
 * engine is initialised once, each app is a fork with its sources evaluated, each actor a fork of
 * its app.
 */
@NullMarked
package io.plexspaces.wasm.quickjs;

import org.jspecify.annotations.NullMarked;
