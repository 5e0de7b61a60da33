package io.plexspaces.polyglot;

import static io.plexspaces.polyglot.Fixture.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.TurnStopped;
import io.plexspaces.polyglot.Fixture.Actor;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Whenever it is asked for, a safepoint comes, and nothing that an actor did before is in its way.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StoppingTest {
  private static final String PYTHON =
      """
      @handler("spin")
      def spin(self):
          host.ask("y", "op", {})
          while True:
              pass

      @handler("print")
      def print(self):
          import sys
          sys.stdout.write("no end of line")
          sys.stdout.flush()
          return 1
      """;

  private static void stop() {
    throw new TurnStopped(HostError.of(ErrorCode.CANCELLED, "the actor was killed: test"));
  }

  /**
   * The host has nothing against the call until its guest runs, and comes to no host call again.
   */
  private static void stopsWhenItSpins(Actor a) {
    a.host().answer =
        (op, f) -> {
          a.host().onSafepoint = StoppingTest::stop;
          return Frame.ofBody(Fixture.bytes("1"));
        };
    assertThatThrownBy(() -> a.ask("spin", "{}")).isInstanceOf(TurnStopped.class);
  }

  /** Asks again and again, as the turn clock does. */
  private static Thread clock(Actor a) {
    return Thread.ofPlatform()
        .daemon()
        .start(() -> {
          while (!Thread.currentThread().isInterrupted()) {
            a.instance().requestSafepoint();
            LockSupport.parkNanos(1_000_000);
          }
        });
  }

  @Test
  void aRequestAtTheVeryEndOfACallCostsTheNextOneNothing() {
    try (GuestModule m = Fixture.python(PYTHON);
        Actor a = spawn(m)) {
      // The rest of a line is logged when the guest has returned: no code of it polls any more.
      a.host().onLog = line -> a.instance().requestSafepoint();
      a.ask("print", "{}");
      assertThat(a.host().log).contains("info: no end of line");
      Thread clock = clock(a);
      try {
        stopsWhenItSpins(a);
      } finally {
        clock.interrupt();
      }
    }
  }

  @Test
  void aRequestAfterACallCostsTheNextOneNothing() {
    try (GuestModule m =
            Fixture.js(
                "onSpin() { host.ask('y', 'op', {}); while (true) {} } onGo() { return 1; }");
        Actor a = spawn(m)) {
      a.ask("go", "{}");
      a.instance().requestSafepoint();
      Thread clock = clock(a);
      try {
        stopsWhenItSpins(a);
      } finally {
        clock.interrupt();
      }
    }
  }

  /** Nobody asks a second time: the request came when the turn was there, and its call was not. */
  @Test
  void whoeverWasKilledBeforeItsCallBeganIsStoppedAllTheSame() {
    try (GuestModule m = Fixture.python(PYTHON);
        Actor a = spawn(m)) {
      a.host().onSafepoint = StoppingTest::stop;
      a.instance().requestSafepoint();
      assertThatThrownBy(() -> a.ask("spin", "{}")).isInstanceOf(TurnStopped.class);
      a.host().onSafepoint = null;
      a.host().log.clear();
      assertThat(a.ask("print", "{}")).as("the call that was stopped is over").isEqualTo("1");
    }
  }

  @Test
  void aRequestForAClosedActorIsNoError() {
    try (GuestModule m = Fixture.js("onGo() { return 1; }")) {
      Actor a = spawn(m);
      a.close();
      a.instance().requestSafepoint();
    }
  }
}
