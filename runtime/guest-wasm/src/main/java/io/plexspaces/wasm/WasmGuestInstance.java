package io.plexspaces.wasm;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.guest.GuestErrors;
import io.plexspaces.api.guest.GuestHost;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.GuestReply;
import io.plexspaces.api.guest.GuestTrap;

/** An actor's guest of a core module. */
final class WasmGuestInstance extends StateInstance {
  private static final byte[] NONE = {};

  private final ExportedFunction entry;

  WasmGuestInstance(GuestState state, ExportedFunction entry) {
    super(state);
    this.entry = entry;
  }

  @Override
  public GuestReply call(GuestOp op, Frame input, GuestHost host) {
    return call(state(), entry, op, input, host);
  }

  static GuestReply call(
      GuestState state, ExportedFunction entry, GuestOp op, Frame input, GuestHost host) {
    byte[] bytes = input == Frame.EMPTY ? NONE : input.encode();
    AbiImports.Exchange exchange = new AbiImports.Exchange(bytes);
    long status;
    try (Lease lease = state.enter(host)) {
      lease.setContext(exchange);
      try {
        status = lease.call(entry, op.code(), bytes.length);
      } catch (GuestTrap t) {
        GuestTrap why = outOfMemory(lease, exchange, WasiImports.explained(lease, t));
        throw explained(lease, why, exchange.output());
      }
    }
    return status == 0 ? result(exchange.output()) : failure(status, exchange.output());
  }

  /**
   * Where a language's runtime gives up without a word after it was refused memory, that is why.
   */
  private static GuestTrap outOfMemory(Lease lease, AbiImports.Exchange exchange, GuestTrap trap) {
    boolean silent = exchange.output().length == 0 && trap.error().code() == ErrorCode.INTERNAL;
    return silent && lease.memoryRefused() ? Lease.outOfMemory() : trap;
  }

  /** A guest that panics says why with its last output, before it traps. */
  private static GuestTrap explained(Lease lease, GuestTrap trap, byte[] output) {
    boolean ownWord = trap.error().code() == ErrorCode.INTERNAL;
    if (!ownWord || output.length == 0 || output[0] != '{') {
      return trap;
    }
    try {
      HostError said = GuestErrors.cut(HostError.fromValue(Json.read(output)));
      boolean limit = said.code() == ErrorCode.RESOURCE_EXHAUSTED && !lease.memoryRefused();
      ErrorCode code = limit ? ErrorCode.INTERNAL : said.code(); // a crash is no limit by its word
      return new GuestTrap(HostError.lasting(code, "the guest crashed: " + said.message()), trap);
    } catch (HostException e) {
      return trap;
    }
  }

  private static GuestReply result(byte[] output) {
    if (output.length == 0) {
      return GuestReply.ok(Frame.EMPTY);
    }
    try {
      return GuestReply.ok(Frame.decode(output));
    } catch (HostException e) {
      throw Lease.trap("the guest's result is refused: " + e.getMessage());
    }
  }

  /** An error by the guest's own account; one that cannot be read is a crash all the same. */
  private static GuestReply failure(long status, byte[] output) {
    try {
      return GuestReply.failed(GuestErrors.cut(HostError.fromValue(Json.read(output))));
    } catch (HostException e) {
      return GuestReply.failed(
          HostError.of(
              ErrorCode.INTERNAL,
              "the guest failed with status " + status + " and no error that can be read"));
    }
  }
}
