package io.plexspaces.engine;

import static io.plexspaces.engine.Durables.awaitTrue;
import static io.plexspaces.engine.Durables.reason;
import static io.plexspaces.engine.Durables.text;
import static io.plexspaces.engine.Durables.word;
import static io.plexspaces.engine.TestApps.id;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostException;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.api.journal.TurnRecord;
import io.plexspaces.engine.plan.ActorPlan.Delivery;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is done once between durable actors, whatever crashes and however often. */
@Timeout(60)
class ExactlyOnceTurnTest {
  private final Durables app = new Durables();
  private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();

  @AfterEach
  void close() {
    callers.shutdownNow();
    app.close();
    assertThat(app.journals.faults()).isEmpty();
  }

  /** A handler that sends its word to {@code b}. */
  private static Durables.Handler sendOn(String op) {
    return (c, words, p) -> {
      words.add(text(p));
      c.send("b", op, p);
      return Payload.NULL;
    };
  }

  // ---- sends

  @Test
  void aMessageThatIsSentAgainAfterACrashIsTakenOnce() throws Exception {
    app.on("pass", sendOn("add")).start();
    var _ = app.ask("a", "pass", "x");
    awaitTrue(() -> app.settled("a"));
    app.killAndRestart(false);
    awaitTrue(() -> app.settled("a"));
    assertThat(app.words("b")).isEqualTo("x");
    var _ = app.ask("a", "pass", "y");
    awaitTrue(() -> app.settled("a"));
    app.killAndRestart(false);
    awaitTrue(() -> app.settled("a"));
    assertThat(app.words("b")).isEqualTo("x y");
  }

  @Test
  void aRefusedMessageCountsAsHandledAlsoAfterACrash() throws Exception {
    app.on("pass", sendOn("refuse"))
        .on(
            "refuse",
            (c, words, p) -> {
              throw NativeModule.refuse(ErrorCode.FAILED_PRECONDITION, "no");
            })
        .start();
    var _ = app.ask("a", "pass", "x");
    awaitTrue(() -> app.settled("a"));
    assertThat(app.turns("b").getLast().received())
        .isEqualTo(new TurnRecord.Received("app/actor/a", 1, 1, 1));
    app.killAndRestart(false);
    awaitTrue(() -> app.settled("a"));
    assertThat(app.ran("b.refuse")).isEqualTo(1);
    assertThat(app.deadLetters).hasSize(1);
  }

  @Test
  void aMessageThatWasGivenBackIsHandledLaterAndNoneIsTakenTwice() throws Exception {
    AtomicBoolean first = new AtomicBoolean(true);
    app.on("pass", sendOn("addUnlessFirst"))
        .on(
            "addUnlessFirst",
            (c, words, p) -> {
              if (text(p).equals("x") && first.getAndSet(false)) {
                throw new IllegalStateException("boom");
              }
              words.add(text(p));
              return Payload.NULL;
            })
        .start();
    app.journals.hold();
    Future<String> x = callers.submit(() -> app.ask("a", "pass", "x"));
    awaitTrue(() -> app.journals.waitingCommits() == 1);
    Future<String> y = callers.submit(() -> app.ask("a", "pass", "y"));
    awaitTrue(() -> app.journals.waitingCommits() == 2);
    app.journals.release(); // both are in b's mailbox before the first of them fails
    var _ = x.get();
    var _ = y.get();
    awaitTrue(() -> app.settled("a"));
    assertThat(app.words("b").split(" ")).containsExactlyInAnyOrder("x", "y");
    app.killAndRestart(false);
    awaitTrue(() -> app.settled("a"));
    assertThat(app.words("b").split(" ")).containsExactlyInAnyOrder("x", "y");
  }

  @Test
  void whatIsKnownOfMoreSendersThanMemoryHoldsIsReadFromTheJournal() throws Exception {
    app.plan(Durables.onDemand(TestApps.durable()))
        .on(
            "pass",
            (c, words, p) -> {
              c.send("actor/b", "add", p);
              return Payload.NULL;
            })
        .start();
    int senders = Ledger.MAX_SENDERS + 10;
    for (int i = 0; i < senders; i++) {
      var _ = app.ask("s" + i, "pass", "w" + i);
    }
    awaitTrue(() -> app.settled("s0") && app.settled("s" + (senders - 1)));
    awaitTrue(() -> app.words("b").split(" ").length == senders);
    app.killAndRestart(false);
    awaitTrue(() -> app.settled("s0") && app.settled("s" + (senders - 1)));
    assertThat(app.words("b").split(" ")).hasSize(senders);
  }

  // ---- messages that fail

