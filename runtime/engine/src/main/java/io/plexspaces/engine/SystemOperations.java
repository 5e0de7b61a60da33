package io.plexspaces.engine;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.api.op.Effect;
import io.plexspaces.api.op.HostOperation;
import io.plexspaces.api.op.TurnParticipant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Names, clocks, randomness, waiting and the log. */
final class SystemOperations {
  private static final long MAX_SLEEP_MILLIS = 24L * 3600 * 1000;
  private static final List<String> LEVELS = List.of("trace", "debug", "info", "warn", "error");

  private SystemOperations() {}

  static List<HostOperation> all() {
    return List.of(
        new HostOperation("register", Effect.TENTATIVE, (t, r) -> register((Turn) t, r)),
        new HostOperation("resolve", Effect.LOCAL, (t, r) -> resolve((Turn) t, r)),
        new HostOperation(
            "now_ms",
            Effect.LOCAL,
            (t, r) -> {
              Arguments.none("now_ms", r);
              return body(new Value.Int(((Turn) t).nowMillis()));
            }),
        new HostOperation(
            "random",
            Effect.LOCAL,
            (t, r) -> {
              Arguments.none("random", r);
              return body(new Value.Num(((Turn) t).cell().random().nextDouble()));
            }),
        new HostOperation(
            "uuid",
            Effect.LOCAL,
            (t, r) -> {
              Arguments.none("uuid", r);
              return body(new Value.Str(uuid((Turn) t)));
            }),
        new HostOperation("delete", Effect.DEFERRED, (t, r) -> delete((Turn) t, r)),
        new HostOperation(
            "journal_sequence",
            Effect.LOCAL,
            (t, r) -> {
              Arguments.none("journal_sequence", r);
              Ledger ledger = ((Turn) t).cell().ledger();
              return body(new Value.Int(ledger == null ? 0 : ledger.sequence()));
            }),
        new HostOperation(
            "is_replaying",
            Effect.LOCAL,
            (t, r) -> {
              Arguments.none("is_replaying", r);
              return body(new Value.Bool(false)); // only runs of workflows are
            }),
        new HostOperation("sleep", Effect.LOCAL, (t, r) -> sleep((Turn) t, r)),
        new HostOperation("log", Effect.LOCAL, (t, r) -> log((Turn) t, r)));
  }

  private static Frame body(Value v) {
    return Frame.ofBody(Json.write(v));
  }

  private static Frame register(Turn turn, Frame request) {
    String name = Arguments.of("register", request, Set.of("name")).string("name");
    if (!AppId.isName(name)) {
      throw new HostException(
          ErrorCode.INVALID_ARGUMENT, "register: \"" + name + "\" is not a valid name");
    }
    Names names = turn.cell().app().names();
    if (names.register(name, turn.self())) {
      // One participant a name: each is undone on its own.
      turn.participant(
          List.of("name", name),
          () ->
              new TurnParticipant() {
                @Override
                public void commit() {}

                @Override
                public void rollBack() {
                  names.release(name, turn.self());
                }
              });
    }
    return body(Value.NULL);
  }

  private static Frame resolve(Turn turn, Frame request) {
    String name = Arguments.of("resolve", request, Set.of("name")).string("name");
    ActorId holder = turn.cell().app().names().resolve(name);
    return body(holder == null ? Value.NULL : new Value.Str(holder.address()));
  }

  /** Leaves with the commit: a durable turn's as an effect, another's when the turn has ended. */
  private static Frame delete(Turn turn, Frame request) {
    String id = Arguments.of("delete", request, Set.of("id")).string("id");
    AppRuntime app = turn.cell().app();
    String address = app.addressOf(id);
    if (!Deletion.isOwn(turn.cell(), address)) {
      throw new HostException(
          ErrorCode.PERMISSION_DENIED,
          "delete: " + address + " is of another app; an app deletes only actors of its own");
    }
    if (turn.durable()) {
      turn.cell().outbox().requireRoom();
      var _ = turn.addEffect(address, Deletion.OPERATION, Payload.EMPTY_OBJECT);
    } else {
      turn.participant(
          List.of("delete", address), () -> new DeleteAfterwards(turn.cell(), address));
    }
    return body(Value.NULL);
  }

  private record DeleteAfterwards(ActorCell cell, String address)
      implements TurnParticipant, Deletion.Outcome {
    @Override
    public void commit() {
      Deletion.start(cell, address, this);
    }

    @Override
    public void rollBack() {}

    @Override
    public void emptied() {}

    @Override
    public void ended(@Nullable HostError why) {
      if (why != null) {
        cell.log(3, "deleting " + address + " failed: " + why.message());
      }
    }
  }

  private static String uuid(Turn turn) {
    long high = (turn.cell().random().nextLong() & 0xffffffffffff0fffL) | 0x4000L;
    long low = (turn.cell().random().nextLong() & 0x3fffffffffffffffL) | 0x8000000000000000L;
    return new java.util.UUID(high, low).toString();
  }

  private static Frame sleep(Turn turn, Frame request) {
    Arguments args = Arguments.of("sleep", request, Set.of("ms"));
    long ms = args.millis("ms", -1, 0);
    if (ms > MAX_SLEEP_MILLIS) {
      throw args.bad("ms", "must be at most " + MAX_SLEEP_MILLIS + " (a day)");
    }
    long left = turn.request().deadlineNanos() - System.nanoTime();
    boolean tooLong = turn.request().hasDeadline() && TimeUnit.MILLISECONDS.toNanos(ms) > left;
    if (ms < 0) {
      throw args.bad("ms", "is missing");
    }
    turn.await(
        ActorCell.NOBODY,
        () -> {
          TimeUnit.NANOSECONDS.sleep(tooLong ? left : TimeUnit.MILLISECONDS.toNanos(ms));
          return Boolean.TRUE;
        });
    if (tooLong) {
      throw new HostException(
          ErrorCode.DEADLINE_EXCEEDED, "sleep: the caller's deadline passed meanwhile");
    }
    return body(Value.NULL);
  }

  private static Frame log(Turn turn, Frame request) {
    Arguments args = Arguments.of("log", request, Set.of("level", "message", "fields"));
    int level = LEVELS.indexOf(args.string("level"));
    if (level < 0) {
      throw args.bad("level", "must be one of " + String.join(", ", LEVELS));
    }
    Value.Obj fields = args.header().object("fields");
    List<String> parts = new ArrayList<>();
    fields.fields().forEach((k, v) -> parts.add(k + "=" + Json.writeString(v)));
    turn.log(
        level,
        parts.isEmpty()
            ? args.string("message")
            : args.string("message") + " " + String.join(" ", parts));
    return body(Value.NULL);
  }
}
