package io.plexspaces.wasm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.wasm.fixture.BadModules;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BadModulesTest {
  static Stream<BadModules.Bad> all() {
    return BadModules.all().stream();
  }

  static Stream<BadModules.Bad> endless() {
    return BadModules.endless().stream();
  }

  @ParameterizedTest
  @MethodSource("all")
  void isRefusedWithTheReasonAndLeavesNothing(BadModules.Bad bad) {
    refused(bad, GuestLimits.DEFAULT);
  }

  @ParameterizedTest
  @MethodSource("endless")
  void isRefusedWhenItsTimeIsOver(BadModules.Bad bad) {
    refused(bad, new GuestLimits(64 << 20, Duration.ofMillis(50)));
  }

  private static void refused(BadModules.Bad bad, GuestLimits limits) {
    MemoryBudget budget = MemoryBudget.unlimited();
    WasmEngine engine = new WasmEngine(new ModuleCompiler(null), budget);
    HostException e =
        catchThrowableOfType(HostException.class, () -> engine.load(bad.bytes(), limits));
    assertThat(e).as(bad.name()).isNotNull();
    assertThat(e).hasMessageContaining(bad.message());
    assertThat(e.code()).isIn(ErrorCode.INVALID_ARGUMENT, ErrorCode.FAILED_PRECONDITION);
    assertThat(budget.used()).isZero();
  }
}
