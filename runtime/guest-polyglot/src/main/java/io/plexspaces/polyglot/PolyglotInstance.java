package io.plexspaces.polyglot;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.GuestErrors;
import io.plexspaces.api.guest.GuestHost;
import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.GuestReply;
import io.plexspaces.api.guest.GuestTrap;
import io.plexspaces.api.guest.MemoryBudget;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.graalvm.polyglot.Context;
import org.graalvm.polyglot.EnvironmentAccess;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.PolyglotAccess;
import org.graalvm.polyglot.PolyglotException;
import org.graalvm.polyglot.SandboxPolicy;
import org.jspecify.annotations.Nullable;

/** An actor: a context, in which the app is loaded with the first call. */
final class PolyglotInstance implements GuestInstance {
  private static final int MAX_FRAMES = 20;
  private static final Value.Obj EXACT = Value.Obj.builder().put("exact", true).build();

  private final Language language;
  private final PolyglotEngine.Shared shared;
  private final LoadedApp app;
  private final HostCalls calls;
  private final byte[] seed;
  private final MemoryBudget budget;
  private final Context context;
  private final AtomicBoolean closed = new AtomicBoolean();
  private Language.@Nullable Program program;

  /** Whether the declared state has to be looked at before the next call that may change it. */
  private boolean marked;

  /** The declared state at the mark; null where nothing has run since. */
  private byte @Nullable [] atMark;

  /** The declared state as it was last written down, while nothing has run since; or null. */
  private byte @Nullable [] known;

  /** The declared state that the next call begins with; null to go on with the one that is. */
  private byte @Nullable [] wanted;

  /**
   * @throws HostException RESOURCE_EXHAUSTED if the budget has no room
   */
  PolyglotInstance(
      Language language,
      PolyglotEngine.Shared shared,
      LoadedApp app,
      HostCalls calls,
      byte[] seed,
      MemoryBudget budget) {
    this.language = language;
    this.shared = shared;
    this.app = app;
    this.calls = calls;
    this.seed = seed.clone();
    this.budget = budget;
    budget.charge(language.bytesPerActor());
    boolean good = false;
    try {
      Context.Builder b =
          Context.newBuilder(language.id())
              .engine(shared.engine())
              .sandbox(SandboxPolicy.CONSTRAINED)
              .allowHostAccess(HostAccess.CONSTRAINED)
              .allowPolyglotAccess(PolyglotAccess.NONE)
              .allowEnvironmentAccess(EnvironmentAccess.NONE)
              .allowCreateThread(false)
              .allowCreateProcess(false)
              .allowNativeAccess(false)
              .allowHostClassLoading(false)
              .allowInnerContextOptions(false)
              .timeZone(java.time.ZoneOffset.UTC)
              .in(java.io.InputStream.nullInputStream())
              .out(calls.out())
              .err(calls.err());
      language.configure(b, app);
      context = b.build();
      good = true;
    } finally {
      if (!good) {
        budget.release(language.bytesPerActor());
      }
    }
  }

  /** See {@link Language#prepare}. */
  void prepare() {
    context.enter();
    try {
      language.prepare(context);
    } finally {
      context.leave();
    }
  }

  @Override
  public GuestReply call(GuestOp op, Frame input, GuestHost host) {
    bringBack(host);
    boolean changes = op == GuestOp.HANDLE || op == GuestOp.RESUME_STREAM;
    if (changes && marked) {
      marked = false;
      atMark = known != null ? known : written(host);
    }
    known = null;
    GuestReply reply = run(op, input, host);
    if (op == GuestOp.SNAPSHOT && reply.error() == null) {
      known = reply.frame().body();
    }
    return reply;
  }

  /** A state that is as it was is left alone: what JSON cannot tell apart stays as it is. */
  private void bringBack(GuestHost host) {
    byte[] state = wanted;
    if (state == null) {
      return;
    }
    wanted = null;
    if (!Arrays.equals(state, snapshot(host))) {
      // What the undone turn added goes as well.
      HostError error = run(GuestOp.RESTORE, Frame.of(EXACT, state), host).error();
      if (error != null) {
        throw new GuestTrap(error);
      }
    }
    known = state;
  }

