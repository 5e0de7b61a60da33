package io.plexspaces.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.AppId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.engine.ActorEngine;
import io.plexspaces.engine.NativeModule;
import io.plexspaces.engine.NativeModule.NativeActor;
import io.plexspaces.engine.NativeModule.NativeContext;
import io.plexspaces.engine.NativeModule.NativeStream;
import io.plexspaces.engine.plan.ActorPlan;
import io.plexspaces.engine.plan.AppPlan;
import io.plexspaces.engine.plan.AppPlan.SupervisorPlan;
import io.plexspaces.engine.plan.LimitsPlan;
import io.plexspaces.engine.plan.Restart;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** From the client's socket through the gateway to a real actor. */
@Timeout(60)
class StreamBackpressureTest {
  private static final int VALUE_BYTES = 100_000;

  private final MemoryBudget budget = new MemoryBudget(256L << 20);
  private final ActorEngine engine = ActorEngine.builder().memoryBudget(budget).build();
  private final MicrometerTelemetry metrics = new MicrometerTelemetry("n1");
  private final AtomicLong yielded = new AtomicLong();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Gateway gateway =
      Gateway.start(
          GatewayConfig.local(0),
          engine,
          new FakeDeployer(new FakeEngine()),
          new FakeUpkeep().all(),
          metrics,
          () -> true);

  /** Never ends. */
  private final class Source implements NativeActor {
    @Override
    public Payload handle(NativeContext c, String op, Payload p) {
      return p;
    }

    @Override
    public NativeStream stream(NativeContext c, String op, Payload p) {
      return new NativeStream() {
        @Override
        public Optional<Payload> next(NativeContext context) {
          yielded.incrementAndGet();
          return Optional.of(Payload.json("\"" + "x".repeat(VALUE_BYTES) + "\""));
        }

        @Override
        public void close(NativeContext context) {
          closed.countDown();
        }
      };
    }
  }

  @BeforeEach
  void start() {
    engine.start(
        new AppPlan(
            new AppId(AppId.DEFAULT_TENANT, "app"),
            "1",
            new SupervisorPlan("root", Restart.PERMANENT, 5, 60_000, List.of()),
            Map.of("a", ActorPlan.DEFAULT),
            Map.of(),
            LimitsPlan.DEFAULT,
            Map.of()),
        NativeModule.builder().type("a", Source::new, "echo", "allStream").build());
  }

  @AfterEach
  void close() {
    gateway.close();
    engine.close();
    metrics.close();
  }

  private String ask(String body) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      URI uri =
          URI.create("http://127.0.0.1:" + gateway.port() + "/api/v1/actors/app/a/k/ask/echo");
      return client
          .send(
              HttpRequest.newBuilder(uri).POST(BodyPublishers.ofString(body)).build(),
              BodyHandlers.ofString())
          .body();
    }
  }

  @Test
  void aClientThatDoesNotReadStopsTheActorsStreamButNotTheActor() throws Exception {
    try (Socket s = new Socket()) {
      s.setReceiveBufferSize(64 << 10);
      s.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), gateway.port()));
      s.getOutputStream()
          .write(
              ("POST /api/v1/actors/app/a/k/stream/allStream HTTP/1.1\r\nHost: 127.0.0.1:"
                      + gateway.port()
                      + "\r\nContent-Length: 2\r\n\r\n{}")
                  .getBytes(StandardCharsets.US_ASCII));
      long before = -1;
      while (yielded.get() == 0 || yielded.get() != before) {
        before = yielded.get();
        TimeUnit.MILLISECONDS.sleep(200); // long enough for an actor that is not held up
      }
      assertThat(before * VALUE_BYTES).isLessThan(64L << 20); // what the system's sockets hold
      assertThat(budget.used()).isLessThan(1L << 20);
      assertThat(ask("{\"a\":1}")).isEqualTo("{\"a\":1}");
      assertThat(yielded.get() * VALUE_BYTES).isLessThan(64L << 20);
      byte[] some = new byte[1 << 16];
      long held = yielded.get();
      while (yielded.get() < held + 100) {
        assertThat(s.getInputStream().read(some)).isPositive();
      }
    }
    assertThat(closed.await(20, TimeUnit.SECONDS)).isTrue();
    while (budget.used() > 0) {
      TimeUnit.MILLISECONDS.sleep(1);
    }
  }
}
