package io.plexspaces.wasm;

import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.guest.CoreLimits;
import io.plexspaces.api.guest.GuestTrap;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** The imports of the core-module ABI, version 1. */
final class AbiImports {
  private static final int MAX_LEVEL = 4;
  private static final String MODULE = "plexspaces";
  private static final byte[] NONE = {};

  private static final HostImports ALL =
      HostImports.builder()
          .addAll(WasiImports.all())
          .add(MODULE, "input", "i:", AbiImports::input)
          .add(MODULE, "output", "ii:", AbiImports::output)
          .add(MODULE, "call", "iiii:i", AbiImports::call)
          .add(MODULE, "result", "i:", AbiImports::result)
          .add(MODULE, "log", "iii:", AbiImports::log)
          .build();

  private AbiImports() {}

  /** The ABI's and WASI's. */
  static HostImports all() {
    return ALL;
  }

  /** What the imports share during one call of a guest. */
  static final class Exchange {
    private final byte[] input;
    private byte[] output = NONE;
    private byte[] result = NONE;

    Exchange(byte[] input) {
      this.input = input;
    }

    byte[] output() {
      return output;
    }
  }

  private static Exchange exchange(Lease guest) {
    if (guest.context() instanceof Exchange e) {
      return e;
    }
    // A start function or _initialize: nothing comes in, and nothing that goes out is looked at.
    Exchange e = new Exchange(NONE);
    guest.setContext(e);
    return e;
  }

  private static long input(Lease guest, long[] args) {
    guest.write((int) args[0], exchange(guest).input);
    return 0;
  }

  private static long output(Lease guest, long[] args) {
    int size = (int) args[1];
    checkSize("output", size, Integer.MAX_VALUE);
    if (size > CoreLimits.PAYLOAD) {
      throw new GuestTrap(CoreLimits.tooLarge(size));
    }
    exchange(guest).output = guest.read((int) args[0], size);
    return 0;
  }

  private static long call(Lease guest, long[] args) {
    String operation = text(guest, "operation name", (int) args[0], (int) args[1]);
    int size = (int) args[3];
    checkSize("request", size, CoreLimits.PAYLOAD);
    byte[] request = guest.read((int) args[2], size);
    Exchange e = exchange(guest);
    try {
      byte[] reply =
          guest.host().call(operation, size == 0 ? Frame.EMPTY : Frame.decode(request)).encode();
      CoreLimits.checkResult(operation, reply.length);
      e.result = reply;
      return reply.length;
    } catch (HostException x) {
      e.result = error(x.error());
      return -e.result.length;
    }
  }

  private static byte[] error(HostError error) {
    return Json.write(error.toValue());
  }

  private static long result(Lease guest, long[] args) {
    guest.write((int) args[0], exchange(guest).result);
    return 0;
  }

  private static long log(Lease guest, long[] args) {
    int level = (int) args[0];
    int size = (int) args[2];
    if (level < 0 || level > MAX_LEVEL) {
      throw Lease.trap("the guest logs at level " + level + "; levels are 0 to " + MAX_LEVEL);
    }
    guest.checkRange((int) args[1], size);
    byte[] message = guest.read((int) args[1], Math.min(size, CoreLimits.LOG_MESSAGE));
    guest.host().log(level, new String(message, StandardCharsets.UTF_8));
    return 0;
  }

  private static String text(Lease guest, String what, int at, int size) {
    checkSize(what, size, CoreLimits.OPERATION_NAME);
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(guest.read(at, size)))
          .toString();
    } catch (CharacterCodingException e) {
      throw Lease.trap("the guest gave " + what + " that is not UTF-8");
    }
  }

  private static void checkSize(String what, int size, int max) {
    if (size < 0 || size > max) {
      throw Lease.trap(
          "the guest gave "
              + what
              + " of "
              + Integer.toUnsignedString(size)
              + " bytes; at most "
              + max
              + " are allowed");
    }
  }
}
