package io.plexspaces.deployer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.engine.ActorEngine;
import io.plexspaces.wasm.ModuleCompiler;
import io.plexspaces.wasm.WasmEngine;
import io.plexspaces.wasm.fixture.BadModules;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A bad module refuses its deploy with the reason, and nothing of it stays. */
class BadModuleDeployTest {
  private static final String CONFIG = "name = \"bad\"\n[actor_types.echo]\n";

  /** What the deployer sees before it asks an engine. */
  private static final Map<String, String> SEEN_EARLIER =
      Map.of(
          "empty", "the artifact is empty",
          "html", "is not a WASM module, it begins with 3c 68 74 6d 6c 3e",
          "a component", "is a component (WASM component model)",
          "oversized", "this node takes up to 64MiB");

  static Stream<BadModules.Bad> bad() {
    return BadModules.all().stream();
  }

  @ParameterizedTest
  @MethodSource("bad")
  void isRefusedWithTheReasonAndLeavesNothing(BadModules.Bad bad) {
    FakeStores stores = new FakeStores(new Steps());
    MemoryBudget budget = MemoryBudget.unlimited();
    try (ActorEngine engine = ActorEngine.builder().workers(1).build();
        WasmEngine guests = new WasmEngine(new ModuleCompiler(null), budget);
        AppDeployer deployer =
            AppDeployer.builder(engine, stores.apps, stores.journals)
                .guests(List.of(guests))
                .build()) {
      HostException e =
          catchThrowableOfType(
              HostException.class,
              () -> deployer.deploy("default", null, null, bad.bytes(), CONFIG));
      assertThat(e).as(bad.name()).isNotNull();
      assertThat(e).hasMessageContaining(SEEN_EARLIER.getOrDefault(bad.name(), bad.message()));
      assertThat(e.code()).isIn(ErrorCode.INVALID_ARGUMENT, ErrorCode.FAILED_PRECONDITION);
      assertThat(engine.apps()).isEmpty();
      assertThat(deployer.apps("default")).isEmpty();
      assertThat(deployer.app(new AppId("default", "bad"))).isEmpty();
    }
    assertThat(stores.apps.records).isEmpty();
    assertThat(stores.apps.artifacts).isEmpty();
    assertThat(budget.used()).isZero();
  }
}
