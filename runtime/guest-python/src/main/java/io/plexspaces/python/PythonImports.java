package io.plexspaces.python;

import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.CoreLimits;
import io.plexspaces.api.guest.GuestHost;
import io.plexspaces.api.guest.GuestTrap;
import io.plexspaces.api.guest.StartupHost;
import io.plexspaces.wasm.HostImports;
import io.plexspaces.wasm.Lease;
import io.plexspaces.wasm.WasiImports;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What CPython asks of its host: WASI, where descriptor 0 leads to the host's operations. */
final class PythonImports {
  static final String WASI = "wasi_snapshot_preview1";

  private static final int SUCCESS = 0;
  private static final int EINVAL = 28;
  private static final int MAX_VECTORS = 1024;
  private static final int CALLS = 0;

  /** A frame's own sizes on top of what it carries. */
  private static final int MAX_WRITE = CoreLimits.PAYLOAD + (64 << 10);

  private static final List<String> LEVELS = List.of("trace", "debug", "info", "warn", "error");

  private static final HostImports ALL = builder().build();

  private PythonImports() {}

  static HostImports all() {
    return ALL;
  }

  static HostImports.Builder builder() {
    return HostImports.builder()
        .addAll(WasiImports.all())
        .replace(WASI, "fd_write", wasi -> (g, a) -> a[0] == CALLS ? write(g, a) : wasi.call(g, a))
        .replace(WASI, "fd_read", wasi -> (g, a) -> a[0] == CALLS ? read(g, a) : wasi.call(g, a))
        .add("trino", "return_error", "iiiii:", PythonImports::failed);
  }

  /** What passes through descriptor 0 during one call of the interpreter. */
  static final class Exchange {
    private byte[] readable;
    private int at;
    private byte @Nullable [] answer;
    private @Nullable String failure;

    /**
     * @param readable what the guest reads first
     */
    Exchange(byte[] readable) {
      this.readable = readable;
    }

    /** A result that was too large for the usual way, with one byte before it; or null. */
    byte @Nullable [] answer() {
      return answer;
    }

    /** The exception that ended the call, or null. */
    @Nullable String failure() {
      return failure;
    }

    private void offer(byte[] bytes) {
      readable = bytes;
      at = 0;
    }
  }

  private static Exchange exchange(Lease guest) {
    if (guest.context() instanceof Exchange e) {
      return e;
    }
    Exchange e = new Exchange(new byte[0]);
    guest.setContext(e);
    return e;
  }

  private static long write(Lease guest, long[] args) {
    int vectors = (int) args[1];
    int count = (int) args[2];
    if (count < 0 || count > MAX_VECTORS) {
      return EINVAL;
    }
    Exchange e = exchange(guest);
    long size = size(guest, vectors, count);
    if (size > MAX_WRITE) {
      return refuse(guest, e, vectors, size, (int) args[3]);
    }
    byte[] written = gather(guest, vectors, count, (int) size);
    if (written.length > 0 && written[0] == Wire.ANSWER) {
      e.answer = written;
      guest.writeInt((int) args[3], written.length);
      return SUCCESS;
    }
    Wire.Call call =
        written.length > 0 && written[0] == Wire.CALL
            ? Wire.call(written, CoreLimits.OPERATION_NAME)
            : null;
    if (call == null) {
      return EINVAL;
    }
    byte[] reply = reply(guest.host(), call);
    e.offer(reply);
    // More than was written: the guest asks for as much in turn.
    guest.writeInt((int) args[3], reply.length);
    return SUCCESS;
  }

  private static long size(Lease guest, int vectors, int count) {
    long total = 0;
    for (int i = 0; i < count; i++) {
      int size = guest.readInt(vectors + 8 * i + 4);
      guest.checkRange(guest.readInt(vectors + 8 * i), size);
      total += size;
    }
    return total;
  }

  /** What is too large is not even read: it would be the host's memory that it is copied to. */
  private static long refuse(Lease guest, Exchange e, int vectors, long size, int result) {
    if (guest.readByte(guest.readInt(vectors)) == Wire.ANSWER) {
      throw new GuestTrap(CoreLimits.tooLarge(size));
    }
    HostError refused = CoreLimits.requestTooLarge("a request", size, CoreLimits.PAYLOAD);
    byte[] reply = Wire.reply(1, new byte[0], Json.write(refused.toValue()));
    e.offer(reply);
    guest.writeInt(result, reply.length);
    return SUCCESS;
  }

  private static byte[] gather(Lease guest, int vectors, int count, int total) {
    if (count == 1) {
      return guest.read(guest.readInt(vectors), total);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(total);
    for (int i = 0; i < count; i++) {
      out.writeBytes(
          guest.read(guest.readInt(vectors + 8 * i), guest.readInt(vectors + 8 * i + 4)));
    }
    return out.toByteArray();
  }

  private static byte[] reply(GuestHost host, Wire.Call call) {
    try {
      if (host instanceof StartupHost && call.operation().equals("log")) {
        Value.Obj o = call.request().headerObject();
        host.log(Math.max(0, LEVELS.indexOf(o.string("level", "info"))), o.string("message", ""));
        return Wire.reply(0, new byte[0], new byte[0]);
      }
      Frame request = call.request();
      CoreLimits.checkRequest(
          "a request", (long) request.header().length + request.body().length, CoreLimits.PAYLOAD);
      Frame reply = host.call(call.operation(), request);
      CoreLimits.checkResult(call.operation(), (long) reply.header().length + reply.body().length);
      return Wire.reply(0, reply.header(), reply.body());
    } catch (HostException e) {
      HostError error = e.error();
      return Wire.reply(1, new byte[0], Json.write(error.toValue()));
    }
  }

  private static long read(Lease guest, long[] args) {
    int vectors = (int) args[1];
    int count = (int) args[2];
    if (count < 0 || count > MAX_VECTORS) {
      return EINVAL;
    }
    Exchange e = exchange(guest);
    int total = 0;
    for (int i = 0; i < count; i++) {
      int to = guest.readInt(vectors + 8 * i);
      int size = guest.readInt(vectors + 8 * i + 4);
      guest.checkRange(to, size);
      int n = Math.min(size, e.readable.length - e.at);
      guest.write(to, n == e.readable.length ? e.readable : part(e, n));
      e.at += n;
      total += n;
    }
    if (e.at == e.readable.length) {
      e.offer(new byte[0]);
    }
    guest.writeInt((int) args[3], total);
    return SUCCESS;
  }

  private static byte[] part(Exchange e, int n) {
    return java.util.Arrays.copyOfRange(e.readable, e.at, e.at + n);
  }

  private static long failed(Lease guest, long[] args) {
    int size = (int) args[2];
    guest.checkRange((int) args[1], size);
    byte[] text = guest.read((int) args[1], Math.min(size, CoreLimits.LOG_MESSAGE));
    exchange(guest).failure = new String(text, StandardCharsets.UTF_8);
    return 0;
  }
}
