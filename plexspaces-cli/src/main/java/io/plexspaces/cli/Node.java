package io.plexspaces.cli;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.guest.GuestEngine;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.api.journal.SpaceStore;
import io.plexspaces.api.store.AppStore;
import io.plexspaces.api.upkeep.Upkeep;
import io.plexspaces.deployer.AppConfigReader;
import io.plexspaces.deployer.AppDeployer;
import io.plexspaces.engine.ActorEngine;
import io.plexspaces.engine.AppStatus.AppState;
import io.plexspaces.engine.Engine;
import io.plexspaces.engine.plan.AppPlan;
import io.plexspaces.engine.plan.LimitsPlan;
import io.plexspaces.gateway.Gateway;
import io.plexspaces.gateway.GatewayConfig;
import io.plexspaces.gateway.MicrometerTelemetry;
import io.plexspaces.store.DataDirectory;
import io.plexspaces.store.NodeLog;
import io.plexspaces.store.SqliteAppStore;
import io.plexspaces.store.SqliteJournalStore;
import io.plexspaces.store.SqliteSpaceStore;
import io.plexspaces.store.StoreBackups;
import io.plexspaces.store.StoreOptions;
import io.plexspaces.store.StoreUpkeep;
import io.plexspaces.store.log.LogOptions;
import io.plexspaces.tuplespace.TupleSpaceOperations;
import io.plexspaces.tuplespace.TupleSpaces;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A whole node in this process: the one place that knows every room and puts them together. Start
 * it on a platform thread; several may run in one process, each with a data directory of its own.
 */
public final class Node implements AutoCloseable {
  private static final Logger LOG = System.getLogger(Node.class.getName());
  private static final Duration REQUEST_DRAIN = Duration.ofSeconds(10);

  /** What to close, in reverse order of making. */
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();

  private final NodeConfig config;
  private Path dataDirectory = Path.of("");
  private int port;
  private int runningApps;
  private int failedApps;

  private Node(NodeConfig config) {
    this.config = config;
  }

  /**
   * Starts a node and resumes its apps; when it returns, the node takes requests. An app that
   * cannot be resumed is marked failed and keeps nobody else from starting.
   *
   * @throws HostException what keeps the node from starting, naming the setting or the file; then
   *     nothing of it is left running
   */
  public static Node start(NodeConfig config) {
    Node node = new Node(config);
    boolean started = false;
    try {
      node.open();
      started = true;
      return node;
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new HostException(ErrorCode.FAILED_PRECONDITION, String.valueOf(e.getMessage()), e);
    } finally {
      if (!started) {
        node.closeQuietly();
      }
    }
  }

  private void open() {
    DataDirectory data = keep(DataDirectory.open(config.dataDirectory()));
    dataDirectory = data.root();
    // SQLite's library and the metrics take about as long to load as everything else.
    try (ExecutorService loading = Executors.newThreadPerTaskExecutor(Thread::new)) {
      CompletableFuture<MicrometerTelemetry> metrics =
          CompletableFuture.supplyAsync(() -> new MicrometerTelemetry(config.id()), loading);
      CompletableFuture<AppStore> apps =
          CompletableFuture.supplyAsync(() -> new SqliteAppStore(data), loading);
      MemoryBudget budget = new MemoryBudget(config.memoryBudget());
      CompletableFuture<List<GuestEngine>> guests =
          CompletableFuture.supplyAsync(() -> Guests.engines(data.moduleCache(), budget), loading);
      assemble(data, budget, keep(join(apps)), keep(join(metrics)), join(guests));
    }
  }

