package io.plexspaces.python;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.guest.CoreLimits;
import io.plexspaces.api.guest.GuestErrors;
import io.plexspaces.api.guest.GuestReply;
import io.plexspaces.api.guest.GuestTrap;
import io.plexspaces.wasm.ExportedFunction;
import io.plexspaces.wasm.Lease;
import io.plexspaces.wasm.Program;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The interpreter's exports, and how its one function is called. Immutable. */
record Interpreter(
    ExportedFunction allocate,
    ExportedFunction deallocate,
    ExportedFunction setup,
    ExportedFunction execute) {

  private static final String EXECUTE = "execute\0";
  private static final int ROW = 0;
  private static final int VARBINARY = 12;
  private static final byte PRESENT = 1;
  private static final String MEMORY_ERROR = "MemoryError";

  static Interpreter of(Program program) {
    return new Interpreter(
        program.function("allocate", "i:i"),
        program.function("deallocate", "i:"),
        program.function("setup", "iii:"),
        program.function("execute", "i:i"));
  }

  /** Imports the boot script, which is called from then on with bytes and answers bytes. */
  void setUp(Lease guest) {
    int name = put(guest, EXECUTE.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    int argument = put(guest, Wire.ints(ROW, 1, VARBINARY));
    int result = put(guest, Wire.ints(VARBINARY));
    guest.call(setup, name, argument, result);
  }

  private int put(Lease guest, byte[] bytes) {
    int p = (int) guest.call(allocate, bytes.length);
    guest.write(p, bytes);
    return p;
  }

  /**
   * Runs the boot script's function.
   *
   * @param op a {@link io.plexspaces.api.guest.GuestOp} or one of {@link Wire}'s
   * @param seed for the guest's own generators, or null
   * @throws GuestTrap if the interpreter trapped or broke the rules
   */
  GuestReply call(Lease guest, int op, Frame input, byte @Nullable [] seed) {
    PythonImports.Exchange exchange = new PythonImports.Exchange(Wire.later(input));
    guest.setContext(exchange);
    byte[] bytes;
    try {
      bytes = run(guest, exchange, Wire.argument(op, input, seed));
    } catch (GuestTrap t) {
      throw outOfMemory(guest, t);
    }
    byte[] large = exchange.answer();
    Wire.Output out = large == null ? Wire.output(bytes, 0) : Wire.output(large, 1);
    if (out == null) {
      throw Lease.trap("the guest's SDK is not of this version: its answer cannot be read");
    }
    return out.status() == 0
        ? CoreLimits.reply(out.frame())
        : GuestReply.failed(error(out.frame().body()));
  }

  private byte[] run(Lease guest, PythonImports.Exchange exchange, byte[] argument) {
    // A row of one field; both are there.
    byte[] row = new byte[2 + Integer.BYTES + argument.length];
    row[0] = PRESENT;
    row[1] = PRESENT;
    System.arraycopy(Wire.ints(argument.length), 0, row, 2, Integer.BYTES);
    System.arraycopy(argument, 0, row, 2 + Integer.BYTES, argument.length);
    int p = put(guest, row);
    int result = (int) guest.call(execute, p);
    guest.call(deallocate, p);
    if (result == 0) {
      String why = exchange.failure();
      if (why != null && why.contains(MEMORY_ERROR)) {
        throw Lease.outOfMemory();
      }
      throw Lease.trap("the interpreter failed: " + why);
    }
    int size = guest.readInt(result);
    guest.checkRange(result + Integer.BYTES, size);
    byte[] value = guest.read(result + Integer.BYTES, size);
    guest.call(deallocate, result);
    int head = 1 + Integer.BYTES;
    if (value.length < head || value[0] != PRESENT) {
      throw Lease.trap("the interpreter answered nothing");
    }
    return Arrays.copyOfRange(value, head, value.length);
  }

  private static HostError error(byte[] json) {
    HostError error;
    try {
      error = GuestErrors.cut(HostError.fromValue(Json.read(json)));
    } catch (HostException e) {
      return HostError.of(
          ErrorCode.INTERNAL, "the guest failed with an error that is not JSON: " + e.getMessage());
    }
    boolean memory =
        !error.business()
            && (error.message().equals(MEMORY_ERROR)
                || error.message().startsWith(MEMORY_ERROR + ":"));
    if (memory) {
      throw Lease.outOfMemory();
    }
    return error;
  }

  /** The interpreter exits where it cannot allocate for itself. */
  private static GuestTrap outOfMemory(Lease guest, GuestTrap trap) {
    return trap.error().message().startsWith("the guest exited") && guest.memoryRefused()
        ? Lease.outOfMemory()
        : trap;
  }
}
