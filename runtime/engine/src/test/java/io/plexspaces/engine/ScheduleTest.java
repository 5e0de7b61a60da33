package io.plexspaces.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class ScheduleTest {
  private static final AppId APP = new AppId("t", "app");

  private final AtomicLong now = new AtomicLong(1_000_000);
  private final BlockingQueue<Schedule.Key> handedOut = new LinkedBlockingQueue<>();

  private Schedule schedule() {
    return new Schedule(() -> Instant.ofEpochMilli(now.get()), handedOut::addAll);
  }

  private static Schedule.Key key(int n) {
    return new Schedule.Key(new ActorId(APP, "x", "k" + n), true);
  }

  private void advance(Schedule s, long millis) {
    now.addAndGet(millis);
    s.look();
  }

  private Schedule.Key next() throws InterruptedException {
    Schedule.Key k = handedOut.poll(20, TimeUnit.SECONDS);
    assertThat(k).as("handed out").isNotNull();
    return k;
  }

  @Test
  void whatIsDueIsHandedOutInTheOrderOfItsTimes() throws Exception {
    try (Schedule s = schedule()) {
      s.set(key(1), now.get() + 30);
      s.set(key(2), now.get() + 10);
      s.set(key(3), now.get() + 20);
      s.set(key(4), now.get() + 31);
      advance(s, 30);
      assertThat(List.of(next(), next(), next())).containsExactly(key(2), key(3), key(1));
      assertThat(handedOut).isEmpty();
    }
  }

  @Test
  void whatIsSetAnewOrTakenAwayIsNotDueAtItsOldTime() throws Exception {
    try (Schedule s = schedule()) {
      s.set(key(1), now.get() + 10);
      s.set(key(2), now.get() + 10);
      s.set(key(3), now.get() + 10);
      s.set(key(1), now.get() + 50);
      s.set(key(2), Long.MAX_VALUE);
      assertThat(s.size()).isEqualTo(2);
      advance(s, 10);
      assertThat(next()).isEqualTo(key(3));
      assertThat(s.due(key(2))).isEmpty();
      advance(s, 40);
      assertThat(next()).isEqualTo(key(1));
      assertThat(handedOut).isEmpty();
    }
  }

  @Test
  void whatNobodyAnswersForIsHandedOutAgainLaterAndLater() throws Exception {
    try (Schedule s = schedule()) {
      s.set(key(1), now.get());
      assertThat(next()).isEqualTo(key(1));
      assertThat(s.due(key(1))).hasValue(now.get() + 1000);
      advance(s, 1000);
      assertThat(next()).isEqualTo(key(1));
      assertThat(s.due(key(1))).hasValue(now.get() + 2000);
      for (int i = 0; i < 10; i++) {
        advance(s, s.due(key(1)).orElseThrow() - now.get());
        assertThat(next()).isEqualTo(key(1));
      }
      assertThat(s.due(key(1))).hasValue(now.get() + 60_000);
      s.set(key(1), now.get() + 5);
      advance(s, 5);
      assertThat(next()).isEqualTo(key(1));
      assertThat(s.due(key(1))).as("answered for: it begins anew").hasValue(now.get() + 1000);
    }
  }

  @Test
  void aClockSetBackMakesNothingDueTwice() throws Exception {
    try (Schedule s = schedule()) {
      s.set(key(1), now.get() + 100);
      advance(s, 100);
      assertThat(next()).isEqualTo(key(1));
      s.set(key(1), now.get() + 100);
      advance(s, -1_000);
      s.set(key(2), now.get());
      assertThat(next()).as("only what is due by the clock as it is").isEqualTo(key(2));
      assertThat(handedOut).isEmpty();
    }
  }

  @Test
  void theRealClockWakesIt() throws Exception {
    BlockingQueue<Schedule.Key> out = new LinkedBlockingQueue<>();
    try (Schedule s = new Schedule(java.time.InstantSource.system(), out::addAll)) {
      s.set(key(1), System.currentTimeMillis() + 30);
      assertThat(out.poll(20, TimeUnit.SECONDS)).isEqualTo(key(1));
    }
  }

  @Test
  void anAppTakesAllItsEntriesWithIt() {
    Schedule.Key other = new Schedule.Key(new ActorId(new AppId("u", "app"), "x", "k1"), true);
    try (Schedule s = schedule()) {
      s.set(key(1), now.get() + 1);
      s.set(other, now.get() + 1);
      s.remove(APP);
      assertThat(s.size()).isEqualTo(1);
      assertThat(s.due(other)).isPresent();
    }
  }

  @Test
  void aHundredThousandActorsWaitInOneStructure() throws Exception {
    try (Schedule s = schedule()) {
      for (int i = 0; i < 100_000; i++) {
        s.set(key(i), now.get() + 1 + i % 1000);
      }
      assertThat(s.size()).isEqualTo(100_000);
      advance(s, 1000);
      for (int i = 0; i < 100_000; i++) {
        s.set(next(), Long.MAX_VALUE);
      }
      assertThat(s.size()).isZero();
      assertThat(handedOut).isEmpty();
    }
  }

  record Step(int key, long at, long advance) {}

  /** Against a table that is searched: what is due comes out, once, and nothing else does. */
  @Property(tries = 200)
  void itHandsOutWhatATableSays(@ForAll("steps") List<Step> steps) throws Exception {
    Map<Schedule.Key, Long> table = new HashMap<>();
    try (Schedule s = schedule()) {
      for (Step step : steps) {
        Schedule.Key k = key(step.key);
        long at = step.at < 0 ? Long.MAX_VALUE : now.get() + 1 + step.at;
        s.set(k, at);
        if (at == Long.MAX_VALUE) {
          table.remove(k);
        } else {
          table.put(k, at);
        }
        advance(s, step.advance);
        for (int due = due(table); due > 0; due--) {
          Schedule.Key out = next();
          assertThat(table.remove(out)).isNotNull().isLessThanOrEqualTo(now.get());
          s.set(out, Long.MAX_VALUE);
        }
        table.forEach((key, time) -> assertThat(s.due(key)).isEqualTo(OptionalLong.of(time)));
        assertThat(s.size()).isEqualTo(table.size());
      }
      assertThat(handedOut).isEmpty();
    }
  }

  private int due(Map<Schedule.Key, Long> table) {
    return (int) table.values().stream().filter(t -> t <= now.get()).count();
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    return Combinators.combine(
            Arbitraries.integers().between(0, 5),
            Arbitraries.longs().between(-2, 40),
            Arbitraries.longs().between(0, 30))
        .as(Step::new)
        .list()
        .ofMaxSize(30);
  }
}
