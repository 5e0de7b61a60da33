package io.plexspaces.engine;

import static io.plexspaces.engine.TestApps.actor;
import static io.plexspaces.engine.TestApps.app;
import static io.plexspaces.engine.TestApps.child;
import static io.plexspaces.engine.TestApps.context;
import static io.plexspaces.engine.TestApps.durable;
import static io.plexspaces.engine.TestApps.id;
import static io.plexspaces.engine.TestApps.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.guest.MemoryBudget;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a durable turn reads and asks is recorded, and bounded. */
@Timeout(60)
class TurnStepsTest {
  private static final int REPLY = 4 << 20;

  private final AtomicLong asked = new AtomicLong();
  private final AtomicLong most = new AtomicLong();
  private final MemoryBudget budget = new MemoryBudget(256L << 20);
  private final ActorEngine engine =
      ActorEngine.builder().workers(2).journals(new MemoryJournals()).memoryBudget(budget).build();

  private void start(int asks) {
    String large = "\"" + "x".repeat(REPLY) + "\"";
    NativeModule module =
        NativeModule.builder()
            .type("source", () -> (c, op, p) -> json(large), "get")
            .type(
                "reader",
                () ->
                    (c, op, p) -> {
                      for (int i = 0; i < asks; i++) {
                        var _ = c.ask("source", "get", Payload.EMPTY_OBJECT, 10_000);
                        asked.incrementAndGet();
                        most.accumulateAndGet(budget.used(), Math::max);
                      }
                      return json("\"read\"");
                    },
                "read")
            .build();
    engine.start(
        app(List.of(child("source", "source", actor()), child("reader", "reader", durable()))),
        module);
  }

  @AfterEach
  void close() {
    engine.close();
  }

  @Test
  void oneThatReadsTooMuchIsToldToUseSeveralTurns() {
    start(1000);
    assertThatThrownBy(
            () -> engine.ask(context(), id("reader/reader"), "read", Payload.EMPTY_OBJECT, null))
        .isInstanceOfSatisfying(
            HostException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
              assertThat(e.error().message()).contains("64 MiB", "in further turns");
            });
    assertThat(asked.get() * REPLY).isLessThanOrEqualTo(TurnTransaction.MAX_BYTES);
    engine.close(); // the answer may leave a moment before the turn is over
    assertThat(budget.used()).isZero();
  }

  @Test
  void whatItReadCountsForTheNodesMemoryUntilItsCommit() {
    start(4);
    assertThat(engine.ask(context(), id("reader/reader"), "read", Payload.EMPTY_OBJECT, null))
        .isEqualTo(json("\"read\""));
    assertThat(most.get()).isGreaterThanOrEqualTo(3L * REPLY);
    engine.close();
    assertThat(budget.used()).isZero();
  }
}
