package io.plexspaces.deployer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.RequestContext;
import io.plexspaces.api.Role;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.GuestEngine;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.engine.ActorEngine;
import io.plexspaces.engine.AppStatus.AppState;
import io.plexspaces.engine.NativeModule;
import io.plexspaces.engine.NativeModule.NativeActor;
import io.plexspaces.engine.NativeModule.NativeContext;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The deployer with the real engine and guests in Java. */
class DeployedAppsTest {
  private static final Duration DRAIN = Duration.ofSeconds(5);
  private static final AppId A = new AppId("default", "a");
  private static final AppId B = new AppId("default", "b");
  private static final byte[] ARTIFACT = "native".getBytes(UTF_8);
  private static final String CONFIG =
      """
      [supervisor]
      max_restarts = 1
      [[supervisor.children]]
      id = "one"
      type = "counter"
      backoff = { min_ms = 0, max_ms = 1 }
      args = { start = 40 }
      """;

  /** Counts from the argument {@code start} on; refuses a negative one. */
  private static final class Counter implements NativeActor {
    private long n;

    @Override
    public void init(NativeContext context, Value.Obj config) {
      n = config.object("args").integer("start", 0);
      if (n < 0) {
        throw new HostException(ErrorCode.FAILED_PRECONDITION, "cannot start at " + n);
      }
    }

    @Override
    public Payload handle(NativeContext context, String op, Payload payload) {
      if (op.equals("crash")) {
        throw new IllegalStateException("crashed on request");
      }
      return Payload.json(new Value.Int(++n));
    }
  }

  private static final class NativeGuests implements GuestEngine {
    @Override
    public String name() {
      return "native";
    }

    @Override
    public boolean accepts(byte[] artifact) {
      return new String(artifact, UTF_8).equals("native");
    }

    @Override
    public GuestModule load(byte[] artifact, GuestLimits limits) {
      return NativeModule.builder().type("counter", Counter::new, "increment", "crash").build();
    }

    @Override
    public void close() {}
  }

  private final FakeStores stores = new FakeStores(new Steps());
  private ActorEngine engine = ActorEngine.builder().build();
  private AppDeployer deployer = deployer();

  private AppDeployer deployer() {
    return AppDeployer.builder(engine, stores.apps, stores.journals)
        .guests(List.of(new NativeGuests()))
        .build();
  }

  @AfterEach
  void closeTheNode() {
    engine.close();
    deployer.close();
  }

  private AppInfo deploy(AppId app) {
    return deployer.deploy(app.tenant(), app.name(), null, ARTIFACT, CONFIG);
  }

  private String ask(AppId app, String op) {
    RequestContext context =
        new RequestContext(
            "default",
            "tester",
            Set.of(Role.INVOKER),
            System.nanoTime() + Duration.ofSeconds(10).toNanos(),
            "trace");
    return engine
        .ask(context, new ActorId(app, "counter", "one"), op, Payload.EMPTY_OBJECT, null)
        .text();
  }

  @Test
  void appsOfOneArtifactShareNothing() {
    assertThat(deploy(A).actors()).isEqualTo(1);
    deploy(B);
    assertThat(ask(A, "increment")).isEqualTo("41");
    assertThat(ask(A, "increment")).isEqualTo("42");
    assertThat(ask(B, "increment")).isEqualTo("41");
  }

  @Test
  void undeployingOneUnderLoadLeavesTheOthersAnswersUninterrupted() throws Exception {
    deploy(A);
    deploy(B);
    AtomicBoolean done = new AtomicBoolean();
    CountDownLatch warm = new CountDownLatch(2);
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Long> survivor =
          clients.submit(() -> {
            long last = 40;
            while (!done.get()) {
              assertThat(ask(B, "increment")).isEqualTo(Long.toString(++last));
              warm.countDown();
            }
            return last;
          });
      Future<HostException> leaver =
          clients.submit(() -> {
            while (true) {
              try {
                ask(A, "increment");
                warm.countDown();
              } catch (HostException e) {
                return e;
              }
            }
          });
      warm.await();
      deployer.undeploy(A, DRAIN, false);
      assertThat(leaver.get().code()).isIn(ErrorCode.NOT_FOUND, ErrorCode.UNAVAILABLE);
      done.set(true);
      assertThat(survivor.get()).isGreaterThan(40);
    }
    assertThat(engine.app(A)).isEmpty();
    assertThatThrownBy(() -> ask(A, "increment")).hasMessageContaining("there is no app \"a\"");
    assertThat(stores.apps.records).containsOnlyKeys(B);
  }

  @Test
  void aChildThatDoesNotInitRefusesTheDeployByName() {
    String config = CONFIG.replace("40", "-1");
    assertThatThrownBy(() -> deployer.deploy("default", "a", null, ARTIFACT, config))
        .hasMessageContaining("one")
        .hasMessageContaining("cannot start at -1");
    assertThat(engine.apps()).isEmpty();
    assertThat(stores.apps.records).isEmpty();
    assertThat(deployer.apps("default")).isEmpty();
    assertThat(deploy(A).state()).isEqualTo(AppState.RUNNING);
  }

  @Test
  void aStoppedAppAnswersAgainAfterItsStart() {
    deploy(A);
    assertThat(deployer.stop(A, DRAIN).state()).isEqualTo(AppState.STOPPED);
    assertThatThrownBy(() -> ask(A, "increment")).isInstanceOf(HostException.class);
    assertThat(deployer.start(A).state()).isEqualTo(AppState.RUNNING);
    assertThat(ask(A, "increment")).isEqualTo("41");
    assertThat(deployer.restart(A, DRAIN).state()).isEqualTo(AppState.RUNNING);
    assertThat(ask(A, "increment")).isEqualTo("41");
  }

  @Test
  void anAppThatGaveUpSaysWhyAndCanBeStarted() {
    deploy(A);
    long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (deployer.app(A).orElseThrow().state() != AppState.FAILED) {
      assertThat(System.nanoTime()).as("the app does not give up").isLessThan(deadline);
      try {
        ask(A, "crash");
      } catch (HostException e) {
        Thread.onSpinWait(); // the crash's reply, or the app is failed already
      }
    }
    assertThat(deployer.app(A).orElseThrow().failure()).contains("one");
    assertThat(deployer.start(A).failure()).isNull();
    assertThat(ask(A, "increment")).isEqualTo("41");
  }

  @Test
  void appsAnswerAgainAfterTheNodesRestart() {
    deploy(A);
    deploy(B);
    deployer.stop(B, DRAIN);
    engine.close();
    deployer.close();

    engine = ActorEngine.builder().build();
    deployer = deployer();
    deployer.resume();
    assertThat(ask(A, "increment")).isEqualTo("41");
    assertThat(deployer.app(B).orElseThrow().state()).isEqualTo(AppState.STOPPED);
  }
}
