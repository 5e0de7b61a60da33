package io.plexspaces.gateway;

import static java.util.Objects.requireNonNull;

import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.upkeep.Upkeep;
import io.plexspaces.deployer.Deployer;
import io.plexspaces.engine.Engine;
import io.vertx.core.Context;
import io.vertx.core.Deployable;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

/**
 * The node's HTTP server. Event loops only move bytes; each request runs on a virtual thread of its
 * own and its handler may block. Thread-safe.
 */
public final class Gateway implements AutoCloseable {
  private static final Logger LOG = System.getLogger(Gateway.class.getName());
  private static final Duration STARTING = Duration.ofSeconds(20);
  private static final Duration CLOSING = Duration.ofSeconds(10);

  private static final int FREE_PORT_ATTEMPTS = 10;

  private final GatewayConfig config;
  private final MicrometerTelemetry metrics;
  private final Vertx vertx;
  private final Pipeline pipeline;
  private final HeapBudget bodies;
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("http-", 0).factory());
  private final Map<HttpConnection, Connection> connections = new ConcurrentHashMap<>();
  private final Set<EventStream> streams = ConcurrentHashMap.newKeySet();
  private final InFlight inFlight;
  private final CountDownLatch drained = new CountDownLatch(1);
  private volatile boolean stopping;
  private volatile int port;

  private Gateway(
      GatewayConfig config,
      Engine engine,
      Deployer deployer,
      Upkeep upkeep,
      MicrometerTelemetry metrics,
      BooleanSupplier ready) {
    this.config = config;
    this.metrics = metrics;
    this.bodies = new HeapBudget(config.limits().bodiesInFlight());
    Authenticator authenticator =
        switch (config.auth()) {
          case AuthConfig.None n -> new LoopbackAuthenticator(() -> port);
          case AuthConfig.Jwt j ->
              new JwtAuthenticator(j, InstantSource.system(), System::nanoTime);
        };
    this.inFlight = new InFlight(config.limits());
    this.pipeline =
        new Pipeline(
            table(engine, deployer, upkeep, metrics, () -> !stopping && ready.getAsBoolean()),
            authenticator,
            config.limits(),
            inFlight,
            () -> stopping);
    this.vertx =
        Vertx.vertx(
            new VertxOptions()
                .setEventLoopPoolSize(Runtime.getRuntime().availableProcessors())
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(1)
                .setUseDaemonThread(true)
                .setFileSystemOptions(
                    new FileSystemOptions()
                        .setFileCachingEnabled(false)
                        .setClassPathResolvingEnabled(false)));
  }

  /**
   * Starts to listen.
   *
   * @param ready whether the node takes requests, for {@code /health/ready}
   * @throws IllegalArgumentException if the configuration is refused: no authentication on an
   *     address that others can reach, an unknown host, a key file that cannot be used
   * @throws IllegalStateException if the port cannot be bound
   */
  public static Gateway start(
      GatewayConfig config,
      Engine engine,
      Deployer deployer,
      Upkeep upkeep,
      MicrometerTelemetry metrics,
      BooleanSupplier ready) {
    InetAddress address = address(config);
    Gateway g = new Gateway(config, engine, deployer, upkeep, metrics, ready);
    try {
      g.listen(address);
    } catch (RuntimeException e) {
      g.close();
      throw e;
    }
    return g;
  }

  /** The port that is listened on. */
  public int port() {
    return port;
  }

  /** The whole table of routes of a node. */
  static Routes table(
      Engine engine,
      Deployer deployer,
      Upkeep upkeep,
      MicrometerTelemetry metrics,
      BooleanSupplier ready) {
    List<Route> all = new ArrayList<>();
    all.addAll(new AppRoutes(engine, deployer).routes());
    ActorRoutes actors = new ActorRoutes(engine, deployer);
    all.addAll(actors.routes());
    all.addAll(new StreamRoutes(engine, actors).routes());
    all.addAll(new JournalRoutes(upkeep.journals(), engine, actors).routes());
    all.addAll(new UpkeepRoutes(upkeep).routes());
    // The description is written from the table that it is part of, when somebody first asks.
    AtomicReference<Routes> whole = new AtomicReference<>();
    all.addAll(
        new NodeRoutes(ready, metrics, () -> OpenApi.document(requireNonNull(whole.get())))
            .routes());
    Routes routes = new Routes(all);
    whole.set(routes);
    return routes;
  }

  private static InetAddress address(GatewayConfig config) {
    try {
      InetAddress a = InetAddress.getByName(config.host());
      if (config.auth() instanceof AuthConfig.None && !a.isLoopbackAddress()) {
        throw new IllegalArgumentException(
            "auth.mode \"none\" is allowed on a loopback address only, node.bind is \""
                + config.host()
                + "\": set auth.mode = \"jwt\" or bind 127.0.0.1");
      }
      return a;
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(
          "node.bind \"" + config.host() + "\" is not a known host", e);
    }
  }

  private void listen(InetAddress address) {
    if (config.port() != 0) {
      listen(address, config.port());
      return;
    }
    // The servers of the event loops can share a port only if they know it: look for one that is
    // free, and again if somebody else was quicker.
    for (int attempt = 1; ; attempt++) {
      try (ServerSocket probe = new ServerSocket(0, 1, address)) {
        port = probe.getLocalPort();
      } catch (IOException e) {
        throw new IllegalStateException("cannot listen on " + config.host() + ": " + e, e);
      }
      try {
        listen(address, port);
        return;
      } catch (IllegalStateException e) {
        if (attempt == FREE_PORT_ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private void listen(InetAddress address, int onPort) {
    HttpServerOptions options =
        new HttpServerOptions()
            .setHost(address.getHostAddress())
            .setPort(onPort)
            .setHttp2ClearTextEnabled(false)
            .setMaxInitialLineLength(config.limits().requestLine())
            .setMaxHeaderSize(config.limits().headers())
            .setAcceptBacklog(1024);
    port = onPort;
    await(
        vertx.deployVerticle(
            () -> new Listener(options),
            new DeploymentOptions().setInstances(Runtime.getRuntime().availableProcessors())),
        STARTING,
        "cannot listen on " + config.host() + ":" + onPort);
  }

  private final class Listener implements Deployable {
    private final HttpServerOptions options;

    Listener(HttpServerOptions options) {
      this.options = options;
    }

    @Override
    public Future<?> deploy(Context context) {
      HttpServer server = vertx.createHttpServer(options);
      server.connectionHandler(Gateway.this::connected);
      server.requestHandler(Gateway.this::received);
      server.invalidRequestHandler(Gateway.this::invalid);
      return server.listen();
    }
  }

  private void connected(HttpConnection http) {
    Connection c = new Connection(vertx, http, config.limits().idle(), System::nanoTime);
    connections.put(http, c);
    http.closeHandler(v -> {
      connections.remove(http);
      c.closed();
    });
  }

  private void received(HttpServerRequest request) {
    HttpExchange x = exchange(request);
    if (!inFlight.begin()) {
      HostError busy =
          HostError.of(ErrorCode.UNAVAILABLE, "the node has too many requests in flight");
      x.write(
          Problems.of(busy),
          true,
          (reply, status) -> done("other", "busy", status, MicrometerTelemetry.NO_TENANT, false));
      return;
    }
    if (x.isAmbiguous()) {
      x.write(
          Problems.of(Refusal.badRequest("the only transfer coding of this node is chunked")),
          true,
          (reply, status) ->
              done("other", "invalid", status, MicrometerTelemetry.NO_TENANT, false));
      return;
    }
    threads.execute(() -> {
      Pipeline.Outcome o = pipeline.serve(x);
      answer(x, o);
    });
  }

  private void answer(HttpExchange x, Pipeline.Outcome o) {
    EventStream events = o.reply().events();
    if (events != null) {
      streams.add(events);
      if (stopping) {
        events.stop();
      }
    }
    try {
      x.reply(
          o.reply(),
          stopping,
          (reply, status) -> done(o.method(), o.route(), status, o.tenant(), o.lasted()));
    } finally {
      if (events != null) {
        streams.remove(events);
      }
    }
  }

  /** What the parser refused. */
  private void invalid(HttpServerRequest request) {
    var _ = inFlight.begin();
    Throwable cause = request.decoderResult().cause();
    int status =
        cause instanceof TooLongHttpLineException
            ? 414
            : cause instanceof TooLongHttpHeaderException ? 431 : 400;
    String message =
        switch (status) {
          case 414 -> "the request line is longer than " + config.limits().requestLine() + " bytes";
          case 431 -> "the headers are longer than " + config.limits().headers() + " bytes";
          default -> "this is not valid HTTP";
        };
    exchange(request)
        .write(
            Problems.of(new Refusal(status, ErrorCode.INVALID_ARGUMENT, message)),
            true,
            (reply, s) -> done("other", "invalid", s, MicrometerTelemetry.NO_TENANT, false));
  }

  private HttpExchange exchange(HttpServerRequest request) {
    Connection c = connections.get(request.connection());
    if (c == null) {
      throw new IllegalStateException("a request on a connection that is not known");
    }
    return new HttpExchange(request, vertx.getOrCreateContext(), c, config.limits(), bodies);
  }

  private void done(String method, String route, int status, String tenant, boolean lasted) {
    metrics.http(method, route, status, tenant);
    if (inFlight.end(tenant, lasted) == 0 && stopping) {
      drained.countDown();
    }
  }

  /**
   * Refuses new requests with 503, ends streams, lets other requests in flight finish for the
   * configured time, then closes all connections. Idempotent.
   */
  @Override
  public void close() {
    stopping = true;
    streams.forEach(EventStream::stop);
    if (inFlight.size() == 0) {
      drained.countDown();
    }
    try {
      if (!drained.await(config.drain().toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.log(
            Level.WARNING,
            "{0} requests were still running after {1}",
            inFlight.size(),
            config.drain());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    connections.values().forEach(Connection::abort);
    await(vertx.close(), CLOSING, "the HTTP server did not close");
    threads.shutdown();
  }

  private static void await(Future<?> future, Duration time, String problem) {
    try {
      future.toCompletionStage().toCompletableFuture().get(time.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      throw new IllegalStateException(
          problem + ": " + (cause == null ? e : cause.getMessage()), cause);
    } catch (TimeoutException e) {
      throw new IllegalStateException(problem + " within " + time, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(problem + ": interrupted", e);
    }
  }
}
