package io.plexspaces.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.HostException;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.Recovered;
import io.plexspaces.api.journal.TurnOutcome;
import io.plexspaces.api.journal.TurnRecord;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Turns made by hand, and appends that wait. */
final class Turns {
  static final AppId APP = new AppId("acme", "shop");

  private Turns() {}

  static ActorId actor(String key) {
    return new ActorId(APP, "counter", key);
  }

  static MessageId message(long seq) {
    return new MessageId(7, seq);
  }

  /** A turn that leaves {@code {"n":seq}} as state and reply. */
  static TurnRecord turn(long seq) {
    return turn(seq, Payload.json("{\"n\":" + seq + "}"));
  }

  static TurnRecord turn(long seq, @Nullable Payload state) {
    return turn(seq, state, List.of());
  }

  static TurnRecord turn(long seq, @Nullable Payload state, List<TurnRecord.Outgoing> effects) {
    return builder(seq).state(state).effects(effects).build();
  }

  /** A turn that replies {@code {"n":seq}} and leaves nothing else. */
  static TurnRecord.Builder builder(long seq) {
    return TurnRecord.builder(seq, 1000 + seq, message(seq))
        .from("shop/front/1")
        .operation("add", "call", Payload.json("{\"by\":1}"))
        .outcome(new TurnOutcome.Replied(Payload.json("{\"n\":" + seq + "}")))
        .repeatable(true)
        .code("sha256:code", "trace");
  }

  /** What is recovered of an actor without a journal. */
  static void assertNew(Recovered r) {
    assertThat(r).isEqualTo(new Recovered(0, r.epoch(), 0, null, List.of(), List.of()));
    assertThat(r.epoch()).isPositive();
  }

  static TurnRecord withKey(TurnRecord t, String key, String digest, long at) {
    return TurnRecord.builder(t.seq(), at, t.message())
        .from(t.from())
        .operation(t.op(), t.kind(), t.input())
        .outcome(t.outcome())
        .state(t.state())
        .steps(t.steps())
        .effects(t.effects())
        .key(key, digest)
        .repeatable(t.repeatable())
        .code(t.codeVersion(), t.trace())
        .build();
  }

  static TurnRecord.Outgoing effect(long seq, int n) {
    return new TurnRecord.Outgoing(
        n,
        number(seq, n),
        message(seq).derive(n),
        "shop/stock/" + n,
        "reserve",
        Payload.json("{\"q\":" + n + "}"),
        false);
  }

  /** The number of an effect of a turn, where every turn has fewer than ten. */
  static long number(long seq, int n) {
    return seq * 10 + n;
  }

  /** How the append ended. */
  static CompletableFuture<Optional<HostException>> append(Journal journal, TurnRecord turn) {
    CompletableFuture<Optional<HostException>> result = new CompletableFuture<>();
    journal.append(turn, failure -> result.complete(Optional.ofNullable(failure)));
    return result;
  }

  /** Appends and waits until it is durable. */
  static void commit(Journal journal, TurnRecord turn) {
    get(append(journal, turn))
        .ifPresent(failure -> {
          throw failure;
        });
  }

  static <T> T get(CompletableFuture<T> f) {
    try {
      return f.get(30, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }
}
