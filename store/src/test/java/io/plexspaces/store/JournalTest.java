package io.plexspaces.store;

import static io.plexspaces.store.Turns.APP;
import static io.plexspaces.store.Turns.actor;
import static io.plexspaces.store.Turns.append;
import static io.plexspaces.store.Turns.commit;
import static io.plexspaces.store.Turns.effect;
import static io.plexspaces.store.Turns.get;
import static io.plexspaces.store.Turns.message;
import static io.plexspaces.store.Turns.number;
import static io.plexspaces.store.Turns.turn;
import static io.plexspaces.store.Turns.withKey;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.api.journal.IdempotentResult;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.JournalOptions;
import io.plexspaces.api.journal.Recovered;
import io.plexspaces.api.journal.TurnOutcome;
import io.plexspaces.api.journal.TurnRecord;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {
  @TempDir Path root;

  @Test
  void anActorThatNeverChangedHasNoFile() {
    try (Store store = new Store(root);
        Journal j = store.journal("a")) {
      Turns.assertNew(j.recover());
      assertThat(j.findTurn(message(1))).isEmpty();
      assertThat(j.findIdempotent("k")).isEmpty();
      assertThat(store.file("a")).doesNotExist();
      assertThat(store.journals.actors(APP)).isEmpty();
    }
  }

  @Test
  void aRestartFindsStateTurnsAndEffects() {
    TurnRecord full =
        TurnRecord.builder(2, 42, message(2))
            .operation("buy", "cast", new Payload(new byte[0], "application/octet-stream"))
            .outcome(
                new TurnOutcome.Refused(
                    new HostError(
                        ErrorCode.NOT_FOUND, "no such item", false, new Value.Int(7), true)))
            .state(new Payload(new byte[] {0, 1, -1}, "application/x-own"))
            .steps(
                List.of(
                    new TurnRecord.Step(0, "ask", "d0", Payload.json("{}"), false),
                    new TurnRecord.Step(1, "kv_get", "d1", new Payload(new byte[0], "x/y"), true)))
            .effects(List.of(effect(2, 0), effect(2, 1)))
            .repeatable(true)
            .key("key", "digest")
            .code("sha256:x", "t")
            .build();
    try (Store store = new Store(root);
        Journal j = store.journal("a")) {
      commit(j, turn(1));
      commit(j, full);
      commit(j, turn(3, null));
    }
    try (Store store = new Store(root);
        Journal j = store.journal("a")) {
      Recovered r = j.recover();
      assertThat(r.lastSeq()).isEqualTo(3);
      assertThat(r.epoch()).isPositive();
      assertThat(r.lastNumber()).isEqualTo(number(2, 1));
      assertThat(r.state()).isEqualTo(full.state());
      assertThat(r.pending()).containsExactly(effect(2, 0), effect(2, 1));
      assertThat(j.findTurn(message(1)))
          .contains(new TurnOutcome.Replied(Payload.json("{\"n\":1}")));
      assertThat(j.findTurn(message(2))).contains(full.outcome());
      assertThat(j.findTurn(message(9))).isEmpty();
      assertThat(j.findIdempotent("key")).contains(new IdempotentResult("digest", full.outcome()));
      assertThat(Store.query(store.settled("a"), "select group_concat(op||failed) from step"))
          .isEqualTo("ask0,kv_get1");
      commit(j, turn(4));
    }
  }

  @Test
  void aRepeatedIdTellsWhatWasAskedUnlessThatIsTooLongAgo() {
    long now = 10L * 24 * 3600 * 1000;
    TurnOutcome reply = new TurnOutcome.Replied(Payload.json("7"));
    TurnRecord fresh =
        TurnRecord.builder(1, now, message(1))
            .operation("buy", "call", Payload.json("{\"n\":1}"))
            .outcome(reply)
            .repeatable(true)
            .build();
    TurnRecord old =
        TurnRecord.builder(2, 42, message(2))
            .operation("buy", "call", Payload.json("{}"))
            .outcome(reply)
            .repeatable(true)
            .build();
    String digest = Digests.hex("buy\0{\"n\":1}".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    try (Store store = new Store(root)) {
      store.now.set(now);
      try (Journal j = store.journal("a")) {
        commit(j, fresh);
        commit(j, old);
        assertThat(j.findRequest(message(1))).contains(new IdempotentResult(digest, reply));
        assertThat(j.findRequest(message(2))).isEmpty();
      }
      store.settled("a");
      try (Journal j = store.journal("a")) {
        var _ = j.recover();
        assertThat(j.findRequest(message(1))).contains(new IdempotentResult(digest, reply));
        assertThat(j.findRequest(message(2))).isEmpty();
        assertThat(j.findTurn(message(2))).contains(reply);
      }
    }
  }

  @Test
  void listenersAreToldInOrderAndWaitingTurnsShareOneForce() {
    List<Long> told = Collections.synchronizedList(new ArrayList<>());
    try (Store store = new Store(root);
        Journal j = store.journal("a")) {
      CountDownLatch appended = new CountDownLatch(1);
      CompletableFuture<Void> last = new CompletableFuture<>();
      j.append(
          turn(1),
          failure -> {
            awaitLatch(appended);
            told.add(1L);
          });
      for (long seq = 2; seq <= 100; seq++) {
        long s = seq;
        j.append(
            turn(seq),
            failure -> {
              told.add(failure == null ? s : -s);
              if (s == 100) {
                last.complete(null);
              }
            });
      }
      appended.countDown();
      get(last);
      assertThat(told).isEqualTo(LongStream.rangeClosed(1, 100).boxed().toList());
      assertThat(store.commits.stream().mapToInt(n -> n).sum()).isEqualTo(100);
      // What waits while one force is under way goes with the next.
      assertThat(store.log.stats().commits()).isLessThan(100);
      store.journals.settle();
      assertThat(Store.query(store.file("a"), "select count(*) from turn")).isEqualTo("100");
    }
  }

  @Test
  void aListenerThatThrowsDoesNotSilenceTheNext() {
    try (Store store = new Store(root);
        Journal j = store.journal("a")) {
      j.append(
          turn(1),
          failure -> {
            throw new IllegalStateException("a listener's fault");
          });
      assertThat(get(append(j, turn(2)))).isEmpty();
    }
  }

  @Test
  void aBlockingCallFromAListenerIsRefusedRatherThanADeadlock() {
    try (Store store = new Store(root);
        Journal j = store.journal("a")) {
      CompletableFuture<String> answer = new CompletableFuture<>();
      j.append(
          turn(1),
          failure -> {
            try {
              answer.complete(j.recover().toString());
            } catch (IllegalStateException e) {
              answer.complete("refused");
            }
          });
      assertThat(get(answer)).isEqualTo("refused");
    }
  }

  @Test
  void aGapFailsItsTurnAndAllBehindUntilRecovery() {
    try (Store store = new Store(root);
        Journal j = store.journal("a")) {
      commit(j, turn(1));
      assertThat(get(append(j, turn(3))).map(HostException::code))
          .contains(ErrorCode.FAILED_PRECONDITION);
      assertThat(get(append(j, turn(2)))).isPresent();
      assertThat(j.recover().lastSeq()).isEqualTo(1);
      commit(j, turn(2));
    }
  }

  @Test
  void anActorWhoseFirstTurnFailedNeverChanged() {
    try (Store store = new Store(root);
        Journal j = store.journal("a")) {
      assertThat(get(append(j, turn(7)))).isPresent();
      Turns.assertNew(j.recover());
      commit(j, turn(1));
      assertThat(j.recover().lastSeq()).isEqualTo(1);
    }
  }

  @Test
  void nothingIsAppendedBeforeTheJournalIsRecovered() {
    try (Store store = new Store(root);
        Journal j = store.journals.journal(actor("a"), JournalOptions.DEFAULT)) {
      assertThat(get(append(j, turn(1))).map(HostException::code))
          .contains(ErrorCode.FAILED_PRECONDITION);
      Turns.assertNew(j.recover());
      commit(j, turn(1));
    }
  }

  @Test
  void anIdempotencyKeyAnswersUntilItExpires() {
    try (Store store = new Store(root);
        Journal j = store.journal("a", new JournalOptions(1, Duration.ofMillis(100), null))) {
      store.now.set(5000);
      commit(j, withKey(turn(1), "order-1", "d1", 5000));
      store.now.set(5099);
      assertThat(j.findIdempotent("order-1").map(IdempotentResult::requestDigest)).contains("d1");
      store.now.set(5100);
      assertThat(j.findIdempotent("order-1")).isEmpty();
      commit(j, withKey(turn(2), "order-1", "d2", 5100));
      assertThat(j.findIdempotent("order-1").map(IdempotentResult::requestDigest)).contains("d2");
      assertThat(Store.query(store.settled("a"), "select group_concat(key) from idempotency"))
          .isEqualTo("order-1");
      assertThat(j.findIdempotent("order-1").map(IdempotentResult::requestDigest)).contains("d2");
      store.now.set(70_000);
      assertThat(j.findIdempotent("order-1")).isEmpty();
      commit(j, withKey(turn(3), "order-2", "d3", 70_000));
      assertThat(Store.query(store.settled("a"), "select group_concat(key) from idempotency"))
          .isEqualTo("order-2");
      commit(j, withKey(turn(4), "order-1", "d3", 70_000));
      assertThat(j.findIdempotent("order-1").map(IdempotentResult::requestDigest)).contains("d3");
    }
  }

  @Test
  void aDeliveredEffectIsNotPendingAfterCloseAndTheActorIsUnmarked() {
    try (Store store = new Store(root)) {
      Journal j = store.journal("a");
      assertThat(store.pending(APP)).isEmpty();
      commit(j, turn(1, null, List.of(effect(1, 0), effect(1, 1))));
      assertThat(store.pending(APP)).containsExactly(actor("a"));
      j.effectDone(number(1, 0));
      j.effectDone(number(1, 0));
      commit(j, turn(2));
      assertThat(j.recover().pending()).containsExactly(effect(1, 1));
      j.close();
      assertThat(store.pending(APP)).containsExactly(actor("a"));
    }
    try (Store store = new Store(root)) {
      assertThat(store.pending(APP)).containsExactly(actor("a"));
      assertThat(store.pending(new AppId("acme", "other"))).isEmpty();
      Journal j = store.journal("a");
      j.effectDone(number(1, 1));
      j.close();
      assertThat(store.pending(APP)).isEmpty();
    }
    try (Store store = new Store(root);
        Journal j = store.journal("a")) {
      assertThat(store.pending(APP)).isEmpty();
      assertThat(j.recover().pending()).isEmpty();
      // Marked again before the next commit with effects.
      commit(j, turn(3, null, List.of(effect(3, 0))));
      assertThat(store.pending(APP)).containsExactly(actor("a"));
    }
  }

  @Test
  void aLostIndexIsRebuiltAndNamesEveryActor() throws Exception {
    try (Store store = new Store(root);
        Journal a = store.journal("a");
        Journal b = store.journal("b/ü")) {
      commit(a, turn(1, null, List.of(effect(1, 0))));
      commit(b, turn(1));
    }
    Files.delete(root.resolve("pending.db"));
    try (Store store = new Store(root)) {
      assertThat(store.pending(APP)).containsExactlyInAnyOrder(actor("a"), actor("b/ü"));
      Journal b = store.journal("b/ü");
      assertThat(b.recover().pending()).isEmpty();
      b.close();
      assertThat(store.pending(APP)).containsExactly(actor("a"));
    }
  }

  @Test
  void aFewOpenFilesServeManyActors() {
    StoreOptions tiny = new StoreOptions(2, 3, Duration.ofSeconds(2));
    List<Journal> journals = new ArrayList<>();
    try (Store store = new Store(root, tiny, Store.FILES)) {
      for (int i = 0; i < 20; i++) {
        journals.add(store.journal("k" + i));
      }
      for (long seq = 1; seq <= 3; seq++) {
        for (Journal j : journals) {
          commit(j, turn(seq, null, List.of(effect(seq, 0))));
          j.effectDone(number(seq, 0));
          assertThat(store.journals.openFiles()).isLessThanOrEqualTo(3 + 2);
        }
      }
      for (Journal j : journals) {
        assertThat(j.recover().lastSeq()).isEqualTo(3);
        assertThat(j.findTurn(message(2))).isPresent();
      }
      // An idle file was drained when it was closed.
      assertThat(
              Store.query(
                  store.settled("k0"), "select count(*) from effect where state = 'pending'"))
          .isEqualTo("0");
    }
  }

  /** Closing the idle one writes to it, which must not close the one for whose sake it is done. */
  @Test
  void aFileThatMakesRoomForItselfStaysOpen() {
    try (Store store =
        new Store(root, new StoreOptions(1, 1, Duration.ofSeconds(2)), Store.FILES)) {
      Journal a = store.journal("a");
      Journal b = store.journal("b");
      for (long seq = 1; seq <= 3; seq++) {
        commit(a, turn(seq));
        store.journals.settle(actor("a"));
        commit(b, turn(seq));
        store.journals.settle(actor("b"));
      }
      assertThat(a.recover().lastSeq()).isEqualTo(3);
      assertThat(b.recover().lastSeq()).isEqualTo(3);
    }
  }

  @Test
  void thousandsOfActorsCommitAtOnce() {
    try (Store store = new Store(root)) {
      List<CompletableFuture<Optional<HostException>>> all = new ArrayList<>();
      for (int i = 0; i < 2000; i++) {
        all.add(append(store.journal("actor-" + i), turn(1)));
      }
      for (CompletableFuture<Optional<HostException>> f : all) {
        assertThat(get(f)).isEmpty();
      }
      assertThat(store.journals.actors(APP)).hasSize(2000);
    }
  }

  @Test
  void anOutsideProgramReadsWhileTheNodeWrites() {
    try (Store store = new Store(root);
        Journal j = store.journal("a")) {
      for (long seq = 1; seq <= 20; seq++) {
        commit(j, turn(seq));
        assertThat(Store.query(store.settled("a"), "select max(seq) from turn"))
            .isEqualTo(Long.toString(seq));
      }
      assertThat(
              Store.query(
                  store.settled("a"),
                  "select cast(bytes as text) from state order by seq desc limit 1"))
          .isEqualTo("{\"n\":20}");
      assertThat(
              Store.query(
                  store.settled("a"), "select tenant||':'||app||'/'||type||'/'||key from meta"))
          .isEqualTo("acme:shop/counter/a");
    }
  }

  @Test
  void purgeRemovesOneAppAndRefusesWhileItRuns() {
    AppId other = new AppId("acme", "other");
    try (Store store = new Store(root)) {
      Journal mine = store.journal("a");
      Journal theirs =
          store.journals.journal(
              new io.plexspaces.api.ActorId(other, "counter", "a"), JournalOptions.DEFAULT);
      var _ = theirs.recover();
      commit(mine, turn(1, null, List.of(effect(1, 0))));
      commit(theirs, turn(1));
      assertThatThrownBy(() -> store.journals.purge(APP)).hasMessageContaining("counter/a");
      mine.close();
      store.journals.purge(APP);
      assertThat(store.journals.actors(APP)).isEmpty();
      assertThat(store.pending(APP)).isEmpty();
      assertThat(store.journals.actors(other)).hasSize(1);
      try (Journal again = store.journal("a")) {
        Turns.assertNew(again.recover());
        commit(again, turn(1));
      }
    }
  }

  @Test
  void anActorHasOneOpenJournalAndNoneAfterClose() {
    try (Store store = new Store(root)) {
      Journal j = store.journal("a");
      assertThatThrownBy(() -> store.journal("a")).hasMessageContaining("open already");
      j.close();
      j.close();
      assertThatThrownBy(() -> j.append(turn(1), failure -> {})).hasMessageContaining("closed");
      store.journal("a").close();
    }
  }

  @Test
  void closingTheStoreDrainsWhatWasAppended() {
    List<CompletableFuture<Optional<HostException>>> all = new ArrayList<>();
    try (Store store = new Store(root)) {
      Journal j = store.journal("a");
      for (long seq = 1; seq <= 50; seq++) {
        all.add(append(j, turn(seq)));
      }
    }
    assertThat(all).allSatisfy(f -> assertThat(get(f)).isEmpty());
    try (Store store = new Store(root);
        Journal j = store.journal("a")) {
      assertThat(j.recover().lastSeq()).isEqualTo(50);
    }
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
