package io.plexspaces.wasm;

import java.util.Arrays;

/** Looks at the outer structure of a module without parsing it; knows nothing better of garbage. */
final class WasmSections {
  private static final int HEADER_BYTES = 8;
  private static final int IMPORT_SECTION = 2;

  private WasmSections() {}

  /** Whether {@code text} stands anywhere in the import section. */
  static boolean importsContain(byte[] module, byte[] text) {
    int at = HEADER_BYTES;
    while (at < module.length) {
      int id = module[at++];
      long size = 0;
      int shift = 0;
      boolean more = true;
      while (more && at < module.length && shift < 35) {
        byte b = module[at++];
        size |= (long) (b & 0x7f) << shift;
        shift += 7;
        more = b < 0;
      }
      if (more || size > module.length - at) {
        return false;
      }
      if (id == IMPORT_SECTION) {
        return contains(module, at, at + (int) size, text);
      }
      at += (int) size;
    }
    return false;
  }

  private static boolean contains(byte[] bytes, int from, int to, byte[] text) {
    for (int i = from; i + text.length <= to; i++) {
      if (Arrays.equals(bytes, i, i + text.length, text, 0, text.length)) {
        return true;
      }
    }
    return false;
  }
}
