package io.plexspaces.polyglot;

import com.oracle.truffle.api.ThreadLocalAction;
import com.oracle.truffle.api.TruffleContext;
import com.oracle.truffle.api.instrumentation.TruffleInstrument;
import java.util.Objects;
import java.util.concurrent.Future;
import org.graalvm.polyglot.SandboxPolicy;

/**
 * Runs the host's code in a guest's thread while the guest runs: Truffle polls for it in every loop
 * and function, so it comes within microseconds, and what it throws passes through the guest, which
 * cannot catch it.
 */
@TruffleInstrument.Registration(
    id = SafepointInstrument.ID,
    name = "PlexSpaces safepoints",
    services = SafepointInstrument.Service.class,
    sandbox = SandboxPolicy.CONSTRAINED)
public final class SafepointInstrument extends TruffleInstrument {
  static final String ID = "plexspaces-safepoints";

  /** For the contexts of one engine. Thread-safe. */
  static final class Service {
    private final Env env;

    Service(Env env) {
      this.env = env;
    }

    /** The context that the calling thread has entered. */
    TruffleContext entered() {
      return Objects.requireNonNull(env.getEnteredContext(), "no context was entered");
    }

    /**
     * Runs {@code action} soon in the threads that have entered the context; at once in this.
     *
     * @return false if it has run already, or will not: nobody is in the context
     * @throws IllegalStateException if the context was closed meanwhile
     */
    boolean submit(TruffleContext context, Runnable action) {
      if (context.isClosed()) {
        return false;
      }
      Future<Void> underWay =
          env.submitThreadLocal(
              context,
              null,
              new ThreadLocalAction(true, false) {
                @Override
                protected void perform(Access access) {
                  action.run();
                }
              });
      return !underWay.isDone();
    }
  }

  @Override
  protected void onCreate(Env env) {
    env.registerService(new Service(env));
  }
}
