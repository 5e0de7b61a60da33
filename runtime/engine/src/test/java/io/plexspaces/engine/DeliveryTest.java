package io.plexspaces.engine;

import static io.plexspaces.engine.Durables.awaitTrue;
import static io.plexspaces.engine.Durables.text;
import static io.plexspaces.engine.Durables.word;
import static io.plexspaces.engine.TestApps.child;
import static io.plexspaces.engine.TestApps.context;
import static io.plexspaces.engine.TestApps.id;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.MemoryBudget;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What docs/delivery.md promises where not both sides are durable, and where the disk is full. */
@Timeout(60)
class DeliveryTest {
  private final Durables app = new Durables();
  private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicBoolean over = new AtomicBoolean();
  private final CountDownLatch running = new CountDownLatch(1);

  /** Child {@code m} keeps nothing, child {@code d} has a journal. */
  private Durables mixed() {
    return app.plan(
            TestApps.app(
                List.of(
                    child("m", "actor", TestApps.actor()),
                    child("d", "actor", TestApps.durable()))))
        .on(
            "pass",
            (c, words, p) -> {
              c.send(c.actorId().endsWith("/m") ? "d" : "m", "add", p);
              return Payload.NULL;
            })
        .on(
            "hold",
            (c, words, p) -> {
              running.countDown();
              while (!over.get()) {
                var _ = c.call("sleep", Frame.of(Value.Obj.builder().put("ms", 1).build()));
              }
              return Payload.NULL;
            })
        .start();
  }

  private void holdUp(String key) throws InterruptedException {
    var _ =
        callers.submit(
            () -> app.engine.ask(context(), id("actor/" + key), "hold", Payload.NULL, null));
    running.await();
  }

  private int queued(String key) {
    return app.engine.status(id("actor/" + key)).orElseThrow().mailboxDepth();
  }

  @AfterEach
  void close() {
    over.set(true);
    callers.shutdownNow();
    app.close();
    assertThat(app.journals.faults()).isEmpty();
  }

  @Test
  void fromADurableActorToOneWithoutAJournalAMessageComesAgainWhereTheTickWasLost()
      throws Exception {
    var _ = mixed();
    var _ = app.ask("d", "pass", "x");
    awaitTrue(() -> app.settled("d") && app.ran("m.add") == 1);
    app.killAndRestart(true);
    assertThat(app.words("m"))
        .as("what it had is gone, and the message is not sent again")
        .isEmpty();
    assertThat(app.ran("m.add")).isEqualTo(1);
    app.killAndRestart(false);
    awaitTrue(() -> app.settled("d") && app.ran("m.add") == 2);
  }

  @Test
  void whatAnActorWithoutAJournalSendsIsLostWithTheMailboxItIsIn() throws Exception {
    var _ = mixed();
    holdUp("d");
    var _ = app.ask("m", "pass", "x");
    awaitTrue(() -> queued("d") == 1);
    app.killAndRestart(false);
    assertThat(app.words("d")).isEmpty();
    assertThat(app.ran("d.add")).isZero();
  }

  @Test
  void aClientsSendToAnActorWithoutAJournalIsLostWithTheMailboxItIsIn() throws Exception {
    var _ = mixed();
    holdUp("m");
    var _ = app.send("m", "add", "x", null);
    app.killAndRestart(false);
    assertThat(app.words("m")).isEmpty();
    assertThat(app.ran("m.add")).isZero();
  }

  @Test
  void anAskThatIsMadeAgainWithoutAKeyIsDoneAgain() {
    var _ = mixed();
    assertThat(app.ask("d", "add", "x")).isEqualTo("1");
    app.killAndRestart(false); // the client does not know whether its reply was lost
    assertThat(app.ask("d", "add", "x")).isEqualTo("2");
  }

  @Test
  void aKeyIsRefusedWhereThereIsNoJournal() {
    var _ = mixed();
    for (boolean send : List.of(true, false)) {
      assertThatThrownBy(
              () -> {
                if (send) {
                  app.send("m", "add", "x", "k");
                } else {
                  app.ask("m", "add", "x", "k");
                }
              })
          .isInstanceOfSatisfying(
              HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
          .hasMessageContaining("no durability facet");
    }
  }

  // ---- a full disk

  @Test
  void aFullDiskRefusesWhatChangesLosesNothingAndHealsWhenThereIsRoom() throws Exception {
    app.on(
            "pass",
            (c, words, p) -> {
              words.add(text(p));
              c.send("b", "add", p);
              return Payload.NULL;
            })
        .start();
    var _ = app.ask("a", "pass", "x");
    awaitTrue(() -> app.settled("a"));
    app.journals.full(true);
    List<Future<String>> refused = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      refused.add(callers.submit(() -> app.ask("a", "pass", "lost", "k")));
    }
    for (Future<String> f : refused) {
      assertThatThrownBy(f::get)
          .cause()
          .isInstanceOfSatisfying(
              HostException.class,
              e -> assertThat(e.code()).isIn(ErrorCode.UNAVAILABLE, ErrorCode.ABORTED));
    }
    assertThatThrownBy(() -> app.send("a", "add", "lost", null))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
    assertThat(app.words("a")).as("reads go on, from what is on disk").isEqualTo("x");
    app.journals.full(false);
    var _ = app.ask("a", "pass", "y", "k"); // the key is free again
    awaitTrue(() -> app.settled("a"));
    assertThat(app.words("a")).isEqualTo("x y");
    assertThat(app.words("b")).isEqualTo("x y");
    assertThat(app.engine.app(TestApps.APP).orElseThrow().restarts()).isZero();
  }

  @Test
  void aMessageThatFindsItsReceiversDiskFullComesWhenThereIsRoom() throws Exception {
    app.on(
            "pass",
            (c, words, p) -> {
              c.send("b", "add", p);
              return Payload.NULL;
            })
        .start();
    app.journals.hold();
    Future<String> sent = callers.submit(() -> app.ask("a", "pass", "x"));
    awaitTrue(() -> app.journals.waitingCommits() == 1);
    app.journals.failOnce(id("actor/b"));
    app.journals.release();
    var _ = sent.get();
    awaitTrue(() -> app.settled("a"));
    assertThat(app.words("b")).isEqualTo("x");
  }

  // ---- what one turn may send

  @Test
  void whatATurnSendsIsBoundedAndChargedToTheNode() {
    MemoryBudget budget = new MemoryBudget(1L << 30);
    AtomicLong most = new AtomicLong();
    String large = "x".repeat(1 << 20);
    app.budget(budget)
        .on(
            "flood",
            (c, words, p) -> {
              int n = 0;
              try {
                while (n < 200) {
                  c.send("b", "add", word(large));
                  n++;
                }
              } catch (HostException e) {
                most.set(budget.used());
                assertThat(e.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
                assertThat(e).hasMessageContaining("sends more than 64 MiB");
                throw NativeModule.refuse(ErrorCode.RESOURCE_EXHAUSTED, Integer.toString(n));
              }
              return Payload.NULL;
            })
        .start();
    assertThatThrownBy(() -> app.ask("a", "flood", "")).hasMessageContaining("63");
    assertThat(most.get()).isBetween(50L << 20, 70L << 20);
    assertThat(budget.used()).isZero();
    assertThat(app.words("b")).isEmpty();
  }
}
