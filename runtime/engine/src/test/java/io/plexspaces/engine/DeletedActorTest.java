package io.plexspaces.engine;

import static io.plexspaces.engine.Durables.awaitTrue;
import static io.plexspaces.engine.Durables.text;
import static io.plexspaces.engine.Durables.word;
import static io.plexspaces.engine.TestApps.id;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.api.journal.TimerChange;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An actor that is deleted leaves nothing, and what comes for it later finds a new one. */
@Timeout(60)
class DeletedActorTest {
  private final Durables app = new Durables();
  private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicBoolean over = new AtomicBoolean();
  private final CountDownLatch running = new CountDownLatch(1);

  private final Durables.Handler hold = Durables.holding(running, over);

  private static Frame target(String id) {
    return Frame.of(Value.Obj.builder().put("id", id).build());
  }

  private static final Durables.Handler DELETE =
      (c, words, p) -> {
        words.add("deleted " + text(p));
        c.call("delete", target(text(p)));
        return Payload.NULL;
      };

  @AfterEach
  void close() {
    over.set(true);
    callers.shutdownNow();
    app.close();
    assertThat(app.journals.faults()).isEmpty();
  }

  /** A client that comes while it is being deleted is told so. */
  private String wordsOnceThere(String key) {
    try {
      return app.words(key);
    } catch (HostException e) {
      assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE);
      return "on its way out";
    }
  }

  @Test
  void aChildBeginsAnewAndAnActorOnDemandAtItsNextMessage() {
    app.start();
    var _ = app.ask("a", "add", "x");
    assertThat(app.engine.delete(id("actor/a"))).isTrue();
    assertThat(app.words("a")).isEmpty();
    assertThat(app.turns("a")).isEmpty();
    assertThat(app.ask("a", "add", "y")).isEqualTo("1");

    app.engine.stop(TestApps.APP, Duration.ofSeconds(1));
    app.plan(Durables.onDemand(TestApps.durable())).start();
    var _ = app.ask("x", "add", "x");
    assertThat(app.engine.delete(id("actor/x"))).isTrue();
    assertThat(app.engine.status(id("actor/x"))).isEmpty();
    assertThat(app.words("x")).isEmpty();
    assertThat(app.engine.delete(id("actor/never"))).isFalse();
  }

  @Test
  void anActorOfAnAppThatDoesNotRunIsDeletedToo() {
    app.start();
    var _ = app.ask("a", "add", "x");
    app.engine.stop(TestApps.APP, Duration.ofSeconds(1));
    assertThat(app.engine.delete(id("actor/a"))).isTrue();
    app.start();
    assertThat(app.words("a")).isEmpty();
  }

  @Test
  void whatIsQueuedByClientsIsUnavailableAndWhatAnOutboxSentReachesTheNewOne() throws Exception {
    app.on("hold", hold)
        .on(
            "pass",
            (c, words, p) -> {
              c.send("b", "add", p);
              return Payload.NULL;
            })
        .start();
    var _ = app.ask("b", "add", "old");
    Future<String> held = callers.submit(() -> app.ask("b", "hold", ""));
    running.await();
    Future<String> queued = callers.submit(() -> app.ask("b", "add", "queued"));
    awaitTrue(() -> app.engine.status(id("actor/b")).orElseThrow().mailboxDepth() == 1);
    var _ = app.ask("a", "pass", "sent");
    awaitTrue(() -> app.engine.status(id("actor/b")).orElseThrow().mailboxDepth() == 2);
    Future<Boolean> deleted = callers.submit(() -> app.engine.delete(id("actor/b")));
    assertThat(deleted.get()).isTrue(); // after the shutdown timeout its turn is interrupted
    assertThatThrownBy(held::get).isInstanceOf(ExecutionException.class);
    assertThatThrownBy(queued::get)
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
    awaitTrue(() -> app.settled("a"));
    assertThat(app.words("b")).isEqualTo("sent");
  }

  @Test
  void aHandlerDeletesWithItsCommitAndARefusedOneDoesNot() throws Exception {
    app.on("deleteIt", DELETE)
        .on(
            "deleteAndRefuse",
            (c, words, p) -> {
              c.call("delete", target("b"));
              throw NativeModule.refuse(ErrorCode.FAILED_PRECONDITION, "no");
            })
        .start();
    var _ = app.ask("b", "add", "x");
    assertThatThrownBy(() -> app.ask("a", "deleteAndRefuse", "")).hasMessageContaining("no");
    assertThat(app.words("b")).isEqualTo("x");
    var _ = app.ask("a", "deleteIt", "b");
    awaitTrue(() -> wordsOnceThere("b").isEmpty());
  }

  @Test
  void aDeletionIsNotRepeatedAfterACrash() throws Exception {
    app.on("deleteIt", DELETE)
        .on(
            "pass",
            (c, words, p) -> {
              c.send("b", "add", p);
              return Payload.NULL;
            })
        .start();
    var _ = app.ask("b", "add", "old");
    var _ = app.ask("a", "deleteIt", "b");
    var _ = app.ask("a", "pass", "new"); // waits behind the deletion
    awaitTrue(() -> app.settled("a"));
    assertThat(app.words("b")).isEqualTo("new");
    app.killAndRestart(false);
    awaitTrue(() -> app.settled("a"));
    assertThat(app.words("b")).isEqualTo("new");
  }

  @Test
  void anActorDeletesItself() throws Exception {
    app.on("deleteIt", DELETE).start();
    var _ = app.ask("a", "add", "x");
    var _ = app.ask("a", "deleteIt", "a");
    awaitTrue(() -> wordsOnceThere("a").isEmpty());
    assertThat(app.ask("a", "add", "y")).isEqualTo("1");
  }

  @Test
  void itsTimersGoWithIt() {
    app.on(
            "remind",
            (c, words, p) -> {
              words.add(text(p));
              return Payload.NULL;
            })
        .start();
    TimerChange.Set t =
        new TimerChange.Set("t", Long.MAX_VALUE, "app/actor/a", "remind", word("x"), "");
    CountDownLatch written = new CountDownLatch(1);
    ActorCell cell = java.util.Objects.requireNonNull(app.engine.cellInMemory(id("actor/a")));
    cell.record(
        new SilentTurn() {
          @Override
          public Note note(Worker worker) {
            return new Note(
                app.engine.newMessageId(),
                "remind",
                "timer",
                Payload.EMPTY_OBJECT,
                java.util.List.of(),
                b -> b.timers(java.util.List.of(t)));
          }

          @Override
          public void recorded() {
            written.countDown();
          }

          @Override
          public void failed(io.plexspaces.api.HostError why) {
            throw new IllegalStateException(why.message());
          }
        });
    try {
      written.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    assertThat(app.turns("a").getLast().timers()).containsExactly(t);
    assertThat(app.engine.delete(id("actor/a"))).isTrue();
    assertThat(app.turns("a")).isEmpty();
  }

  @Test
  void anActorOfAnotherAppCannotBeDeletedNorTheHostsOwnOperationSent() {
    app.on("deleteIt", DELETE)
        .on(
            "forge",
            (c, words, p) -> {
              c.send("b", "__delete__", Payload.EMPTY_OBJECT);
              return Payload.NULL;
            })
        .start();
    assertThatThrownBy(() -> app.ask("a", "deleteIt", "other/actor/x"))
        .hasMessageContaining("of another app");
    assertThatThrownBy(() -> app.ask("a", "forge", "")).hasMessageContaining("use delete");
  }

  @Test
  void theNumberOfTheLastCommittedTurnIsKnownToTheHandler() {
    app.on(
            "getSequence",
            (c, words, p) -> Payload.json(c.call("journal_sequence", Frame.EMPTY).body()))
        .on(
            "getReplaying",
            (c, words, p) -> Payload.json(c.call("is_replaying", Frame.EMPTY).body()))
        .start();
    assertThat(app.ask("a", "getSequence", "")).isEqualTo("0");
    var _ = app.ask("a", "add", "x");
    assertThat(app.ask("a", "getSequence", "")).isEqualTo("1");
    assertThat(app.ask("a", "getReplaying", "")).isEqualTo("false");
  }
}
