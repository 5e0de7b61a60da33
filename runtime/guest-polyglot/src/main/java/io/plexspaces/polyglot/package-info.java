/**
 * Apps in Python and JavaScript on GraalPy and GraalJS: the same artifacts as the WASM engines run,
 * in contexts of the JVM. For trusted code: a context has no limit of memory.
 */
@NullMarked
package io.plexspaces.polyglot;

import org.jspecify.annotations.NullMarked;