  private void assemble(
      DataDirectory data,
      MemoryBudget budget,
      AppStore apps,
      MicrometerTelemetry metrics,
      List<GuestEngine> guests) {
    guests.forEach(this::keep);
    PolyglotGuests others = keep(new PolyglotGuests(budget));
    List<GuestEngine> polyglot = others.engines();
    polyglot.forEach(this::keep);
    InstantSource clock = InstantSource.system();
    SecureRandom random = new SecureRandom();
    NodeLog log = keep(new NodeLog(data, LogOptions.DEFAULT, clock));
    SqliteJournalStore journals =
        keep(new SqliteJournalStore(data, log, StoreOptions.DEFAULT, metrics, clock));
    SqliteSpaceStore tuples = keep(new SqliteSpaceStore(data, log, StoreOptions.DEFAULT, clock));
    log.start();
    TupleSpaces spaces =
        new TupleSpaces(metrics, System::nanoTime, random, TupleSpaces.DEFAULT_MAX_BYTES);
    ActorEngine engine =
        ActorEngine.builder()
            .operations(new TupleSpaceOperations(spaces).operations())
            .journals(journals)
            .spaces(tuples)
            .telemetry(metrics)
            .clock(clock)
            .random(random)
            .memoryBudget(budget)
            .build();
    // Closed after the engine: an app that drains still needs its module.
    AppDeployer deployer =
        keep(
            AppDeployer.builder(engine, apps, journals)
                .guests(guests)
                .polyglot(polyglot, config.polyglotTenants()::contains)
                .spaces(tuples)
                .whenStarting(plan -> openSpaces(plan, spaces, tuples, clock))
                .whenGone(spaces::remove)
                .defaults(
                    new AppConfigReader.Defaults(LimitsPlan.DEFAULT, config.idempotencyRetention()))
                .telemetry(metrics)
                .clock(clock)
                .build());
    keep(engine);
    metrics.observe(engine, spaces::size);
    deployer.resume();
    count(engine, apps);
    StoreUpkeep upkeep = keep(StoreUpkeep.of(data, journals));
    StoreBackups backups =
        keep(
            new StoreBackups(
                data, log, config.backupDirectory(), config.id(), Build.version(), clock));
    Gateway gateway =
        keep(
            Gateway.start(
                new GatewayConfig(
                    config.bind(),
                    config.port(),
                    config.auth(),
                    GatewayConfig.Limits.DEFAULT,
                    REQUEST_DRAIN),
                engine,
                deployer,
                new Upkeep(upkeep, upkeep, backups),
                metrics,
                () -> true));
    port = gateway.port();
    try {
      NodeFile.ofThisProcess(url()).write(dataDirectory);
    } catch (IOException e) {
      throw new HostException(
          ErrorCode.UNAVAILABLE, "cannot write node.json in " + dataDirectory + ": " + e, e);
    }
    keep(() -> NodeFile.delete(dataDirectory));
  }

  /**
   * A durable space is loaded while the app starts. One that cannot be used keeps nobody from
   * starting: its operations answer with the reason.
   */
  private static void openSpaces(
      AppPlan plan, TupleSpaces spaces, SpaceStore store, InstantSource clock) {
    if (!plan.durableSpaces().contains(AppPlan.DEFAULT_SPACE)) {
      spaces.inMemory(plan.app());
      return;
    }
    spaces.durable(plan.app(), store, clock);
    Thread.ofVirtual()
        .name("load-space")
        .start(() -> {
          try {
            spaces.load(plan.app());
          } catch (HostException e) {
            boolean passing = e.code() == ErrorCode.UNAVAILABLE; // the next operation tries again
            LOG.log(
                passing ? Level.DEBUG : Level.ERROR,
                "the tuples of app "
                    + plan.app()
                    + " could not be loaded, so its tuple operations answer "
                    + e.code()
                    + ": "
                    + e.error().message());
          }
        });
  }

  private void count(Engine engine, AppStore apps) {
    runningApps =
        Math.toIntExact(engine.apps().stream().filter(a -> a.state() == AppState.RUNNING).count());
    long wanted = apps.apps().stream().filter(AppStore.AppRecord::wantsToRun).count();
    failedApps = Math.toIntExact(wanted) - runningApps;
  }

  private <T extends AutoCloseable> T keep(T part) {
    parts.push(part);
    return part;
  }

  private static <T> T join(CompletableFuture<T> f) {
    try {
      return f.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException r) {
        throw r;
      }
      throw e;
    }
  }

  /** The port that is listened on. */
  public int port() {
    return port;
  }

  /** {@code http://host:port}. */
  public String url() {
    String host = config.bind().contains(":") ? "[" + config.bind() + "]" : config.bind();
    return "http://" + host + ":" + port;
  }

  /** Where its files are, links resolved. */
  public Path dataDirectory() {
    return dataDirectory;
  }

  /** How many apps ran when the node was ready. */
  public int runningApps() {
    return runningApps;
  }

  /** How many apps should have run then and did not. */
  public int failedApps() {
    return failedApps;
  }

  /**
   * Stops gracefully: no new requests, apps drained, journals on disk, the directory unlocked.
   * Blocking; may take as long as the apps' shutdown timeouts. Idempotent.
   *
   * @throws IllegalStateException if a part did not close; all the others did
   */
  @Override
  public void close() {
    RuntimeException failure = null;
    while (!parts.isEmpty()) {
      AutoCloseable part = parts.pop();
      try {
        part.close();
      } catch (Exception e) {
        LOG.log(Level.WARNING, "could not close " + part.getClass().getSimpleName(), e);
        if (failure == null) {
          failure = new IllegalStateException("a part of the node did not close: " + e, e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private void closeQuietly() {
    try {
      close();
    } catch (IllegalStateException e) {
      LOG.log(Level.DEBUG, "closing what had been started", e);
    }
  }

  /** One line for each log record instead of two, unless the user chose a form. */
  static void logInLines() {
    String property = "java.util.logging.SimpleFormatter.format";
    if (System.getProperty(property) == null) {
      System.setProperty(property, "%1$tFT%1$tT.%1$tL %4$s %3$s %5$s%6$s%n");
    }
  }
}
