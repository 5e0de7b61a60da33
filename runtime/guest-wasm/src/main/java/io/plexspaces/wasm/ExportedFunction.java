package io.plexspaces.wasm;

/**
 * A function that a module exports, resolved once for all its instances.
 *
 * @param index its number in the module
 */
public record ExportedFunction(String name, int index) {}
