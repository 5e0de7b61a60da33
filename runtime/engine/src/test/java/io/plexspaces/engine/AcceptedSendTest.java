package io.plexspaces.engine;

import static io.plexspaces.engine.Durables.awaitTrue;
import static io.plexspaces.engine.Durables.text;
import static io.plexspaces.engine.Durables.word;
import static io.plexspaces.engine.TestApps.context;
import static io.plexspaces.engine.TestApps.id;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.journal.TurnRecord;
import io.plexspaces.engine.plan.ActorPlan.Overflow;
import io.plexspaces.engine.plan.Restart;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a client sends to a durable actor is on disk before it is told so, and handled once. */
@Timeout(60)
class AcceptedSendTest {
  private final Durables app = new Durables();
  private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicBoolean over = new AtomicBoolean();
  private final CountDownLatch running = new CountDownLatch(1);

  private final Durables.Handler hold = Durables.holding(running, over);

  @AfterEach
  void close() {
    over.set(true);
    callers.shutdownNow();
    app.close();
    assertThat(app.journals.faults()).isEmpty();
  }

  @Test
  void aSendIsAnsweredWhenItIsOnDiskAndNotBefore() throws Exception {
    app.start();
    app.journals.hold();
    Future<MessageId> sent = callers.submit(() -> app.send("a", "add", "x", null));
    awaitTrue(() -> app.journals.waitingCommits() == 1);
    assertThat(sent.isDone()).isFalse();
    assertThat(app.ran("a.add")).isZero();
    app.journals.release();
    TurnRecord accepted = app.turns("a").getFirst();
    assertThat(accepted.kind()).isEqualTo("accept");
    assertThat(accepted.effects().getFirst().id()).isEqualTo(sent.get());
    assertThat(accepted.effects().getFirst().client()).isTrue();
    awaitTrue(() -> app.settled("a"));
    assertThat(app.words("a")).isEqualTo("x");
    assertThat(app.kinds("a")).containsExactly("accept", "cast");
    assertThat(app.turns("a").getLast().from()).as("the handler sees a client").isNull();
  }

  @Test
  void anAcceptedSendOutlivesACrashBeforeItsTurnAndIsHandledOnce() throws Exception {
    app.on("hold", hold).start();
    var _ = app.send("a", "hold", "", null);
    running.await();
    // The accept of the next one comes after the running turn, so end that first.
    Future<MessageId> second = callers.submit(() -> app.send("a", "add", "x", null));
    app.journals.hold();
    over.set(true);
    awaitTrue(() -> app.journals.waitingCommits() == 2); // the end of hold, and the accept
    app.journals.release();
    var _ = second.get();
    app.killAndRestart(false);
    awaitTrue(() -> app.settled("a"));
    assertThat(app.words("a")).isEqualTo("x");
    app.killAndRestart(false);
    awaitTrue(() -> app.settled("a"));
    assertThat(app.words("a")).isEqualTo("x");
  }

  @Test
  void anAcceptedSendOutlivesUndeployingItsApp() throws Exception {
    AtomicInteger busy = new AtomicInteger();
    app.on(
            "addSlowly",
            (c, words, p) -> {
              if (busy.incrementAndGet() == 1) {
                running.countDown();
                var _ = hold.handle(c, words, p);
              }
              words.add(text(p));
              return Payload.NULL;
            })
        .start();
    var _ = app.send("a", "addSlowly", "x", null);
    running.await();
    app.engine.stop(TestApps.APP, Duration.ZERO);
    assertThat(app.settled("a")).isFalse();
    over.set(true);
    app.start();
    awaitTrue(() -> app.settled("a"));
    assertThat(app.words("a")).isEqualTo("x");
  }

  @Test
  void anActorThatIsNotInMemoryTakesASendInAndHandlesIt() throws Exception {
    app.plan(Durables.onDemand(TestApps.idleAfter(Duration.ofMillis(20), true))).start();
    var _ = app.send("new", "add", "x", null);
    awaitTrue(() -> app.engine.actors(TestApps.APP).isEmpty()); // it has come and gone
    var _ = app.send("new", "add", "y", null);
    awaitTrue(() -> app.settled("new") && app.ran("new.add") == 2);
    assertThat(app.words("new")).isEqualTo("x y");
  }

