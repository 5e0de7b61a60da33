/**
 * Core WASM guests on copy-on-write memory.
 *
 * <p>The way of a module: {@link io.plexspaces.wasm.ModuleCompiler#compile} validates and compiles
 * its bytes once (or takes the classes from the disk cache) to a {@link
 * io.plexspaces.wasm.CompiledModule}; {@link io.plexspaces.wasm.Program} links it with {@link
 * io.plexspaces.wasm.HostImports}; {@link io.plexspaces.wasm.Program#start} instantiates it; {@link
 * io.plexspaces.wasm.GuestState#freeze} makes the running state a {@link
 * io.plexspaces.wasm.Template}; {@link io.plexspaces.wasm.Program#fork} makes an actor's state from
 * a template in microseconds. A {@code GuestState} is memory and globals only: to run, it {@link
 * io.plexspaces.wasm.GuestState#enter enters} an instance that its program lends it, the {@link
 * io.plexspaces.wasm.Lease}:
 *
 * <pre>{@code
 * Program program = new Program(compiler.compile(bytes), imports);
 * GuestState s = program.start(host, seed, limits, budget);   // data segments, start function
 * try (Lease l = s.enter(host)) {
 *   l.call(program.function("_initialize"));
 * }
 * Template ready = s.freeze();                                 // s is used up
 * GuestState actor = program.fork(ready, seed, limits, budget);
 * try (Lease l = actor.enter(host)) {
 *   long p = l.call(malloc, 10);
 *   l.write((int) p, bytes);
 *   l.call(handle, p, 10);
 * }
 * }</pre>
 *
 * <p>A template may be forked, changed and frozen again as often as one likes, and by another
 * program of the same compiled module. An import is an {@link
 * io.plexspaces.wasm.HostImports.Function} and gets the running lease, through which it reads and
 * writes memory, calls other exports and reaches the {@link io.plexspaces.api.guest.GuestHost}.
 */
@NullMarked
package io.plexspaces.wasm;

import org.jspecify.annotations.NullMarked;
