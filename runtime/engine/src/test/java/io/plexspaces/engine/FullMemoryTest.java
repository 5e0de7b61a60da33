package io.plexspaces.engine;

import static io.plexspaces.engine.TestApps.app;
import static io.plexspaces.engine.TestApps.context;
import static io.plexspaces.engine.TestApps.id;
import static io.plexspaces.engine.TestApps.idleAfter;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.guest.GuestHost;
import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.GuestReply;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.api.guest.ModuleDescription;
import io.plexspaces.api.guest.ModuleDescription.ActorType;
import io.plexspaces.api.guest.ModuleDescription.Kind;
import io.plexspaces.api.guest.ModuleDescription.Operation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Actors of which few fit into the node's memory at a time. */
@Timeout(60)
class FullMemoryTest {
  private static final int ROOM = 4;
  private static final long EACH = 1 << 20;

  private final MemoryBudget budget = new MemoryBudget(ROOM * EACH + EACH / 2);
  private final ActorEngine engine =
      ActorEngine.builder().workers(ROOM + 2).memoryBudget(budget).build();
  private final CountDownLatch inside = new CountDownLatch(ROOM);
  private final CountDownLatch gate = new CountDownLatch(1);

  @AfterEach
  void close() {
    gate.countDown();
    engine.close();
  }

  private final class Guest implements GuestInstance {
    Guest() {
      budget.charge(EACH);
    }

    @Override
    public GuestReply call(GuestOp op, Frame input, GuestHost host) {
      if (op == GuestOp.HANDLE && input.headerObject().string("op", "").equals("wait")) {
        inside.countDown();
        try {
          gate.await();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
      return GuestReply.ok(Frame.ofBody(new byte[] {'1'}));
    }

    @Override
    public void mark() {}

    @Override
    public void rollBack() {}

    @Override
    public boolean canRollBack() {
      return true;
    }

    @Override
    public void requestSafepoint() {}

    @Override
    public long memoryBytes() {
      return EACH;
    }

    @Override
    public void close() {
      budget.release(EACH);
    }
  }

  private final class Module implements GuestModule {
    @Override
    public String digest() {
      return "sha256:test";
    }

    @Override
    public ModuleDescription description() {
      Map<String, Operation> operations =
          Map.of("go", new Operation("go", Kind.CALL), "wait", new Operation("wait", Kind.CALL));
      return new ModuleDescription(
          "test", Map.of("a", new ActorType("a", "GenServer", operations)));
    }

    @Override
    public GuestInstance spawn(String type, byte[] seed) {
      return new Guest();
    }

    @Override
    public void close() {}
  }

  private void start() {
    engine.start(
        app(TestApps.APP, 5, List.of(), Map.of("a", idleAfter(Duration.ofHours(1), false))),
        new Module());
  }

  private String ask(String key, String op) {
    return engine.ask(context(), id("a/" + key), op, Payload.EMPTY_OBJECT, null).text();
  }

  @Test
  void idleActorsMakeRoomForEachThatIsAskedAndNobodyIsRefused() throws Exception {
    start();
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> answers = new ArrayList<>();
      for (int i = 0; i < 64; i++) {
        String key = "k" + i;
        answers.add(callers.submit(() -> ask(key, "go")));
      }
      for (Future<String> a : answers) {
        assertThat(a.get()).isEqualTo("1");
      }
    }
    assertThat(budget.used()).isLessThanOrEqualTo(budget.limit());
  }

  @Test
  void whereAllAreBusyOneMoreIsRefusedAndTheOthersGoOn() throws Exception {
    start();
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> answers = new ArrayList<>();
      for (int i = 0; i < ROOM; i++) {
        String key = "k" + i;
        answers.add(callers.submit(() -> ask(key, "wait")));
      }
      inside.await();
      assertThatThrownBy(() -> ask("more", "go"))
          .isInstanceOfSatisfying(
              HostException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED));
      gate.countDown();
      for (Future<String> a : answers) {
        assertThat(a.get()).isEqualTo("1");
      }
      assertThat(ask("more", "go")).isEqualTo("1");
    }
  }
}