  @Test
  void aMessageWhoseTurnFailsIsTriedAgainAndThenDeadInItsSendersJournal() throws Exception {
    app.plan(Durables.children(Durables.with(new Delivery(3, false))))
        .on("pass", sendOn("crash"))
        .on(
            "crash",
            (c, words, p) -> {
              throw new IllegalStateException("boom");
            })
        .on("fine", sendOn("add"))
        .start();
    var _ = app.ask("a", "pass", "x");
    var _ = app.ask("a", "fine", "y");
    awaitTrue(() -> app.settled("a"));
    assertThat(app.ran("b.crash")).isEqualTo(3);
    assertThat(app.words("b")).isEqualTo("y");
    assertThat(app.journals.dead(id("actor/a")).get(1L)).contains("boom").contains("3 deliveries");
    assertThat(app.kinds("a")).contains("dead");
    assertThat(app.deadLetters).hasSize(1);
    app.killAndRestart(false);
    awaitTrue(() -> app.settled("a"));
    assertThat(app.ran("b.crash")).as("it stays dead").isEqualTo(3);
  }

  @Test
  void oneMessageThatFailsAgainAndAgainDoesNotFailItsApp() throws Exception {
    app.plan(Durables.children(Durables.with(new Delivery(7, false))))
        .on("pass", sendOn("crash"))
        .on(
            "crash",
            (c, words, p) -> {
              throw new IllegalStateException("boom");
            })
        .start();
    var _ = app.ask("a", "pass", "x");
    awaitTrue(() -> app.settled("a"));
    assertThat(app.ran("b.crash")).isEqualTo(7); // the app may restart 5 times
    assertThat(app.engine.app(TestApps.APP).orElseThrow().restarts()).isEqualTo(1);
    assertThat(app.ask("b", "add", "y")).isEqualTo("1");
  }

  @Test
  void whatNobodyTakesIsDeadWithItsReason() throws Exception {
    app.on("pass", sendOn("unheard")).start();
    var _ = app.ask("a", "pass", "x");
    awaitTrue(() -> app.settled("a"));
    assertThat(app.journals.dead(id("actor/a")).get(1L)).contains("has no operation \"unheard\"");
  }

  // ---- asks

  @Test
  void whatATurnSendsToWhomItAsksLeavesFirstAndStaysIfTheTurnFails() {
    app.on(
            "sendAskCrash",
            (c, words, p) -> {
              c.send("b", "add", word("sent"));
              assertThat(text(c.ask("b", "getAll", Payload.NULL, 5000))).isEqualTo("sent");
              assertThat(app.kinds("a")).containsExactly("early");
              throw new IllegalStateException("boom");
            })
        .start();
    assertThatThrownBy(() -> app.ask("a", "sendAskCrash", "")).hasMessageContaining("boom");
    assertThat(app.words("b")).isEqualTo("sent");
    assertThat(app.kinds("a")).containsExactly("early");
  }

  @Test
  void aTurnThatRunsAgainNeitherSendsNorAsksASecondTime() throws Exception {
    AtomicInteger runs = new AtomicInteger();
    app.on("pass", sendOn("work"))
        .on(
            "work",
            (c, words, p) -> {
              c.send("c", "add", word("sent"));
              String n = text(c.ask("c", "add", word("asked"), 5000));
              if (runs.incrementAndGet() < 3) {
                throw new IllegalStateException("boom");
              }
              words.add(n);
              return Payload.NULL;
            })
        .start();
    var _ = app.ask("a", "pass", "x");
    awaitTrue(() -> app.settled("a"));
    assertThat(runs).hasValue(3);
    assertThat(app.words("c")).isEqualTo("sent asked");
    assertThat(app.words("b")).as("the reply of the first run").isEqualTo("2");
  }

  @Test
  void aTurnThatWasLostInACrashRepeatsWhatItAskedWhenItRunsAgain() throws Exception {
    CountDownLatch crash = new CountDownLatch(1);
    AtomicBoolean over = new AtomicBoolean();
    AtomicInteger runs = new AtomicInteger();
    app.on("pass", sendOn("work"))
        .on(
            "work",
            (c, words, p) -> {
              words.add(text(c.ask("c", "add", word("asked"), 5000)));
              if (runs.incrementAndGet() == 1) {
                crash.countDown();
                c.ask("c", "hang", Payload.NULL, 20_000);
              }
              return Payload.NULL;
            })
        .on(
            "hang",
            (c, words, p) -> {
              while (!over.get()) {
                var _ = c.call("sleep", Frame.of(Value.Obj.builder().put("ms", 1).build()));
              }
              return Payload.NULL;
            })
        .start();
    var _ = app.ask("a", "pass", "x");
    crash.await();
    app.killAndRestart(false);
    awaitTrue(() -> app.settled("a"));
    over.set(true);
    assertThat(runs).hasValue(2);
    assertThat(app.ran("c.add")).isEqualTo(1);
    assertThat(app.words("b")).isEqualTo("1");
  }

