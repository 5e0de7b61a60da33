package io.plexspaces.wasm;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.guest.GuestTrap;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.LockSupport;

/**
 * {@code poll_oneoff} of WASI: waits for clocks, by the host's own {@code sleep}, so that a
 * sleeping guest holds no thread. There is nothing else that could be waited for.
 */
final class WasiPoll {
  private static final int SUCCESS = 0;
  private static final int EBADF = 8;
  private static final int EINVAL = 28;

  private static final int SUBSCRIPTION_BYTES = 48;
  private static final int EVENT_BYTES = 32;
  private static final int MAX_SUBSCRIPTIONS = 1024;

  private static final int TAG_AT = 8;
  private static final int CLOCK_AT = 16;
  private static final int TIMEOUT_AT = 24;
  private static final int FLAGS_AT = 40;
  private static final int TAG_CLOCK = 0;
  private static final int FLAG_ABSOLUTE = 1;
  private static final int CLOCK_REALTIME = 0;

  private static final long NANOS_PER_MILLI = 1_000_000;

  private WasiPoll() {}

  /** (subscriptions, events, how many, where the number of events goes). */
  static long poll(Lease guest, long[] args) {
    int subscriptions = (int) args[0];
    int events = (int) args[1];
    int count = (int) args[2];
    if (count < 1 || count > MAX_SUBSCRIPTIONS) {
      return EINVAL;
    }
    long shortest = Long.MAX_VALUE;
    boolean descriptors = false;
    for (int i = 0; i < count; i++) {
      int at = subscriptions + i * SUBSCRIPTION_BYTES;
      if (guest.readByte(at + TAG_AT) == TAG_CLOCK) {
        shortest = Math.min(shortest, nanos(guest, at));
      } else {
        descriptors = true;
      }
    }
    // What a guest asks of a file descriptor is answered at once: that it has none.
    if (!descriptors && shortest > 0) {
      sleep(guest, shortest);
    }
    int happened = 0;
    for (int i = 0; i < count; i++) {
      int at = subscriptions + i * SUBSCRIPTION_BYTES;
      boolean clock = guest.readByte(at + TAG_AT) == TAG_CLOCK;
      if (!clock || (!descriptors && nanos(guest, at) <= shortest)) {
        byte[] event = new byte[EVENT_BYTES];
        event[8] = (byte) (clock ? SUCCESS : EBADF);
        event[10] = guest.readByte(at + TAG_AT);
        int to = events + EVENT_BYTES * happened++;
        long userdata = guest.readLong(at);
        guest.write(to, event);
        guest.writeLong(to, userdata);
      }
    }
    guest.writeInt((int) args[3], happened);
    return SUCCESS;
  }

  private static long nanos(Lease guest, int at) {
    long timeout = guest.readLong(at + TIMEOUT_AT);
    if ((guest.readByte(at + FLAGS_AT) & FLAG_ABSOLUTE) == 0) {
      return timeout < 0 ? Long.MAX_VALUE : timeout;
    }
    long now =
        guest.readInt(at + CLOCK_AT) == CLOCK_REALTIME
            ? guest.host().nowMillis() * NANOS_PER_MILLI
            : guest.host().nanoTime();
    return Math.max(0, timeout - now);
  }

  private static void sleep(Lease guest, long nanos) {
    if (nanos <= NANOS_PER_MILLI) {
      // A language's runtime that gives way to another of its threads, also before there is an
      // actor.
      LockSupport.parkNanos(nanos);
      return;
    }
    long millis = nanos / NANOS_PER_MILLI + (nanos % NANOS_PER_MILLI == 0 ? 0 : 1);
    byte[] header = ("{\"ms\":" + millis + "}").getBytes(StandardCharsets.UTF_8);
    try {
      var _ = guest.host().call("sleep", new Frame(header, new byte[0]));
    } catch (HostException e) {
      // WASI has no error for this, and a guest that is told it has slept would ask again at once.
      throw new GuestTrap(
          HostError.of(
              e.code() == ErrorCode.INVALID_ARGUMENT ? ErrorCode.INTERNAL : e.code(),
              "the guest could not wait for "
                  + millis
                  + " ms: "
                  + e.getMessage()
                  + " (send_after waits longer than a turn may)"));
    }
  }
}
