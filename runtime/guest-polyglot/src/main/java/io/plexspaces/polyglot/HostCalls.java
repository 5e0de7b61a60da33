package io.plexspaces.polyglot;

import com.oracle.truffle.api.TruffleContext;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.GuestHost;
import io.plexspaces.api.guest.StartupHost;
import io.plexspaces.api.guest.TurnStopped;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The way from one actor's guest to the host of the running call. All but {@link #requestSafepoint}
 * is used by the thread that runs the guest.
 */
final class HostCalls {
  private static final System.Logger LOG = System.getLogger(HostCalls.class.getName());
  private static final int ERROR = 4;

  /** Of rejections that nobody handles, logged in one call; the rest is counted. */
  private static final int MAX_REJECTIONS = 16;

  private static final List<String> LEVELS = List.of("trace", "debug", "info", "warn", "error");

  private final LogLines out = new LogLines(s -> print(2, s));
  private final LogLines err = new LogLines(s -> print(3, s));
  private final AtomicBoolean requested = new AtomicBoolean();
  private volatile @Nullable GuestHost host;
  private @Nullable TurnStopped stopped;
  private long rejections;
  private volatile SafepointInstrument.@Nullable Service safepoints;
  private volatile @Nullable TruffleContext context;

  /** Told once, before {@link #requestSafepoint} can have an effect. */
  void bind(SafepointInstrument.Service service, TruffleContext entered) {
    context = entered;
    safepoints = service;
    look(); // what was asked for before had no effect
  }

  LogLines out() {
    return out;
  }

  LogLines err() {
    return err;
  }

  /**
   * A call begins; its thread has entered the context, so from here on a request reaches it.
   *
   * @throws TurnStopped if the host wants no more of it already
   */
  void begin(GuestHost h) {
    stopped = null;
    rejections = 0;
    // A request that found nobody in the context was dropped by Truffle, and never took this back.
    requested.set(false);
    host = h;
    look();
  }

  /**
   * A call ends; its thread has not left the context yet.
   *
   * @throws TurnStopped if the call was stopped, whatever the guest made of it
   */
  void end() {
    try {
      out.finish();
      err.finish();
      if (rejections > MAX_REJECTIONS) {
        long more = rejections - MAX_REJECTIONS;
        host().log(ERROR, "and " + more + " more unhandled promise rejections");
      }
    } finally {
      host = null;
      requested.set(false);
    }
    TurnStopped s = stopped;
    if (s != null) {
      throw s;
    }
  }

  GuestHost host() {
    GuestHost h = host;
    if (h == null) {
      throw new HostException(ErrorCode.FAILED_PRECONDITION, "no call is running");
    }
    return h;
  }

  /** Any thread. Never throws: who asks is a clock, or somebody who ends another's turn. */
  void requestSafepoint() {
    SafepointInstrument.Service s = safepoints;
    TruffleContext c = context;
    if (s == null || c == null || host == null || !requested.compareAndSet(false, true)) {
      return;
    }
    boolean underWay = false;
    try {
      underWay = s.submit(c, this::safepoint);
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.DEBUG, "no safepoint: the context was closed meanwhile", e);
    } finally {
      if (!underWay) {
        requested.set(false);
      }
    }
  }

  private void safepoint() {
    requested.set(false);
    TurnStopped s = stopped;
    if (s != null) {
      throw s;
    }
    look();
  }

  /** Lets the host have others run, or end the call. */
  private void look() {
    GuestHost h = host;
    if (h != null) {
      try {
        h.safepoint();
      } catch (TurnStopped e) {
        stopped = e;
        throw e;
      }
    }
  }

  /**
   * A host operation for the guest.
   *
   * @throws HostException the guest's to know
   */
  Frame call(String operation, Frame request) {
    try {
      if (operation.equals("log") && host() instanceof StartupHost starting) {
        Value.Obj o = request.headerObject();
        starting.log(
            Math.max(0, LEVELS.indexOf(o.string("level", "info"))), o.string("message", ""));
        return Frame.EMPTY;
      }
      return host().call(operation, request);
    } catch (TurnStopped e) {
      stop(e);
      throw new HostException(e.error());
    }
  }

  /** A guest could catch what a host call throws, but not what its next safepoint does. */
  private void stop(TurnStopped e) {
    stopped = e;
    SafepointInstrument.Service s = safepoints;
    TruffleContext c = context;
    if (s != null && c != null) {
      var _ =
          s.submit(
              c,
              () -> {
                throw e;
              });
    }
  }

  private void print(int level, String line) {
    GuestHost h = host;
    if (h == null) {
      return;
    }
    if (h instanceof StartupHost) {
      h.log(level, line);
      return;
    }
    try {
      call(
          "log",
          Frame.of(
              Value.Obj.builder().put("level", LEVELS.get(level)).put("message", line).build(),
              new byte[0]));
    } catch (HostException e) {
      h.log(level, line);
    }
  }

  /** A promise was rejected, and nobody has handled it until the end of a call. */
  void rejected(String reason) {
    if (++rejections <= MAX_REJECTIONS) {
      host().log(ERROR, "unhandled promise rejection: " + reason);
    }
  }

  static HostError internal(String message) {
    return HostError.of(ErrorCode.INTERNAL, message);
  }
}
