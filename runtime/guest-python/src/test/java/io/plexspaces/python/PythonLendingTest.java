package io.plexspaces.python;

import static io.plexspaces.python.PyFixture.actor;
import static io.plexspaces.python.PyFixture.load;
import static io.plexspaces.python.PyFixture.spawn;
import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.Frame;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.python.PyFixture.Actor;
import io.plexspaces.python.PyFixture.Host;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class PythonLendingTest {
  private static final int ACTORS = 24;
  private static final int TURNS = 25;

  @Test
  void actorsThatShareInstancesNeverSeeEachOther() throws Exception {
    try (GuestModule m =
        load(
            actor(
                """
                me: int = state(default=-1)
                seen: list = state(default_factory=list)

                @handler("turn")
                def turn(self, who: int, n: int, fail: bool) -> list:
                    assert self.me in (-1, who), (self.me, who)
                    self.me = who
                    self.seen.append(n)
                    got = host.ask("app/x/o", "echo", {"who": who, "n": n})
                    assert got == {"who": who, "n": n}, got
                    if fail:
                        raise BusinessError("ABORTED", "as asked")
                    return [self.me, sum(self.seen), len(self.seen)]
                """))) {
      Queue<Throwable> wrong = new ConcurrentLinkedQueue<>();
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < ACTORS; i++) {
        int who = i;
        threads.add(
            Thread.ofVirtual()
                .start(() -> {
                  try {
                    live(m, who);
                  } catch (Throwable e) {
                    wrong.add(e);
                  }
                }));
      }
      for (Thread t : threads) {
        t.join();
      }
      assertThat(wrong).isEmpty();
    }
  }

  private static void live(GuestModule m, int who) {
    Host host = new Host();
    host.operation =
        (op, request) -> {
          // Blocks, so that others run on other instances meanwhile.
          LockSupport.parkNanos(100_000L * (who % 3));
          return Frame.ofBody(request.body());
        };
    int sum = 0;
    int count = 0;
    try (Actor a = spawn(m, who, host)) {
      for (int n = 0; n < TURNS; n++) {
        boolean fail = (n + who) % 5 == 0;
        a.instance().mark();
        String payload = "{\"who\":" + who + ",\"n\":" + n + ",\"fail\":" + fail + "}";
        if (fail) {
          assertThat(a.refused("turn", payload).message()).isEqualTo("as asked");
          a.instance().rollBack();
        } else {
          sum += n;
          count++;
          assertThat(a.ask("turn", payload)).isEqualTo("[" + who + "," + sum + "," + count + "]");
        }
      }
    }
  }
}