  @Test
  void aTurnThatRunsAgainAndAsksForSomethingElseIsAborted() throws Exception {
    AtomicInteger runs = new AtomicInteger();
    AtomicInteger aborted = new AtomicInteger();
    app.on("pass", sendOn("work"))
        .on(
            "work",
            (c, words, p) -> {
              try {
                c.ask("c", "add", word("run" + runs.incrementAndGet()), 5000);
              } catch (HostException e) {
                assertThat(e.code()).isEqualTo(ErrorCode.ABORTED);
                assertThat(e).hasMessageContaining("must ask the same");
                aborted.incrementAndGet();
                return Payload.NULL;
              }
              throw new IllegalStateException("boom");
            })
        .start();
    var _ = app.ask("a", "pass", "x");
    awaitTrue(() -> app.settled("a"));
    assertThat(aborted).hasValue(1);
    assertThat(app.words("c")).isEqualTo("run1");
  }

  @Test
  void anotherMessageInThePlaceOfOneThatLeftEarlyIsSentAsWell() throws Exception {
    AtomicInteger runs = new AtomicInteger();
    app.on("pass", sendOn("work"))
        .on(
            "work",
            (c, words, p) -> {
              int run = runs.incrementAndGet();
              c.send("c", "add", word("run" + run));
              if (run == 1) {
                c.ask("c", "getAll", Payload.NULL, 5000);
                throw new IllegalStateException("boom");
              }
              return Payload.NULL;
            })
        .start();
    var _ = app.ask("a", "pass", "x");
    awaitTrue(() -> app.settled("a") && app.settled("b"));
    assertThat(app.words("c")).isEqualTo("run1 run2");
  }

  // ---- keys

  @Test
  void aKeyedRequestThatCrashedRepeatsWhatItAskedWhenItIsMadeAgain() {
    AtomicInteger runs = new AtomicInteger();
    app.on(
            "work",
            (c, words, p) -> {
              String n = text(c.ask("c", "add", p, 5000));
              if (runs.incrementAndGet() == 1) {
                throw new IllegalStateException("boom");
              }
              return word(n);
            })
        .start();
    assertThatThrownBy(() -> app.ask("a", "work", "w", "k")).hasMessageContaining("boom");
    assertThat(app.ask("a", "work", "w", "k")).isEqualTo("1");
    assertThat(app.ask("a", "work", "w", "k")).as("from the record").isEqualTo("1");
    assertThat(app.words("c")).isEqualTo("w");
    assertThat(runs).hasValue(2);
    assertThat(app.ask("a", "work", "w", "other")).isEqualTo("2");
  }

  @Test
  void aKeyThatHasExpiredIsAnotherRequestEachTime() {
    app.on("work", (c, words, p) -> word(text(c.ask("c", "add", p, 5000)))).start();
    for (int i = 1; i <= 6; i++) {
      String n = Integer.toString(i);
      assertThat(app.ask("a", "work", "w", "k")).isEqualTo(n);
      assertThat(app.ask("a", "work", "w", "k")).isEqualTo(n);
      app.journals.expireKeys(id("actor/a"));
    }
    assertThat(app.turns("a").stream().map(TurnRecord::message).distinct()).hasSize(6);
  }

  @Test
  void aKeyIsForOneRequestAndForAskOrSend() {
    app.start();
    var _ = app.ask("a", "add", "w", "k");
    assertThatThrownBy(() -> app.ask("a", "add", "v", "k"))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(reason(e)).isEqualTo("idempotency_mismatch"));
    assertThatThrownBy(() -> app.send("a", "add", "w", "k"))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(reason(e)).isEqualTo("idempotency_mismatch"));
    assertThat(app.words("a")).isEqualTo("w");
  }

  @Test
  void whereKeysAreRequiredOnlyQueriesGoWithout() {
    app.plan(Durables.children(Durables.with(new Delivery(5, true))))
        .on("pass", sendOn("add"))
        .start();
    for (boolean send : List.of(true, false)) {
      assertThatThrownBy(
              () -> {
                if (send) {
                  app.send("a", "add", "w", null);
                } else {
                  app.ask("a", "add", "w");
                }
              })
          .isInstanceOfSatisfying(
              HostException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
                assertThat(reason(e)).isEqualTo("idempotency_key_required");
              });
    }
    assertThat(app.words("a")).isEmpty();
    var _ = app.ask("a", "pass", "w", "k"); // actors need none among themselves
    assertThat(app.words("a")).isEqualTo("w");
  }

  @Test
  void aReplyThatIsStillBeingWrittenIsInProgressAndThenReplayed() throws Exception {
    app.start();
    app.journals.hold();
    Future<MessageId> sent = callers.submit(() -> app.send("a", "add", "w", "k"));
    awaitTrue(() -> app.journals.waitingCommits() == 1);
    assertThatThrownBy(() -> app.send("a", "add", "w", "k"))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(reason(e)).isEqualTo("idempotency_in_progress"));
    app.journals.release();
    assertThat(app.send("a", "add", "w", "k")).isEqualTo(sent.get());
    awaitTrue(() -> app.settled("a"));
    assertThat(app.words("a")).isEqualTo("w");
  }
}
