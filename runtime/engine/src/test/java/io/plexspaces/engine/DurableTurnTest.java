package io.plexspaces.engine;

import static io.plexspaces.engine.TestApps.APP;
import static io.plexspaces.engine.TestApps.app;
import static io.plexspaces.engine.TestApps.child;
import static io.plexspaces.engine.TestApps.context;
import static io.plexspaces.engine.TestApps.durable;
import static io.plexspaces.engine.TestApps.id;
import static io.plexspaces.engine.TestApps.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Role;
import io.plexspaces.api.Telemetry;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.GuestTrap;
import io.plexspaces.api.journal.TurnOutcome;
import io.plexspaces.api.journal.TurnRecord;
import io.plexspaces.engine.NativeModule.NativeActor;
import io.plexspaces.engine.NativeModule.NativeContext;
import io.plexspaces.engine.plan.AppPlan;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The turn transaction: nothing leaves before its commit, and a lost commit takes all behind it.
 */
@Timeout(60)
class DurableTurnTest {
  private final MemoryJournals journals = new MemoryJournals();
  private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Integer> committedWhenRead = new CopyOnWriteArrayList<>();
  private final List<String> deadLetters = new CopyOnWriteArrayList<>();
  private final AtomicInteger refusals = new AtomicInteger();
  private final CountDownLatch blocking = new CountDownLatch(1);
  private ActorEngine engine = newEngine();

  private ActorEngine newEngine() {
    return ActorEngine.builder()
        .workers(2)
        .journals(journals)
        .telemetry(
            new Telemetry() {
              @Override
              public void deadLetter(ActorId actor, String reason) {
                deadLetters.add(actor.address() + ": " + reason);
              }
            })
        .build();
  }

  final class Account implements NativeActor {
    private long balance;

    @Override
    public Payload handle(NativeContext c, String op, Payload p) {
      switch (op) {
        case "add" -> balance++;
        case "transfer" -> {
          balance--;
          c.send("to", "add", Payload.EMPTY_OBJECT);
        }
        case "transferAndRefuse" -> {
          c.send("to", "add", Payload.EMPTY_OBJECT);
          throw NativeModule.refuse(ErrorCode.FAILED_PRECONDITION, "no money");
        }
        case "askOther" -> {
          return c.ask("to", "get", Payload.EMPTY_OBJECT, 5000);
        }
        case "sendMuch" -> c.send("to", "outgrow", Payload.EMPTY_OBJECT);
        case "outgrow" ->
            throw new GuestTrap(HostError.lasting(ErrorCode.RESOURCE_EXHAUSTED, "out of memory"));
        case "sendTwice" -> c.send("to", "addWhenThereIsRoom", Payload.EMPTY_OBJECT);
        case "addWhenThereIsRoom" -> {
          if (refusals.incrementAndGet() == 1) {
            throw new GuestTrap(HostError.of(ErrorCode.RESOURCE_EXHAUSTED, "the node is full"));
          }
          balance++;
        }
        case "crash" -> throw new IllegalStateException("boom");
        case "sendAway" -> c.send("other/account/x", "add", Payload.EMPTY_OBJECT);
        case "block" -> {
          while (blocking.getCount() > 0) {
            var _ = c.call("sleep", Frame.of(Value.Obj.builder().put("ms", 1).build()));
          }
        }
        case "get" -> committedWhenRead.add(journals.turns(id("account/from")).size());
        default -> {}
      }
      return json(Long.toString(balance));
    }

    @Override
    public Payload snapshot() {
      return Payload.json(Value.Obj.builder().put("balance", balance).build());
    }

    @Override
    public void restore(Payload state) {
      balance = ((Value.Obj) state.value()).integer("balance", -1);
    }
  }

  @BeforeEach
  void start() {
    startApp();
  }

  private void startApp() {
    engine.start(
        app(List.of(child("from", "account", durable()), child("to", "account", durable()))),
        accounts());
  }

  private NativeModule accounts() {
    return NativeModule.builder()
        .type(
            "account",
            Account::new,
            "add",
            "transfer",
            "transferAndRefuse",
            "askOther",
            "sendMuch",
            "outgrow",
            "sendTwice",
            "addWhenThereIsRoom",
            "crash",
            "sendAway",
            "block",
            "get")
        .build();
  }