  /** The declared state, or null if the turn that is undone made one that has no written form. */
  private byte @Nullable [] snapshot(GuestHost host) {
    GuestReply reply = run(GuestOp.SNAPSHOT, Frame.EMPTY, host);
    return reply.error() == null ? reply.frame().body() : null;
  }

  /**
   * The declared state before a turn. One that has no written form could not be brought back if the
   * turn were refused: better no turn than half of one.
   */
  private byte[] written(GuestHost host) {
    GuestReply reply = run(GuestOp.SNAPSHOT, Frame.EMPTY, host);
    HostError error = reply.error();
    if (error != null) {
      throw new GuestTrap(
          new HostError(
              error.code(),
              "its state cannot be written down, and so no turn be undone: " + error.message(),
              error.retryable(),
              error.details(),
              false));
    }
    return reply.frame().body();
  }

  private GuestReply run(GuestOp op, Frame input, GuestHost host) {
    GuestReply reply;
    try {
      context.enter();
      try {
        reply = entered(op, input, host);
      } finally {
        context.leave();
      }
    } catch (PolyglotException e) {
      return failure(e);
    } catch (IllegalStateException e) {
      throw new GuestTrap(HostCalls.internal("the actor's context is closed"), e);
    }
    HostError error = reply.error();
    return error == null ? reply : GuestReply.failed(GuestErrors.cut(error));
  }

  private GuestReply entered(GuestOp op, Frame input, GuestHost host) {
    try {
      calls.begin(host);
      return program().call(op, input, seed);
    } finally {
      calls.end(); // what stopped the call comes before what the guest made of that
    }
  }

  private Language.Program program() {
    Language.Program p = program;
    if (p == null) {
      context.initialize(language.id());
      calls.bind(shared.safepoints(), shared.safepoints().entered());
      p = language.start(context, app, calls);
      program = p;
    }
    return p;
  }

  /** What came out of the guest although its SDK catches what a handler throws. */
  private static GuestReply failure(PolyglotException e) {
    String said = String.valueOf(e.getMessage());
    if (e.isExit()) {
      throw new GuestTrap(HostCalls.internal("the actor called exit(" + e.getExitStatus() + ")"));
    }
    if (e.isCancelled() || e.isInterrupted()) {
      throw new GuestTrap(HostError.of(ErrorCode.CANCELLED, "the actor was interrupted"));
    }
    if (e.isHostException() && e.asHostException() instanceof HostException h) {
      return GuestReply.failed(h.error());
    }
    if (e.isInternalError()) {
      throw new GuestTrap(HostCalls.internal("the engine failed: " + said), e);
    }
    String stack =
        StreamSupport.stream(e.getPolyglotStackTrace().spliterator(), false)
            .filter(PolyglotException.StackFrame::isGuestFrame)
            .limit(MAX_FRAMES)
            .map(f -> "at " + f.toString().strip())
            .collect(Collectors.joining("\n"));
    HostError error =
        new HostError(
            ErrorCode.INTERNAL,
            said,
            false,
            Value.Obj.builder().put("stack", stack).build(),
            false);
    if (e.isResourceExhausted()) {
      throw new GuestTrap(GuestErrors.cut(error));
    }
    return GuestReply.failed(GuestErrors.cut(error));
  }

  /**
   * A context's objects are the JVM's, and there is no memory to copy: what is remembered is the
   * declared state, as the SDK writes it down when the next handler begins.
   */
  @Override
  public void mark() {
    marked = true;
    atMark = null;
  }

  /** With the next call; there is no host to run the SDK with until then. */
  @Override
  public void rollBack() {
    byte[] state = atMark;
    if (state != null) {
      wanted = state;
    }
  }

  @Override
  public boolean canRollBack() {
    return false;
  }

  @Override
  public void requestSafepoint() {
    calls.requestSafepoint();
  }

  @Override
  public long memoryBytes() {
    return closed.get() ? 0 : language.bytesPerActor();
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      try {
        context.close(true);
      } finally {
        budget.release(language.bytesPerActor());
      }
    }
  }
}
