package io.plexspaces.engine;

import static io.plexspaces.engine.TestApps.context;
import static io.plexspaces.engine.TestApps.id;

import io.plexspaces.api.Frame;
import io.plexspaces.api.HostException;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Telemetry;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.api.journal.JournalOptions;
import io.plexspaces.api.journal.TurnRecord;
import io.plexspaces.engine.NativeModule.NativeActor;
import io.plexspaces.engine.NativeModule.NativeContext;
import io.plexspaces.engine.plan.ActorPlan;
import io.plexspaces.engine.plan.AppPlan;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * An app of durable actors {@code a}, {@code b} and {@code c} of one type, whose handlers the test
 * writes; it can be killed, so that a new engine finds what was on disk.
 */
final class Durables implements AutoCloseable {
  /** What a handler does; the actor's state is a list of words. */
  interface Handler {
    Payload handle(NativeContext c, List<String> words, Payload p);
  }

  MemoryJournals journals = new MemoryJournals();
  final Map<String, Handler> handlers = new ConcurrentHashMap<>();
  final List<String> deadLetters = new CopyOnWriteArrayList<>();

  /** How often a handler was begun, by {@code key.operation}. */
  final Map<String, AtomicInteger> ran = new ConcurrentHashMap<>();

  private final List<ActorEngine> killed = new CopyOnWriteArrayList<>();
  private final List<String> operations = new CopyOnWriteArrayList<>();
  private AppPlan plan;
  private MemoryBudget budget = MemoryBudget.unlimited();
  ActorEngine engine;

  Durables() {
    on(
        "add",
        (c, words, p) -> {
          words.add(text(p));
          return Payload.json(new Value.Int(words.size()));
        });
    on("getAll", (c, words, p) -> Payload.json(new Value.Str(String.join(" ", words))));
    this.plan = children(TestApps.durable());
    this.engine = newEngine();
  }

  static AppPlan children(ActorPlan actor) {
    return TestApps.app(
        List.of(
            TestApps.child("a", "actor", actor),
            TestApps.child("b", "actor", actor),
            TestApps.child("c", "actor", actor)));
  }

  /** Actors that come with their first message. */
  static AppPlan onDemand(ActorPlan actor) {
    return TestApps.app(TestApps.APP, 5, List.of(), Map.of("actor", actor));
  }

  static ActorPlan with(ActorPlan.Delivery delivery) {
    ActorPlan d = TestApps.durable();
    return new ActorPlan(
        d.restart(),
        d.shutdownTimeout(),
        d.backoff(),
        d.mailbox(),
        JournalOptions.DEFAULT,
        null,
        false,
        delivery,
        List.of());
  }

  /** Runs, and says so, until it is over. */
  static Handler holding(CountDownLatch running, AtomicBoolean over) {
    return (c, words, p) -> {
      running.countDown();
      while (!over.get()) {
        var _ = c.call("sleep", Frame.of(Value.Obj.builder().put("ms", 1).build()));
      }
      return Payload.NULL;
    };
  }

  Durables plan(AppPlan p) {
    plan = p;
    return this;
  }

  Durables budget(MemoryBudget b) {
    budget = b;
    engine = newEngine();
    return this;
  }

  /** Names that start with {@code get} are queries. */
  Durables on(String op, Handler h) {
    handlers.put(op, h);
    operations.add(op);
    return this;
  }

  private ActorEngine newEngine() {
    return ActorEngine.builder()
        .workers(2)
        .journals(journals)
        .memoryBudget(budget)
        .telemetry(
            new Telemetry() {
              @Override
              public void deadLetter(io.plexspaces.api.ActorId actor, String reason) {
                deadLetters.add(actor.address() + ": " + reason);
              }
            })
        .build();
  }

  Durables start() {
    NativeModule module =
        NativeModule.builder()
            .type("actor", Actor::new, operations.stream().distinct().toArray(String[]::new))
            .build();
    engine.start(plan, module);
    return this;
  }

  /**
   * As {@code kill -9} and another start.
   *
   * @param withTicks whether it was written down what receivers have
   */
  void killAndRestart(boolean withTicks) {
    MemoryJournals image = journals.image(withTicks);
    kill();
    journals = image;
    engine = newEngine();
    start();
  }

  /** Nothing that the old engine still does reaches what the new one has. */
  private void kill() {
    journals.full(true);
    journals.fail();
    killed.add(engine);
  }

  void restart() {
    engine.close();
    engine = newEngine();
    start();
  }

  final class Actor implements NativeActor {
    private List<String> words = new CopyOnWriteArrayList<>();

    @Override
    public Payload handle(NativeContext c, String op, Payload p) {
      String address = c.actorId();
      String key = address.substring(address.lastIndexOf('/') + 1) + "." + op;
      ran.computeIfAbsent(key, k -> new AtomicInteger()).incrementAndGet();
      Handler h = handlers.get(op);
      if (h == null) {
        throw new IllegalStateException(op);
      }
      return h.handle(c, words, p);
    }

    @Override
    public Payload snapshot() {
      return Payload.json(new Value.Arr(words.stream().<Value>map(Value.Str::new).toList()));
    }

    @Override
    public void restore(Payload state) {
      words =
          new CopyOnWriteArrayList<>(
              ((Value.Arr) state.value())
                  .items().stream().map(v -> ((Value.Str) v).value()).toList());
    }
  }

  static Payload word(String s) {
    return Payload.json(new Value.Str(s));
  }

  static String text(Payload p) {
    return p.value() instanceof Value.Str s ? s.value() : p.text();
  }

  int ran(String what) {
    AtomicInteger n = ran.get(what);
    return n == null ? 0 : n.get();
  }

  String ask(String key, String op, String word) {
    return ask(key, op, word, null);
  }

  String ask(String key, String op, String word, @Nullable String idempotencyKey) {
    return text(engine.ask(context(), id("actor/" + key), op, word(word), idempotencyKey));
  }

  MessageId send(String key, String op, String word, @Nullable String idempotencyKey) {
    return engine.send(context(), id("actor/" + key), op, word(word), idempotencyKey);
  }

  /** The words that an actor has. */
  String words(String key) {
    return ask(key, "getAll", "");
  }

  List<TurnRecord> turns(String key) {
    return journals.turns(id("actor/" + key));
  }

  List<String> kinds(String key) {
    return turns(key).stream().map(TurnRecord::kind).toList();
  }

  boolean settled(String key) {
    return journals.pending(id("actor/" + key)).isEmpty();
  }

  static void awaitTrue(BooleanSupplier condition) throws InterruptedException {
    while (!condition.getAsBoolean()) {
      TimeUnit.MILLISECONDS.sleep(1);
    }
  }

  static String reason(HostException e) {
    return e.error().details() instanceof Value.Obj o ? o.string("reason", "") : "";
  }

  @Override
  public void close() {
    journals.release();
    engine.close();
    killed.forEach(ActorEngine::close);
  }
}