  @AfterEach
  void close() {
    journals.release();
    blocking.countDown();
    callers.shutdownNow();
    engine.close();
    assertThat(journals.faults()).isEmpty();
  }

  private Payload ask(String key, String op, @Nullable String idempotencyKey) {
    return engine.ask(context(), id("account/" + key), op, Payload.EMPTY_OBJECT, idempotencyKey);
  }

  private Payload ask(String key, String op) {
    return ask(key, op, null);
  }

  private static void awaitTrue(BooleanSupplier condition) throws InterruptedException {
    while (!condition.getAsBoolean()) {
      TimeUnit.MILLISECONDS.sleep(1);
    }
  }

  @Test
  void repliesAndReadsWaitForTheCommitsBeforeThem() throws Exception {
    journals.hold();
    Future<Payload> one = callers.submit(() -> ask("from", "add"));
    awaitTrue(() -> journals.waitingCommits() == 1);
    Future<Payload> two = callers.submit(() -> ask("from", "add"));
    awaitTrue(() -> journals.waitingCommits() == 2); // the second turn ran meanwhile
    Future<Payload> read = callers.submit(() -> ask("from", "get"));
    awaitTrue(() -> engine.status(id("account/from")).orElseThrow().turns() == 3);
    assertThat(one.isDone() || two.isDone() || read.isDone()).isFalse();
    journals.release();
    assertThat(one.get().text()).isEqualTo("1");
    assertThat(two.get().text()).isEqualTo("2");
    assertThat(read.get().text()).isEqualTo("2");
  }

  @Test
  void aTurnIsRecordedWholeAndAQueryNotAtAll() {
    var _ = ask("from", "transfer");
    var _ = ask("from", "get");
    List<TurnRecord> turns = journals.turns(id("account/from"));
    assertThat(turns).hasSize(1);
    TurnRecord t = turns.getFirst();
    assertThat(t.seq()).isEqualTo(1);
    assertThat(t.op()).isEqualTo("transfer");
    assertThat(t.outcome()).isEqualTo(new TurnOutcome.Replied(json("-1")));
    assertThat(t.state()).isEqualTo(json("{\"balance\":-1}"));
    assertThat(t.effects()).hasSize(1);
    assertThat(t.effects().getFirst().id()).isEqualTo(t.message().derive(0));
    assertThat(t.effects().getFirst().target()).isEqualTo("app/account/to");
  }

  @Test
  void sendsLeaveAfterTheCommitAndAreTickedOffWhenTheReceiverHasCommitted() throws Exception {
    journals.hold();
    Future<Payload> sent = callers.submit(() -> ask("from", "transfer"));
    awaitTrue(() -> journals.waitingCommits() == 1);
    assertThat(engine.status(id("account/to")).orElseThrow().turns()).isZero();
    journals.release();
    var _ = sent.get();
    awaitTrue(() -> journals.done(id("account/from")).contains("1.0"));
    assertThat(ask("to", "get").text()).isEqualTo("1");
  }

  @Test
  void aRefusedTurnSendsNothing() {
    assertThatThrownBy(() -> ask("from", "transferAndRefuse")).hasMessageContaining("no money");
    assertThat(ask("to", "get").text()).isEqualTo("0");
    assertThat(journals.turns(id("account/from"))).isEmpty();
  }

