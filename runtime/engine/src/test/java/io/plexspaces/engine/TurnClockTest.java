package io.plexspaces.engine;

import static io.plexspaces.engine.TestApps.actor;
import static io.plexspaces.engine.TestApps.app;
import static io.plexspaces.engine.TestApps.child;
import static io.plexspaces.engine.TestApps.context;
import static io.plexspaces.engine.TestApps.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.Frame;
import io.plexspaces.api.Payload;
import io.plexspaces.api.guest.GuestHost;
import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.GuestReply;
import io.plexspaces.api.guest.ModuleDescription;
import io.plexspaces.api.guest.ModuleDescription.ActorType;
import io.plexspaces.api.guest.ModuleDescription.Kind;
import io.plexspaces.api.guest.ModuleDescription.Operation;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The clock that asks long turns for safepoints. */
@Timeout(60)
class TurnClockTest {
  private final ActorEngine engine = ActorEngine.builder().workers(2).build();

  @AfterEach
  void close() {
    engine.close();
  }

  /** Runs until it is asked for a safepoint, which "broken" answers with an exception. */
  private record Guest(boolean broken, CountDownLatch asked) implements GuestInstance {
    @Override
    public GuestReply call(GuestOp op, Frame input, GuestHost host) {
      if (op == GuestOp.HANDLE) {
        try {
          asked.await();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
      return GuestReply.ok(Frame.ofBody(new byte[] {'1'}));
    }

    @Override
    public void requestSafepoint() {
      asked.countDown();
      if (broken) {
        throw new IllegalStateException("the context is closed");
      }
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
    public long memoryBytes() {
      return 0;
    }

    @Override
    public void close() {}
  }

  private static final class Module implements GuestModule {
    @Override
    public String digest() {
      return "sha256:test";
    }

    @Override
    public ModuleDescription description() {
      Map<String, Operation> go = Map.of("go", new Operation("go", Kind.CALL));
      return new ModuleDescription(
          "test",
          Map.of(
              "broken", new ActorType("broken", "GenServer", go),
              "sound", new ActorType("sound", "GenServer", go)));
    }

    @Override
    public GuestInstance spawn(String type, byte[] seed) {
      return new Guest(type.equals("broken"), new CountDownLatch(1));
    }

    @Override
    public void close() {}
  }

  @Test
  void aGuestThatFailsWhenItIsAskedForASafepointIsNotTheEndOfTheClock() {
    engine.start(
        app(List.of(child("b", "broken", actor()), child("s", "sound", actor()))), new Module());
    for (String actor : List.of("broken/b", "sound/s")) {
      assertThat(engine.ask(context(), id(actor), "go", Payload.EMPTY_OBJECT, null).text())
          .isEqualTo("1");
    }
  }
}
