package io.plexspaces.polyglot;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.guest.CodelessModule;
import io.plexspaces.api.guest.GuestEngine;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.GuestReply;
import io.plexspaces.api.guest.GuestTrap;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.api.guest.ModuleDescription;
import io.plexspaces.api.guest.StartupHost;
import io.plexspaces.api.guest.TurnStopped;
import java.io.OutputStream;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.graalvm.polyglot.Engine;
import org.graalvm.polyglot.Instrument;
import org.graalvm.polyglot.SandboxPolicy;
import org.jspecify.annotations.Nullable;

/**
 * Runs apps of one language on GraalVM: one engine, which shares code, and a context for each
 * actor. Starts when the first app is loaded. Thread-safe.
 */
final class PolyglotEngine implements GuestEngine {
  private final Language language;
  private final MemoryBudget budget;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable Shared shared;
  private boolean closed;

  /** What all contexts share. */
  record Shared(Engine engine, SafepointInstrument.Service safepoints) {}

  PolyglotEngine(Language language, MemoryBudget budget) {
    this.language = language;
    this.budget = budget;
  }

  @Override
  public String name() {
    return language.name();
  }

  @Override
  public boolean accepts(byte[] artifact) {
    String engine = CodelessModule.engineOf(artifact);
    return engine != null && engine.startsWith(language.artifactEngine() + "@");
  }

  @Override
  public GuestModule load(byte[] artifact, GuestLimits limits) {
    CodelessModule sources = CodelessModule.read(artifact);
    sources.requireEngine(
        language.artifactEngine(), language.artifactVersion(), language.name() + " runs those for");
    LoadedApp app = new LoadedApp(sources);
    Shared s = shared();
    ModuleDescription description = describe(s, app, limits);
    return new PolyglotModule(
        language, s, app, GuestModule.digestOf(artifact), description, budget);
  }

  private ModuleDescription describe(Shared s, LoadedApp app, GuestLimits limits) {
    HostCalls calls = new HostCalls();
    String main = app.sources().main();
    try (PolyglotInstance i =
            new PolyglotInstance(language, s, app, calls, new byte[32], MemoryBudget.unlimited());
        StartupHost host = prepared(i, limits, calls)) {
      GuestReply reply = i.call(GuestOp.DESCRIBE, Frame.EMPTY, host);
      HostError error = reply.error();
      if (error != null) {
        throw refused(main + " does not start: " + error.message() + stack(error));
      }
      return ModuleDescription.parse(Json.read(reply.frame().body()));
    } catch (GuestTrap e) {
      throw refused(main + " does not start: " + e.error().message() + stack(e.error()));
    } catch (TurnStopped e) {
      throw refused(main + " does not start: " + e.error().message());
    }
  }

  /** The app's time begins when the language is there. */
  private static StartupHost prepared(PolyglotInstance i, GuestLimits limits, HostCalls calls) {
    i.prepare();
    StartupHost host = new StartupHost(limits.loadTimeout());
    host.watch(calls::requestSafepoint);
    return host;
  }

  private static String stack(HostError e) {
    return e.details() instanceof io.plexspaces.api.Value.Obj o && !o.string("stack", "").isEmpty()
        ? "\n" + o.string("stack", "")
        : "";
  }

  private Shared shared() {
    lock.lock();
    try {
      if (closed) {
        throw refused("the engine is closed");
      }
      Shared s = shared;
      if (s == null) {
        s = open();
        shared = s;
      }
      return s;
    } finally {
      lock.unlock();
    }
  }

  private Shared open() {
    Thread self = Thread.currentThread();
    ClassLoader before = self.getContextClassLoader();
    // Truffle looks for languages and instruments there.
    self.setContextClassLoader(PolyglotEngine.class.getClassLoader());
    try {
      Engine.Builder b =
          Engine.newBuilder(language.id())
              .sandbox(SandboxPolicy.CONSTRAINED)
              .out(OutputStream.nullOutputStream())
              .err(OutputStream.nullOutputStream())
              .in(java.io.InputStream.nullInputStream())
              .option("engine.WarnInterpreterOnly", "false");
      language.configure(b);
      Engine engine = b.build();
      Instrument instrument = engine.getInstruments().get(SafepointInstrument.ID);
      if (instrument == null) {
        throw new IllegalStateException("GraalVM does not find " + SafepointInstrument.ID);
      }
      return new Shared(
          engine, Objects.requireNonNull(instrument.lookup(SafepointInstrument.Service.class)));
    } finally {
      self.setContextClassLoader(before);
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      Shared s = shared;
      shared = null;
      if (s != null) {
        s.engine().close(true);
      }
    } finally {
      lock.unlock();
    }
  }

  static HostException refused(String why) {
    return new HostException(ErrorCode.FAILED_PRECONDITION, why);
  }
}