  @Test
  void aLostCommitCancelsEveryTurnBehindItAndTheActorGoesOnFromTheLastGoodOne() throws Exception {
    var _ = ask("from", "add");
    journals.hold();
    Future<Payload> lost = callers.submit(() -> ask("from", "transfer"));
    awaitTrue(() -> journals.waitingCommits() == 1);
    Future<Payload> behind = callers.submit(() -> ask("from", "add"));
    awaitTrue(() -> journals.waitingCommits() == 2);
    Future<Payload> read = callers.submit(() -> ask("from", "get"));
    awaitTrue(() -> engine.status(id("account/from")).orElseThrow().turns() == 4);
    journals.fail();
    for (Future<Payload> f : List.of(lost, behind, read)) {
      assertThatThrownBy(f::get)
          .isInstanceOf(ExecutionException.class)
          .cause()
          .isInstanceOfSatisfying(
              HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE))
          .hasMessageContaining("the disk is full");
    }
    assertThat(ask("from", "get").text()).isEqualTo("1");
    assertThat(ask("to", "get").text()).isEqualTo("0");
    assertThat(ask("from", "add").text()).isEqualTo("2");
    assertThat(engine.app(APP).orElseThrow().restarts()).isZero();
  }

  @Test
  void anAskWaitsUntilItsActorsEarlierTurnsAreDurable() throws Exception {
    journals.hold();
    Future<Payload> first = callers.submit(() -> ask("from", "add"));
    awaitTrue(() -> journals.waitingCommits() == 1);
    Future<Payload> asks = callers.submit(() -> ask("from", "askOther"));
    awaitTrue(() -> engine.status(id("account/from")).orElseThrow().turns() == 2);
    journals.release();
    var _ = first.get();
    assertThat(asks.get().text()).isEqualTo("0");
    // When the other was read, the first turn was in the journal.
    assertThat(committedWhenRead).containsExactly(1);
  }

  @Test
  void aTurnBehindALostCommitAsksNobody() throws Exception {
    journals.hold();
    Future<Payload> lost = callers.submit(() -> ask("from", "add"));
    awaitTrue(() -> journals.waitingCommits() == 1);
    Future<Payload> asks = callers.submit(() -> ask("from", "askOther"));
    awaitTrue(() -> engine.status(id("account/from")).orElseThrow().turns() == 2);
    journals.fail();
    for (Future<Payload> f : List.of(lost, asks)) {
      assertThatThrownBy(f::get).hasMessageContaining("the disk is full");
    }
    assertThat(committedWhenRead).isEmpty();
  }

  @Test
  void aReceiverWhoseCommitFailsGetsTheMessageAgain() throws Exception {
    journals.failOnce(id("account/to"));
    var _ = ask("from", "transfer");
    awaitTrue(() -> journals.done(id("account/from")).contains("1.0"));
    assertThat(ask("to", "get").text()).isEqualTo("1");
  }

  @Test
  void whatIsQueuedAtAReceiverThatIsStoppedIsSentAgainAfterwards() throws Exception {
    var _ = engine.send(context(), id("account/to"), "block", Payload.EMPTY_OBJECT, null);
    awaitTrue(() -> engine.status(id("account/to")).orElseThrow().turns() == 1);
    var _ = ask("from", "transfer");
    awaitTrue(() -> engine.status(id("account/to")).orElseThrow().mailboxDepth() == 1);
    engine.stop(APP, Duration.ZERO);
    assertThat(journals.done(id("account/from"))).isEmpty();
    blocking.countDown();
    startApp();
    awaitTrue(() -> journals.done(id("account/from")).contains("1.0"));
    assertThat(ask("to", "get").text()).isEqualTo("1");
  }

  @Test
  void whatIsSentToAnAppThatIsNotThereWaitsForIt() throws Exception {
    var _ = ask("from", "sendAway");
    AppId other = new AppId("t", "other");
    AppPlan plan = app(other, 5, List.of(child("x", "account", durable())), Map.of());
    engine.start(
        new AppPlan(
            other,
            "1",
            plan.supervisor(),
            Map.of(),
            Map.of("account", new AppPlan.Access(Set.of(Role.INVOKER), Set.of("app"))),
            plan.limits(),
            Map.of()),
        accounts());
    awaitTrue(() -> journals.done(id("account/from")).contains("1.0"));
    assertThat(
            engine
                .ask(
                    context(),
                    ActorId.parse("t", "other/account/x"),
                    "get",
                    Payload.EMPTY_OBJECT,
                    null)
                .text())
        .isEqualTo("1");
  }

  @Test
  void aCrashGoesBackToTheLastCommittedTurn() {
    var _ = ask("from", "add");
    assertThatThrownBy(() -> ask("from", "crash")).hasMessageContaining("boom");
    assertThat(ask("from", "add").text()).isEqualTo("2");
  }

  @Test
  void aKeyAnswersAgainWithoutRunningAgainAlsoAfterARestart() {
    assertThat(ask("from", "add", "k1").text()).isEqualTo("1");
    assertThat(ask("from", "add", "k1").text()).isEqualTo("1");
    engine.close();
    engine = newEngine();
    startApp();
    assertThat(ask("from", "add", "k1").text()).isEqualTo("1");
    assertThat(ask("from", "add", "k2").text()).isEqualTo("2");
    assertThatThrownBy(
            () -> engine.ask(context(), id("account/from"), "add", json("{\"x\":1}"), "k1"))
        .isInstanceOfSatisfying(
            HostException.class,
            e ->
                assertThat(((Value.Obj) e.error().details()).string("reason", ""))
                    .isEqualTo("idempotency_mismatch"));
  }

  @Test
  void aRefusalIsAFinishedResultAndACrashIsNot() {
    assertThatThrownBy(() -> ask("from", "transferAndRefuse", "k"))
        .hasMessageContaining("no money");
    assertThat(journals.turns(id("account/from"))).hasSize(1);
    assertThatThrownBy(() -> ask("from", "transferAndRefuse", "k"))
        .hasMessageContaining("no money");
    assertThat(journals.turns(id("account/from"))).hasSize(1);
    assertThatThrownBy(() -> ask("from", "crash", "c")).hasMessageContaining("boom");
    assertThatThrownBy(() -> ask("from", "crash", "c")).hasMessageContaining("boom");
    assertThat(engine.status(id("account/from")).orElseThrow().restarts()).isEqualTo(2);
  }

  @Test
  void aKeyInUseIsRefusedMeanwhile() throws Exception {
    journals.hold();
    Future<Payload> first = callers.submit(() -> ask("from", "add", "k"));
    awaitTrue(() -> journals.waitingCommits() == 1);
    assertThatThrownBy(() -> ask("from", "add", "k"))
        .isInstanceOfSatisfying(
            HostException.class,
            e ->
                assertThat(((Value.Obj) e.error().details()).string("reason", ""))
                    .isEqualTo("idempotency_in_progress"));
    journals.release();
    assertThat(first.get().text()).isEqualTo("1");
  }

  /** With the same message it would reach the limit again, and hold up all that comes behind. */
  @Test
  void aMessageThatItsReceiverOutgrowsIsADeadLetterAndTheNextOnesGoThrough() throws Exception {
    var _ = ask("from", "sendMuch");
    var _ = ask("from", "transfer");
    awaitTrue(() -> journals.pending(id("account/from")).isEmpty());
    assertThat(journals.dead(id("account/from"))).containsExactly(Map.entry(1L, "out of memory"));
    assertThat(ask("to", "get").text()).isEqualTo("1");
    assertThat(deadLetters).containsExactly("app/account/from: out of memory");
    assertThat(engine.status(id("account/to")).orElseThrow().restarts())
        .as("a limit is no crash")
        .isZero();
  }

  @Test
  void aMessageThatFindsTheNodeFullIsSentAgain() throws Exception {
    var _ = ask("from", "sendTwice");
    awaitTrue(() -> journals.done(id("account/from")).contains("1.0"));
    assertThat(ask("to", "get").text()).isEqualTo("1");
    assertThat(refusals).hasValue(2);
    assertThat(deadLetters).isEmpty();
  }

  @Test
  void whatARestartFindsPendingIsSentAgainAndTakenOnce() throws Exception {
    var _ = ask("from", "transfer");
    awaitTrue(() -> journals.done(id("account/from")).contains("1.0"));
    // As if the process had died before the tick was written:
    TurnRecord t = journals.turns(id("account/from")).getFirst();
    engine.stop(APP, Duration.ofSeconds(5));
    journals.forgetDone(id("account/from"));
    startApp();
    awaitTrue(() -> journals.done(id("account/from")).contains(t.seq() + ".0"));
    assertThat(ask("to", "get").text()).isEqualTo("1");
  }
}
