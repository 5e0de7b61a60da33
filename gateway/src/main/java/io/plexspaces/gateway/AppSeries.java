package io.plexspaces.gateway;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;

/** The meters of one app, made when first needed and removed together. Thread-safe. */
final class AppSeries {
  /** Own series of types, and of tuple operations, an app may have. */
  static final int MAX_NAMES = 50;

  private static final List<String> KINDS = List.of("ask", "send", "state", "other");
  private static final List<String> OUTCOMES =
      List.of("ok", "business", "error", "crashed", "expired", "rejected", "other");
  private static final Duration[] TURN_BUCKETS =
      micros(
          100,
          500,
          1_000,
          5_000,
          10_000,
          50_000,
          100_000,
          500_000,
          1_000_000,
          5_000_000,
          30_000_000);
  private static final Duration[] COMMIT_BUCKETS =
      micros(100, 250, 500, 1_000, 2_500, 5_000, 10_000, 50_000, 100_000, 500_000, 1_000_000);

  private final MeterRegistry registry;
  private final Tags tags;
  private final int maxNames;
  private final ConcurrentHashMap<String, TypeSeries> types = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<String, Counter> tupleOperations = new ConcurrentHashMap<>();
  private final Queue<Meter> meters = new ConcurrentLinkedQueue<>();
  private volatile boolean removed;
  private final Lazy<JournalSeries> journal = new Lazy<>(JournalSeries::new);

  /**
   * @param maxNames how many types, and tuple operations, have series of their own
   */
  AppSeries(MeterRegistry registry, String tenant, String app, int maxNames) {
    this.maxNames = maxNames;
    this.registry = registry;
    this.tags = Tags.of("tenant", tenant, "app", app);
  }

  TypeSeries type(String type) {
    return capped(types, type, TypeSeries::new);
  }

  Counter tupleOperation(String operation) {
    return capped(
        tupleOperations,
        operation,
        op ->
            kept(
                Counter.builder("plexspaces.ts.ops")
                    .description("Tuple space operations.")
                    .tags(tags.and("op", op))
                    .register(registry)));
  }

  JournalSeries journalCommit() {
    return journal.get();
  }

  void remove() {
    removed = true;
    meters.forEach(registry::remove);
  }

  private <T> T capped(
      ConcurrentHashMap<String, T> map, String name, java.util.function.Function<String, T> make) {
    T found = map.get(name);
    if (found != null) {
      return found;
    }
    return map.computeIfAbsent(map.size() < maxNames ? name : MicrometerTelemetry.OTHER, make);
  }

  private <M extends Meter> M kept(M meter) {
    meters.add(meter);
    // Made while the app is being removed: remove() may have passed by already.
    if (removed) {
      registry.remove(meter);
    }
    return meter;
  }

  private Counter counter(String name, String description, Tags all) {
    return kept(Counter.builder(name).description(description).tags(all).register(registry));
  }

  private Timer timer(String name, String description, Tags all, Duration[] buckets) {
    return kept(
        Timer.builder(name)
            .description(description)
            .tags(all)
            .serviceLevelObjectives(buckets)
            .register(registry));
  }

  private static Duration[] micros(long... us) {
    Duration[] out = new Duration[us.length];
    for (int i = 0; i < us.length; i++) {
      out[i] = Duration.ofNanos(us[i] * 1_000);
    }
    return out;
  }

  /** Commits of an app's journals. */
  final class JournalSeries {
    private final Counter commits =
        counter("plexspaces.journal.commits", "Journal commits that became durable.", tags);
    private final Timer seconds =
        timer("plexspaces.journal.commit", "How long journal commits took.", tags, COMMIT_BUCKETS);

    void record(long amount, TimeUnit unit) {
      commits.increment();
      seconds.record(amount, unit);
    }
  }

  /** The meters of one actor type. */
  final class TypeSeries {
    private final Tags typeTags;
    private final AtomicReferenceArray<Counter> messages =
        new AtomicReferenceArray<>(KINDS.size() * OUTCOMES.size());
    private final Lazy<Timer> turns;
    private final Lazy<Counter> restarts;
    private final Lazy<Counter> deadLetters;

    TypeSeries(String type) {
      typeTags = tags.and("type", type);
      turns =
          new Lazy<>(() ->
              timer("plexspaces.turn", "How long turns of actors ran.", typeTags, TURN_BUCKETS));
      restarts =
          new Lazy<>(() ->
              counter("plexspaces.restarts", "Actors restarted by their supervisor.", typeTags));
      deadLetters =
          new Lazy<>(
              () -> counter("plexspaces.dead.letters", "Messages nobody could handle.", typeTags));
    }

    void message(String kind, String outcome, long turnNanos) {
      int k = index(KINDS, kind);
      int o = index(OUTCOMES, outcome);
      int at = k * OUTCOMES.size() + o;
      Counter c = messages.get(at);
      if (c == null) {
        c =
            counter(
                "plexspaces.messages",
                "Messages handled, by kind and outcome.",
                typeTags.and("kind", KINDS.get(k), "outcome", OUTCOMES.get(o)));
        messages.set(at, c);
      }
      c.increment();
      if (turnNanos > 0) {
        turns.get().record(turnNanos, TimeUnit.NANOSECONDS);
      }
    }

    Counter restarts() {
      return restarts.get();
    }

    Counter deadLetters() {
      return deadLetters.get();
    }

    private static int index(List<String> names, String name) {
      int i = names.indexOf(name);
      return i < 0 ? names.size() - 1 : i;
    }
  }

  /** Makes a value at its first use; may make it twice, so making must be idempotent. */
  private static final class Lazy<T> {
    private final Supplier<T> make;
    private volatile @org.jspecify.annotations.Nullable T value;

    Lazy(Supplier<T> make) {
      this.make = make;
    }

    T get() {
      T v = value;
      if (v == null) {
        v = make.get();
        value = v;
      }
      return v;
    }
  }
}
