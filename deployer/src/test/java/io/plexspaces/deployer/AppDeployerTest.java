package io.plexspaces.deployer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Telemetry;
import io.plexspaces.api.Value;
import io.plexspaces.engine.AppStatus.AppState;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AppDeployerTest {
  private static final Duration DRAIN = Duration.ofSeconds(1);
  private static final AppId A = new AppId("default", "a");
  private static final AppId B = new AppId("default", "b");
  private static final byte[] ARTIFACT = FakeGuests.artifact("one");
  private static final String CONFIG =
      """
      name = "a"
      version = "1"
      [limits]
      memory_per_actor = "1MiB"
      [[supervisor.children]]
      id = "one"
      type = "counter"
      """;

  private final Steps steps = new Steps();
  private final FakeStores stores = new FakeStores(steps);
  private final Node node = new Node(steps, stores);
  private final AppDeployer deployer = node.deployer;

  /** A node's life between two starts. */
  private static final class Node {
    final FakeEngine engine;
    final FakeGuests guests;
    final List<AppId> gone = new CopyOnWriteArrayList<>();
    final List<AppId> forgotten = new CopyOnWriteArrayList<>();
    final AppDeployer deployer;

    Node(Steps steps, FakeStores stores) {
      engine = new FakeEngine(steps);
      guests = new FakeGuests(steps);
      deployer =
          AppDeployer.builder(engine, stores.apps, stores.journals)
              .guests(List.of(guests))
              .whenGone(app -> {
                steps.take("clean");
                gone.add(app);
              })
              .telemetry(
                  new Telemetry() {
                    @Override
                    public void appRemoved(AppId app) {
                      forgotten.add(app);
                    }
                  })
              .clock(InstantSource.fixed(Instant.ofEpochMilli(1234)))
              .maxArtifactBytes(1000)
              .build();
    }
  }

  private AppInfo deploy(String name) {
    return deployer.deploy("default", name, null, ARTIFACT, CONFIG);
  }

  private HostException refusal(byte[] artifact, String config) {
    return catchThrowableOfType(
        HostException.class, () -> deployer.deploy("default", null, null, artifact, config));
  }

  private void assertNothingIsLeft() {
    assertThat(node.engine.apps()).isEmpty();
    assertThat(node.guests.open).isEmpty();
    assertThat(stores.apps.records).isEmpty();
    assertThat(stores.apps.artifacts).isEmpty();
    assertThat(deployer.apps("default")).isEmpty();
    assertThat(deployer.app(A)).isEmpty();
  }

  // Deploy.

  @Test
  void deploysRecordsAndListsAnApp() {
    AppInfo info = deploy("a");
    assertThat(steps.taken()).containsExactly("load", "start", "put", "save");
    assertThat(info)
        .isEqualTo(
            new AppInfo(
                A,
                "1",
                AppState.RUNNING,
                null,
                Digests.of(ARTIFACT),
                BadConfigTest.MODULE,
                1,
                0,
                0,
                0,
                1234));
    assertThat(deployer.app(A)).contains(info);
    assertThat(deployer.apps("default")).containsExactly(info);
    assertThat(deployer.apps("other")).isEmpty();
    assertThat(node.guests.limits.getFirst().memoryBytes()).isEqualTo(1 << 20);
  }

  @Test
  void anExistingNameIsRefusedAndGoesOn() {
    deploy("a");
    assertThatThrownBy(() -> deploy("a"))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ALREADY_EXISTS))
        .hasMessageContaining("app \"a\" is deployed already");
    assertThat(deployer.app(A).orElseThrow().state()).isEqualTo(AppState.RUNNING);
    assertThat(steps.count("load")).isEqualTo(1);
  }

  @Test
  void aStoppedAppsNameIsTakenToo() {
    deploy("a");
    deployer.stop(A, DRAIN);
    assertThatThrownBy(() -> deploy("a")).hasMessageContaining("is deployed already");
  }

  @ParameterizedTest
  @ValueSource(strings = {"load", "start", "put", "save"})
  void aDeployThatFailsHalfWayLeavesNothing(String step) {
    steps.failAt(step);
    // Journals that a child's init wrote before the failure.
    steps.before(s -> {
      if (s.equals("start")) {
        stores.journals.actors.add(new ActorId(A, "counter", "one"));
      }
    });
    assertThatThrownBy(() -> deploy("a")).hasMessage("no " + step + " today");
    assertNothingIsLeft();
    assertThat(stores.journals.actors).isEmpty();
    assertThat(node.gone).contains(A);
    assertThat(node.forgotten).containsExactly(A);

    steps.failAt("");
    assertThat(deploy("a").state()).isEqualTo(AppState.RUNNING);
  }

  @Test
  void aFailureWhileCleaningUpDoesNotHideTheFirstOne() {
    steps.before(s -> {
      if (s.equals("remove") || s.equals("clean")) {
        throw new IllegalStateException(s);
      }
    });
    steps.failAt("save");
    assertThatThrownBy(() -> deploy("a")).hasMessage("no save today");
    assertThat(node.engine.apps()).isEmpty();
    assertThat(node.guests.open).isEmpty();
  }

  @Test
  void journalsKeptFromAnEarlierDeploymentSurviveAFailedOne() {
    ActorId old = new ActorId(A, "counter", "one");
    stores.journals.actors.add(old);
    steps.failAt("start");
    assertThatThrownBy(() -> deploy("a")).hasMessage("no start today");
    assertThat(stores.journals.actors).containsExactly(old);
  }

  @Test
  void aNodeThatDiesDuringADeployComesBackWithNoneOrAllOfIt() {
    List<FakeStores> disks = new ArrayList<>();
    steps.before(s -> disks.add(stores.copy(new Steps())));
    deploy("a");
    disks.add(stores.copy(new Steps()));
    List<String> states = new ArrayList<>();
    for (FakeStores disk : disks) {
      Node next = new Node(new Steps(), disk);
      next.deployer.resume();
      states.add(next.deployer.app(A).map(i -> i.state().name()).orElse("none"));
    }
    assertThat(states).containsExactly("none", "none", "none", "none", "RUNNING");
  }

  @Test
  void syntaxErrorsCostNoLoad() {
    HostException e = refusal(ARTIFACT, "name = \n");
    assertThat(e).hasMessageContaining("app-config.toml:1:8:");
    assertThat(steps.taken()).isEmpty();
  }

  @Test
  void errorsThatNeedTheModuleComeWithTheOthersInOneAnswer() {
    String config = CONFIG.replace("\"counter\"", "\"conter\"") + "restrat = \"never\"\n";
    HostException e = refusal(ARTIFACT, config);
    assertThat(((Value.Obj) e.error().details()).array("errors")).hasSize(2);
    assertThat(e)
        .hasMessageContaining("app-config.toml:7: type \"conter\"")
        .hasMessageContaining("app-config.toml:8: unknown key \"restrat\"");
    assertNothingIsLeft();
  }

  @Test
  void aTypeThatTheModuleLacksIsRefusedAfterTheLoad() {
    HostException e = refusal(ARTIFACT, CONFIG.replace("\"counter\"", "\"conter\""));
    assertThat(e).hasMessageContaining("did you mean \"counter\"?");
    assertThat(steps.count("start")).isZero();
    assertNothingIsLeft();
  }

  @Test
  void aBadModuleAndABadConfigurationAreToldTogether() {
    HostException e = refusal(FakeGuests.artifact("bad"), CONFIG + "restrat = 1\n");
    assertThat(e.error().message().lines().toList())
        .containsExactly(
            "app-config.toml has 2 errors:",
            "app-config.toml: the module is refused: it has no export ps_call",
            "app-config.toml:8: unknown key \"restrat\" in [[supervisor.children]] \"one\", did you"
                + " mean \"restart\"?");
    assertNothingIsLeft();
  }

  @Test
  void artifactsThatNoEngineRunsAreRefusedWithWhatTheyAre() {
    HexFormat hex = HexFormat.of();
    assertRefused(new byte[0], "the artifact is empty");
    assertRefused(FakeGuests.artifact("x".repeat(1000)), "bytes, this node takes up to 1000B");
    assertRefused(hex.parseHex("0061736d0d000100"), "is a component (WASM component model)");
    assertRefused(hex.parseHex("0061736d01000000"), "no engine of this node (fake) runs");
    assertRefused(hex.parseHex("0061736d"), "no engine of this node (fake) runs");
    assertRefused(hex.parseHex("504b0304aa"), "is a zip file, not a WASM module");
    assertRefused(
        "export class".getBytes(StandardCharsets.UTF_8),
        "is not a WASM module, it begins with 65 78 70 6f 72 74 20 63: build sources with");
    assertThat(steps.count("load")).isZero();
    assertNothingIsLeft();
  }

  private void assertRefused(byte[] artifact, String why) {
    HostException e = refusal(artifact, CONFIG);
    assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(e).hasMessageContaining(why);
  }

  // Several at once.

  @Test
  void ofConcurrentDeploysOfOneNameExactlyOneWins() throws Exception {
    int n = 8;
    CyclicBarrier together = new CyclicBarrier(n);
    List<Future<AppInfo>> all = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < n; i++) {
        all.add(
            threads.submit(() -> {
              together.await(10, TimeUnit.SECONDS);
              return deploy("a");
            }));
      }
    }
    assertThat(all.stream().filter(f -> f.state() == Future.State.SUCCESS)).hasSize(1);
    assertThat(all.stream().filter(f -> f.state() == Future.State.FAILED))
        .hasSize(n - 1)
        .allSatisfy(f -> assertThat(f.exceptionNow()).hasMessageContaining("deployed already"));
    assertThat(node.guests.open).hasSize(1);
    assertThat(steps.count("start")).isEqualTo(1);
  }

  @Test
  void deploysOfDifferentAppsRunSideBySide() throws Exception {
    // Each load waits for the other: one after the other, they would never meet.
    CyclicBarrier both = new CyclicBarrier(2);
    steps.before(s -> {
      if (s.equals("load")) {
        meet(both);
      }
    });
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<AppInfo> a = threads.submit(() -> deploy("a"));
      Future<AppInfo> b = threads.submit(() -> deploy("b"));
      assertThat(List.of(a.get().app(), b.get().app())).containsExactly(A, B);
    }
  }

  private static void meet(CyclicBarrier barrier) {
    try {
      barrier.await(10, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void anAppIsListedAsDeployingMeanwhile() {
    List<AppState> seen = new ArrayList<>();
    steps.before(s -> {
      seen.add(deployer.app(A).orElseThrow().state());
      deployer.apps("default").forEach(i -> seen.add(i.state()));
      assertThat(deployer.apps("other")).isEmpty();
    });
    deploy("a");
    assertThat(seen).hasSize(8).containsOnly(AppState.DEPLOYING);
  }

  @Test
  void appsOfOneArtifactHaveModulesOfTheirOwn() {
    deploy("a");
    deploy("b");
    assertThat(node.engine.modules.get(A)).isNotSameAs(node.engine.modules.get(B));
    deployer.undeploy(A, DRAIN, false);
    assertThat(node.guests.open).containsExactly(node.engine.modules.get(B));
    assertThat(stores.apps.artifact(Digests.of(ARTIFACT))).isEqualTo(ARTIFACT);
    deployer.restart(B, DRAIN);
    assertThat(deployer.app(B).orElseThrow().state()).isEqualTo(AppState.RUNNING);
  }

  @Test
  void anUndeployNeverTakesTheArtifactOfADeployThatIsBeingRecorded() {
    deploy("a");
    AtomicReference<@Nullable Thread> undeploy = new AtomicReference<>();
    steps.before(s -> {
      if (s.equals("save") && undeploy.get() == null) {
        // The artifact of b is put, its record is not there yet: now a goes away.
        Thread t = new Thread(() -> deployer.undeploy(A, DRAIN, false));
        undeploy.set(t);
        t.start();
        while (t.isAlive() && t.getState() != Thread.State.WAITING) {
          Thread.onSpinWait();
        }
      }
    });
    assertThat(deploy("b").state()).isEqualTo(AppState.RUNNING);
    join(undeploy.get());
    assertThat(deployer.app(A)).isEmpty();
    assertThat(stores.apps.artifacts).containsOnlyKeys(Digests.of(ARTIFACT));
  }

  private static void join(@Nullable Thread t) {
    assertThat(t).isNotNull();
    try {
      Objects.requireNonNull(t).join(10_000);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  // Undeploy.

  @Test
  void undeployLeavesTheJournalsOnly() {
    ActorId actor = new ActorId(A, "counter", "one");
    deploy("a");
    stores.journals.actors.add(actor);
    steps.clear();
    deployer.undeploy(A, DRAIN, false);
    assertThat(steps.taken()).containsExactly("save", "stop", "clean", "remove");
    assertNothingIsLeft();
    assertThat(stores.journals.actors).containsExactly(actor);
    assertThat(node.forgotten).containsExactly(A);
  }

  @Test
  void purgeRemovesTheJournalsOfThatAppAlone() {
    ActorId other = new ActorId(B, "counter", "one");
    deploy("a");
    stores.journals.actors.add(new ActorId(A, "counter", "one"));
    stores.journals.actors.add(other);
    deployer.undeploy(A, DRAIN, true);
    assertThat(stores.journals.actors).containsExactly(other);
  }

  @Test
  void undeployingNothingIsNotFound() {
    for (Runnable r :
        List.<Runnable>of(
            () -> deployer.undeploy(A, DRAIN, true),
            () -> deployer.start(A),
            () -> deployer.stop(A, DRAIN),
            () -> deployer.restart(A, DRAIN))) {
      HostException e = catchThrowableOfType(HostException.class, r::run);
      assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND);
      assertThat(e).hasMessage("there is no app \"a\"");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"save", "stop", "purge", "remove"})
  void anUndeployThatFailsHalfWayCanBeRepeated(String step) {
    deploy("a");
    steps.failAt(step);
    assertThatThrownBy(() -> deployer.undeploy(A, DRAIN, true)).hasMessage("no " + step + " today");
    AppState state = deployer.app(A).orElseThrow().state();
    boolean stopped = step.equals("purge") || step.equals("remove");
    assertThat(state).isEqualTo(stopped ? AppState.STOPPED : AppState.RUNNING);
    steps.failAt("");
    deployer.undeploy(A, DRAIN, true);
    assertNothingIsLeft();
  }

  @Test
  void aNodeThatDiesDuringAnUndeployComesBackWithTheAppStoppedOrGone() {
    deploy("a");
    List<FakeStores> disks = new ArrayList<>();
    steps.before(s -> disks.add(stores.copy(new Steps())));
    deployer.undeploy(A, DRAIN, true);
    disks.add(stores.copy(new Steps()));
    List<String> states = new ArrayList<>();
    for (FakeStores disk : disks) {
      Node next = new Node(new Steps(), disk);
      next.deployer.resume();
      states.add(next.deployer.app(A).map(i -> i.state().name()).orElse("none"));
    }
    // Before save; before stop, clean, purge and remove; afterwards.
    assertThat(states)
        .containsExactly("RUNNING", "STOPPED", "STOPPED", "STOPPED", "STOPPED", "none");
  }

  // Start, stop, restart.

  @Test
  void aStoppedAppIsListedAndStartsAgain() {
    deploy("a");
    AppInfo stopped = deployer.stop(A, DRAIN);
    assertThat(stopped.state()).isEqualTo(AppState.STOPPED);
    assertThat(stopped.version()).isEqualTo("1");
    assertThat(stopped.module()).isNull();
    assertThat(node.guests.open).isEmpty();
    assertThat(node.gone).containsExactly(A);
    assertThat(node.forgotten).isEmpty();
    assertThat(deployer.apps("default")).containsExactly(stopped);
    assertThat(deployer.stop(A, DRAIN)).isEqualTo(stopped);

    AppInfo started = deployer.start(A);
    assertThat(started.state()).isEqualTo(AppState.RUNNING);
    assertThat(deployer.start(A)).isEqualTo(started);
    assertThat(node.guests.open).hasSize(1);
  }

  @Test
  void restartLoadsTheModuleAnew() {
    deploy("a");
    var before = node.engine.modules.get(A);
    assertThat(deployer.restart(A, DRAIN).state()).isEqualTo(AppState.RUNNING);
    assertThat(node.engine.modules.get(A)).isNotSameAs(before);
    assertThat(node.guests.open).containsExactly(node.engine.modules.get(A));
  }

  @Test
  void anAppThatDoesNotStartAgainIsFailedWithItsReason() {
    deploy("a");
    deployer.stop(A, DRAIN);
    steps.failAt("load");
    assertThatThrownBy(() -> deployer.start(A)).hasMessage("no load today");
    assertThat(deployer.app(A).orElseThrow().state()).isEqualTo(AppState.FAILED);
    assertThat(deployer.app(A).orElseThrow().failure()).isEqualTo("no load today");
    steps.failAt("");
    assertThat(deployer.start(A).failure()).isNull();
  }

  @Test
  void anAppThatFailedWhileItRanIsStartedAfresh() {
    deploy("a");
    node.engine.fail(A, "too many restarts");
    assertThat(deployer.app(A).orElseThrow().failure()).isEqualTo("too many restarts");
    assertThat(deployer.start(A).state()).isEqualTo(AppState.RUNNING);
    assertThat(node.guests.open).containsExactly(node.engine.modules.get(A));
  }

  // A node's restart.

  @Test
  void appsAreBackAfterARestartButNotTheStoppedOnes() {
    deploy("a");
    deploy("b");
    deployer.stop(B, DRAIN);
    Node next = new Node(new Steps(), stores);
    next.deployer.resume();
    assertThat(next.deployer.apps("default"))
        .extracting(AppInfo::state)
        .containsExactly(AppState.RUNNING, AppState.STOPPED);
    assertThat(next.deployer.app(A).orElseThrow().version()).isEqualTo("1");
  }

  @Test
  void oneThatDoesNotStartDoesNotKeepTheOthersFromIt() {
    deploy("a");
    deployer.deploy("default", "b", null, FakeGuests.artifact("two"), CONFIG);
    stores.apps.artifacts.remove(Digests.of(ARTIFACT));
    Node next = new Node(new Steps(), stores);
    next.deployer.resume();
    assertThat(next.deployer.app(A).orElseThrow().state()).isEqualTo(AppState.FAILED);
    assertThat(next.deployer.app(A).orElseThrow().failure()).startsWith("no artifact sha256:");
    assertThat(next.deployer.app(B).orElseThrow().state()).isEqualTo(AppState.RUNNING);
    // It is still meant to run: the next start of the node tries again.
    assertThat(stores.apps.find(A).orElseThrow().wantsToRun()).isTrue();
  }

  @Test
  void appsAreResumedSideBySide() {
    deploy("a");
    deploy("b");
    Steps nextSteps = new Steps();
    CyclicBarrier both = new CyclicBarrier(2);
    nextSteps.before(s -> {
      if (s.equals("load")) {
        meet(both);
      }
    });
    Node next = new Node(nextSteps, stores);
    next.deployer.resume();
    assertThat(next.deployer.apps("default"))
        .extracting(AppInfo::state)
        .containsOnly(AppState.RUNNING);
  }

  @Test
  void closeFreesTheModules() {
    deploy("a");
    deploy("b");
    deployer.close();
    assertThat(node.guests.open).isEmpty();
  }

  // Reload.

  private static final byte[] OTHER = FakeGuests.artifact("other");

  @Test
  void aReloadKeepsStatesAndRecordsTheNewModule() {
    deploy("a");
    ActorId one = new ActorId(A, "counter", "one");
    node.engine.kept = Map.of(one, Payload.json("7"));
    steps.clear();
    AppInfo info = deployer.reload(A, OTHER, CONFIG.replace("\"1\"", "\"2\""));
    assertThat(steps.taken()).containsExactly("load", "stop", "start", "put", "save");
    assertThat(info.moduleDigest()).isEqualTo(Digests.of(OTHER));
    assertThat(info.version()).isEqualTo("2");
    assertThat(node.engine.states.get(A)).containsOnlyKeys(one);
    assertThat(node.guests.open).hasSize(1);
    assertThat(node.gone).isEmpty(); // its tuples stay
    assertThat(stores.apps.find(A).orElseThrow().artifactDigest()).isEqualTo(Digests.of(OTHER));
  }

  @Test
  void aReloadThatIsRefusedLeavesTheAppAlone() {
    deploy("a");
    steps.clear();
    assertThatThrownBy(() -> deployer.reload(A, FakeGuests.artifact("bad"), null))
        .hasMessageContaining("ps_call");
    assertThatThrownBy(() -> deployer.reload(A, OTHER, CONFIG + "[nonsense]\n"))
        .hasMessageContaining("nonsense");
    assertThat(steps.count("stop")).isZero();
    assertThat(node.engine.app(A).orElseThrow().moduleDigest()).isEqualTo(Digests.of(ARTIFACT));
    assertThat(node.guests.open).hasSize(1);
  }

  @Test
  void aReloadThatDoesNotStartBringsTheOldCodeBackWithItsStates() {
    deploy("a");
    ActorId one = new ActorId(A, "counter", "one");
    node.engine.kept = Map.of(one, Payload.json("7"));
    AtomicBoolean failed = new AtomicBoolean();
    steps.before(step -> {
      if (step.equals("start") && failed.compareAndSet(false, true)) {
        throw new HostException(ErrorCode.INTERNAL, "init failed");
      }
    });
    assertThatThrownBy(() -> deployer.reload(A, OTHER, null)).hasMessageContaining("init failed");
    assertThat(node.engine.app(A).orElseThrow().moduleDigest()).isEqualTo(Digests.of(ARTIFACT));
    assertThat(node.engine.states.get(A)).containsOnlyKeys(one);
    assertThat(node.guests.open).hasSize(1);
    assertThat(stores.apps.find(A).orElseThrow().artifactDigest()).isEqualTo(Digests.of(ARTIFACT));
  }

  @Test
  void anAppWhoseOldCodeDoesNotStartAgainEitherHasFailed() {
    deploy("a");
    steps.failAt("start");
    assertThatThrownBy(() -> deployer.reload(A, OTHER, null)).hasMessageContaining("no start");
    AppInfo info = deployer.app(A).orElseThrow();
    assertThat(info.state()).isEqualTo(AppState.FAILED);
    assertThat(info.failure()).contains("neither the new code nor the old starts");
    assertThat(node.guests.open).isEmpty();
    assertThat(node.gone).isNotEmpty();
  }

  @Test
  void aReloadThatCannotBeRecordedIsTakenBack() {
    deploy("a");
    steps.failAt("save");
    assertThatThrownBy(() -> deployer.reload(A, OTHER, null)).hasMessageContaining("no save");
    assertThat(node.engine.app(A).orElseThrow().moduleDigest()).isEqualTo(Digests.of(ARTIFACT));
    assertThat(stores.apps.find(A).orElseThrow().artifactDigest()).isEqualTo(Digests.of(ARTIFACT));
    assertThat(node.guests.open).hasSize(1);
  }

  @Test
  void aReloadStartsAnAppThatIsStopped() {
    deploy("a");
    deployer.stop(A, Duration.ZERO);
    AppInfo info = deployer.reload(A, OTHER, null);
    assertThat(info.state()).isEqualTo(AppState.RUNNING);
    assertThatThrownBy(() -> deployer.reload(new AppId("default", "nope"), OTHER, null))
        .hasMessageContaining("there is no app \"nope\"");
  }
}
