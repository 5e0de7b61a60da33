package io.plexspaces.engine;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.GuestHost;
import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.GuestReply;
import io.plexspaces.api.guest.ModuleDescription;
import io.plexspaces.api.guest.ModuleDescription.ActorType;
import io.plexspaces.api.guest.ModuleDescription.Kind;
import io.plexspaces.api.guest.ModuleDescription.Operation;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Actors written in Java against the engine itself, without WASM: for tests, and to measure the
 * engine. They cannot roll back: a business error keeps what the handler changed. Not for apps.
 */
public final class NativeModule implements GuestModule {
  private static final Frame END = Frame.of(Value.Obj.builder().put("more", false).build());

  private final ModuleDescription description;
  private final Map<String, Supplier<NativeActor>> factories;

  private NativeModule(ModuleDescription description, Map<String, Supplier<NativeActor>> f) {
    this.description = description;
    this.factories = f;
  }

  /** An actor in Java; used by one thread at a time. */
  public interface NativeActor {
    default void init(NativeContext context, Value.Obj config) {}

    /**
     * Handles a message.
     *
     * @throws HostException with {@code business} to refuse, else the actor crashes
     */
    Payload handle(NativeContext context, String op, Payload payload);

    /**
     * Begins a stream, for an operation whose name ends in {@code Stream}.
     *
     * @throws HostException as {@link #handle}
     */
    default NativeStream stream(NativeContext context, String op, Payload payload) {
      throw new HostException(ErrorCode.UNIMPLEMENTED, op + " is not written");
    }

    /** The declared state; what a durable actor keeps. */
    default Payload snapshot() {
      return Payload.EMPTY_OBJECT;
    }

    default void restore(Payload state) {}
  }

  /** A handler that yields. Each call runs in a turn of its own, whose context it is given. */
  public interface NativeStream {
    /**
     * Runs to the next value; empty at the end.
     *
     * @throws HostException as {@link NativeActor#handle}; the stream ends with it
     */
    Optional<Payload> next(NativeContext context);

    /** The reader does not want more. Not called after the end or an error. */
    default void close(NativeContext context) {}
  }

  /** What a native handler may do. */
  public interface NativeContext {
    String actorId();

    Payload ask(String target, String op, Payload payload, long timeoutMillis);

    void send(String target, String op, Payload payload);

    /** Any host operation, as a WASM guest would call it. */
    Frame call(String operation, Frame request);

    /** For loops: where a WASM guest would check by itself. */
    void safepoint();
  }

  /** A refusal, as a handler throws it. */
  public static HostException refuse(ErrorCode code, String message) {
    return new HostException(new HostError(code, message, false, Value.NULL, true));
  }

  public static Builder builder() {
    return new Builder();
  }

  /** Collects actor types. Not thread-safe. */
  public static final class Builder {
    private final Map<String, ActorType> types = new LinkedHashMap<>();
    private final Map<String, Supplier<NativeActor>> factories = new LinkedHashMap<>();

    private Builder() {}

    /**
     * A type whose operations are calls, but for names that start with {@code get}: queries. Those
     * whose names end in {@code Stream} stream.
     */
    public Builder type(String name, Supplier<NativeActor> factory, String... operations) {
      Map<String, Operation> ops = new LinkedHashMap<>();
      for (String op : operations) {
        Kind kind = op.startsWith("get") ? Kind.QUERY : Kind.CALL;
        ops.put(op, new Operation(op, kind, op.endsWith("Stream"), null, null, ""));
      }
      types.put(name, new ActorType(name, "GenServer", ops));
      factories.put(name, factory);
      return this;
    }

    /** A type whose operations are described whole, with schemas perhaps. */
    public Builder described(String name, Supplier<NativeActor> factory, Operation... operations) {
      Map<String, Operation> ops = new LinkedHashMap<>();
      for (Operation op : operations) {
        ops.put(op.name(), op);
      }
      types.put(name, new ActorType(name, "GenServer", ops));
      factories.put(name, factory);
      return this;
    }

    public NativeModule build() {
      return new NativeModule(new ModuleDescription("native", types), Map.copyOf(factories));
    }
  }

