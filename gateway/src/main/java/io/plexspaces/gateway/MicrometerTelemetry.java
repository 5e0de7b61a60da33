package io.plexspaces.gateway;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.Telemetry;
import io.plexspaces.engine.ActorStatus;
import io.plexspaces.engine.AppStatus;
import io.plexspaces.engine.Engine;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The node's metrics. What is counted on hot paths is a look-up of a cached meter and an add; what
 * can be asked (mailboxes, actors, tuples) is asked when the page is read. At most {@value
 * #MAX_APPS} apps and {@value AppSeries#MAX_NAMES} types of each have series of their own, the rest
 * are counted under {@value #OTHER}. Thread-safe.
 */
public final class MicrometerTelemetry implements Telemetry, AutoCloseable {
  public static final String CONTENT_TYPE = MetricsPage.CONTENT_TYPE;
  static final int MAX_APPS = 200;

  /** Stands for the tenants, apps and types without series of their own; cannot be a name. */
  static final String OTHER = "_other";

  /** Stands for the tenant of a request that names none; cannot be a name. */
  static final String NO_TENANT = "_none";

  static final int MAX_HTTP_SERIES = 5_000;

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final ConcurrentHashMap<AppId, AppSeries> apps = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<HttpKey, Counter> http = new ConcurrentHashMap<>();
  private final AppSeries overflow;
  private final ReentrantLock reading = new ReentrantLock();
  private final MultiGauge mailboxes;
  private final MultiGauge actors;
  private final MultiGauge tuples;
  private volatile @Nullable Sources sources;
  private @Nullable JvmGcMetrics gc;

  private record Sources(Engine engine, ToLongFunction<AppId> tuples) {}

  private record HttpKey(String method, String route, int status, String tenant) {}

  private record Labels(String tenant, String app, String state) implements Comparable<Labels> {
    @Override
    public int compareTo(Labels o) {
      int c = tenant.compareTo(o.tenant);
      c = c != 0 ? c : app.compareTo(o.app);
      return c != 0 ? c : state.compareTo(o.state);
    }
  }

  /**
   * @param node the node's id, on every series
   */
  public MicrometerTelemetry(String node) {
    registry
        .config()
        .commonTags("node", node)
        // in nanoseconds, against the rule of base units; process_cpu_usage stays
        .meterFilter(MeterFilter.denyNameStartsWith("process.cpu.time"))
        // a gauge whose name ends as a histogram's count does
        .meterFilter(MeterFilter.denyNameStartsWith("system.cpu.count"));
    overflow = new AppSeries(registry, OTHER, OTHER, 0);
    mailboxes =
        MultiGauge.builder("plexspaces.mailbox.depth")
            .description("Messages queued in the mailboxes of an app.")
            .register(registry);
    actors =
        MultiGauge.builder("plexspaces.actors")
            .description("Actors in memory, by what they are doing.")
            .register(registry);
    tuples =
        MultiGauge.builder("plexspaces.ts.tuples")
            .description("Tuples in the spaces of an app.")
            .register(registry);
  }

  /**
   * Tells what the gauges ask. Until then, there are none.
   *
   * @param tupleCount how many tuples an app has
   */
  public void observe(Engine engine, ToLongFunction<AppId> tupleCount) {
    sources = new Sources(engine, tupleCount);
  }

  @Override
  public void message(ActorId actor, String kind, String outcome, long turnNanos) {
    series(actor.app()).type(actor.type()).message(kind, outcome, turnNanos);
  }

  @Override
  public void restarted(ActorId actor) {
    series(actor.app()).type(actor.type()).restarts().increment();
  }

  @Override
  public void deadLetter(ActorId actor, String reason) {
    series(actor.app()).type(actor.type()).deadLetters().increment();
  }

  @Override
  public void journalCommit(ActorId actor, int turns, long nanos) {
    series(actor.app()).journalCommit().record(nanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void tupleOperation(AppId app, String operation) {
    series(app).tupleOperation(operation).increment();
  }

  @Override
  public void appRemoved(AppId app) {
    AppSeries s = apps.remove(app);
    if (s != null) {
      s.remove();
    }
  }

  /** A request was answered, or its client left (499). */
  void http(String method, String route, int status, String tenant) {
    HttpKey key = new HttpKey(method, route, status, tenant);
    Counter counter = http.get(key);
    if (counter == null) {
      // Only series that are not there yet are refused, so those that are go on counting.
      boolean own = http.size() < MAX_HTTP_SERIES;
      counter =
          http.computeIfAbsent(
              own ? key : new HttpKey(method, route, status, OTHER), this::httpCounter);
    }
    counter.increment();
  }

  private Counter httpCounter(HttpKey k) {
    return Counter.builder("plexspaces.http.requests")
        .description("Requests, by route and status; 499 for clients that left.")
        .tags("method", k.method(), "route", k.route())
        .tags("status", Integer.toString(k.status()), "tenant", k.tenant())
        .register(registry);
  }

  /** All series as Prometheus text. */
  public byte[] scrapeAll() {
    refresh();
    return MetricsPage.write(registry.getPrometheusRegistry().scrape(), null);
  }

  /** The series that carry the tenant's label. */
  public byte[] scrape(String tenant) {
    refresh();
    return MetricsPage.write(registry.getPrometheusRegistry().scrape(), tenant);
  }

  @Override
  public void close() {
    reading.lock();
    try {
      if (gc != null) {
        gc.close();
      }
    } finally {
      reading.unlock();
    }
    registry.close();
  }

  private AppSeries series(AppId app) {
    AppSeries s = apps.get(app);
    if (s != null) {
      return s;
    }
    if (apps.size() >= MAX_APPS) {
      return overflow;
    }
    return apps.computeIfAbsent(
        app, a -> new AppSeries(registry, a.tenant(), a.name(), AppSeries.MAX_NAMES));
  }

  /** At the first reading: the platform's beans would cost the node's start a good part of it. */
  private void bindJvm() {
    if (gc != null) {
      return;
    }
    gc = new JvmGcMetrics();
    gc.bindTo(registry);
    new ClassLoaderMetrics().bindTo(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
  }

  private void refresh() {
    Sources from = sources;
    reading.lock();
    try {
      bindJvm();
      if (from == null) {
        return;
      }
      List<AppStatus> running = from.engine().apps();
      Set<AppId> there = new HashSet<>();
      Map<Labels, Double> depths = new TreeMap<>();
      Map<Labels, Double> states = new TreeMap<>();
      Map<Labels, Double> tupleCounts = new TreeMap<>();
      for (AppStatus app : running) {
        AppId id = app.app();
        boolean own = there.size() < MAX_APPS;
        there.add(id);
        Labels labels = own ? new Labels(id.tenant(), id.name(), "") : new Labels(OTHER, OTHER, "");
        depths.merge(labels, (double) app.mailboxDepth(), Double::sum);
        tupleCounts.merge(labels, (double) from.tuples().applyAsLong(id), Double::sum);
        for (ActorStatus a : from.engine().actors(id)) {
          String state = a.state().name().toLowerCase(Locale.ROOT);
          states.merge(new Labels(labels.tenant(), labels.app(), state), 1.0, Double::sum);
        }
      }
      mailboxes.register(rows(depths, false), true);
      tuples.register(rows(tupleCounts, false), true);
      actors.register(rows(states, true), true);
      // An event that came after its app's removal has brought the series back.
      for (AppId id : apps.keySet()) {
        if (!there.contains(id)) {
          appRemoved(id);
        }
      }
    } finally {
      reading.unlock();
    }
  }

  private static List<Row<?>> rows(Map<Labels, Double> values, boolean withState) {
    return values.entrySet().stream()
        .<Row<?>>map(e -> {
          Tags tags = Tags.of("tenant", e.getKey().tenant(), "app", e.getKey().app());
          ToDoubleFunction<Double> value = Double::doubleValue;
          return Row.of(
              withState ? tags.and("state", e.getKey().state()) : tags, e.getValue(), value);
        })
        .toList();
  }
}