  @Test
  void aKeyedSendIsTakenInOnceAlsoAfterARestart() throws Exception {
    app.start();
    MessageId first = app.send("a", "add", "x", "k");
    assertThat(app.send("a", "add", "x", "k")).isEqualTo(first);
    awaitTrue(() -> app.settled("a"));
    app.killAndRestart(true);
    assertThat(app.send("a", "add", "x", "k")).isEqualTo(first);
    assertThat(app.words("a")).isEqualTo("x");
    assertThatThrownBy(() -> app.send("a", "add", "y", "k"))
        .isInstanceOfSatisfying(
            HostException.class,
            e -> assertThat(Durables.reason(e)).isEqualTo("idempotency_mismatch"));
  }

  @Test
  void sendsAndAsksOfOneClientKeepTheirOrder() {
    app.start();
    for (int i = 0; i < 50; i++) {
      var _ = app.send("a", "add", "x", null);
      assertThat(app.ask("a", "add", "y")).isEqualTo(Integer.toString(2 * i + 2));
    }
  }

  @Test
  void aSendThatCannotBeWrittenIsRefusedAndNothingOfItHappens() {
    app.start();
    app.journals.full(true);
    assertThatThrownBy(() -> app.send("a", "add", "x", "k"))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
    app.journals.full(false);
    assertThat(app.words("a")).isEmpty();
    var _ = app.send("a", "add", "x", "k");
    assertThat(app.words("a")).isEqualTo("x");
  }

  @Test
  void aSendDoesNotWaitBeyondItsDeadlineForARunningTurn() throws Exception {
    app.on("hold", hold).start();
    var _ = app.send("a", "hold", "", null);
    running.await();
    long began = System.nanoTime();
    assertThatThrownBy(
            () -> app.engine.send(context("t", 50), id("actor/a"), "add", word("x"), null))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED));
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(20));
    over.set(true);
    var _ = app.ask("a", "add", "y");
    assertThat(app.words("a")).as("what was given up in time is not taken").isEqualTo("y");
  }

  @Test
  void aFullMailboxRefusesASend() throws Exception {
    app.plan(
            Durables.children(
                new io.plexspaces.engine.plan.ActorPlan(
                    Restart.PERMANENT,
                    Duration.ofSeconds(2),
                    new io.plexspaces.engine.plan.ActorPlan.Backoff(1, 2),
                    new io.plexspaces.engine.plan.ActorPlan.MailboxPlan(1, Overflow.REJECT),
                    io.plexspaces.api.journal.JournalOptions.DEFAULT,
                    null,
                    false)))
        .on("hold", hold)
        .start();
    Future<String> held = callers.submit(() -> app.ask("a", "hold", ""));
    running.await();
    Future<String> queued = callers.submit(() -> app.ask("a", "add", "x"));
    awaitTrue(() -> app.engine.status(id("actor/a")).orElseThrow().mailboxDepth() == 1);
    assertThatThrownBy(() -> app.send("a", "add", "y", null))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED));
    over.set(true);
    var _ = held.get();
    var _ = queued.get();
    assertThat(app.words("a")).isEqualTo("x");
  }

  @Test
  void aSendThatIsRefusedByItsHandlerIsADeadLetterAndNotTriedAgain() throws Exception {
    app.on(
            "refuse",
            (c, words, p) -> {
              throw NativeModule.refuse(ErrorCode.FAILED_PRECONDITION, "no");
            })
        .start();
    var _ = app.send("a", "refuse", "x", null);
    awaitTrue(() -> app.settled("a"));
    assertThat(app.deadLetters).containsExactly("app/actor/a: no");
    app.killAndRestart(false);
    awaitTrue(() -> app.settled("a"));
    assertThat(app.ran("a.refuse")).isEqualTo(1);
  }
}