  @Override
  public String digest() {
    return "native";
  }

  @Override
  public ModuleDescription description() {
    return description;
  }

  @Override
  public GuestInstance spawn(String type, byte[] seed) {
    Supplier<NativeActor> f = factories.get(type);
    if (f == null) {
      throw new HostException(ErrorCode.NOT_FOUND, "there is no actor type \"" + type + "\"");
    }
    return new NativeInstance(f.get());
  }

  @Override
  public void close() {}

  /** Called without frames by the engine: {@link #handle}; streams come in frames. */
  static final class NativeInstance implements GuestInstance {
    private final NativeActor actor;
    private final Map<String, NativeStream> streams = new HashMap<>();
    private volatile boolean safepoint;

    NativeInstance(NativeActor actor) {
      this.actor = actor;
    }

    Payload handle(Turn turn, String op, Payload payload) {
      return actor.handle(new Context(turn), op, payload);
    }

    @Override
    public GuestReply call(GuestOp op, Frame input, GuestHost host) {
      try {
        return switch (op) {
          case INIT -> {
            actor.init(new Context((Turn) host), io.plexspaces.api.Json.readObject(input.body()));
            yield GuestReply.ok(Frame.EMPTY);
          }
          case SNAPSHOT -> GuestReply.ok(Frame.ofBody(actor.snapshot().bytes()));
          case RESTORE -> {
            actor.restore(Payload.json(input.body()));
            yield GuestReply.ok(Frame.EMPTY);
          }
          case TERMINATE, DESCRIBE -> GuestReply.ok(Frame.EMPTY);
          case HANDLE -> {
            Value.Obj h = input.headerObject();
            Context c = new Context((Turn) host);
            String type = h.string("content_type", Payload.JSON_TYPE);
            String id = h.string("id", "");
            streams.put(id, actor.stream(c, h.string("op", ""), new Payload(input.body(), type)));
            yield next(id, c);
          }
          case RESUME_STREAM -> {
            Value.Obj h = input.headerObject();
            Context c = new Context((Turn) host);
            String id = h.string("id", "");
            if (!h.bool("close", false)) {
              yield next(id, c);
            }
            NativeStream s = streams.remove(id);
            if (s != null) {
              s.close(c);
            }
            yield GuestReply.ok(END);
          }
        };
      } catch (HostException e) {
        return GuestReply.failed(e.error());
      }
    }

    /** A stream that throws is over. */
    private GuestReply next(String id, Context c) {
      NativeStream s = streams.remove(id);
      Optional<Payload> value = s == null ? Optional.empty() : s.next(c);
      if (s == null || value.isEmpty()) {
        return GuestReply.ok(END);
      }
      streams.put(id, s);
      Payload v = value.get();
      Value.Obj.Builder header = Value.Obj.builder().put("more", true);
      if (!v.isJson()) {
        header.put("content_type", v.contentType());
      }
      return GuestReply.ok(Frame.of(header.build(), v.bytes()));
    }

    @Override
    public void mark() {}

    @Override
    public void rollBack() {}

    @Override
    public boolean canRollBack() {
      return false;
    }

    @Override
    public void requestSafepoint() {
      safepoint = true;
    }

    @Override
    public long memoryBytes() {
      return 0;
    }

    @Override
    public void close() {}

    private final class Context implements NativeContext {
      private final Turn turn;

      Context(Turn turn) {
        this.turn = turn;
      }

      @Override
      public String actorId() {
        return turn.self().address();
      }

      @Override
      public Payload ask(String target, String op, Payload payload, long timeoutMillis) {
        return MessagingOperations.ask(turn, target, op, payload, timeoutMillis);
      }

      @Override
      public void send(String target, String op, Payload payload) {
        MessagingOperations.send(turn, target, op, payload);
      }

      @Override
      public Frame call(String operation, Frame request) {
        return turn.call(operation, request);
      }

      @Override
      public void safepoint() {
        if (safepoint) {
          safepoint = false;
          turn.safepoint();
        }
      }
    }
  }
}
