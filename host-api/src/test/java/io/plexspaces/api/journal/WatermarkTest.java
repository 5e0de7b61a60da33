package io.plexspaces.api.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.journal.TurnRecord.Received;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class WatermarkTest {
  enum Kind {
    /** The sender has another message for this receiver. */
    NEW,
    /** One that is on its way arrives, perhaps not for the first time. */
    ARRIVE,
    /** The sender hears that one has arrived, and never sends it again. */
    ACKNOWLEDGE,
    /** The sender begins a new life; what it had sent may still arrive. */
    NEW_EPOCH
  }

  record Step(Kind kind, int which) {}

  /**
   * Against a set of all that was ever handled: a message is taken once, however often and in
   * whatever order it comes, and nothing that is new is taken for a duplicate.
   */
  @Property(tries = 2000, seed = "1")
  void knowsWhatWasHandledThroughRepetitionsAndDisorder(@ForAll("histories") List<Step> history) {
    Watermark mark = Watermark.NONE;
    Set<List<Long>> handled = new HashSet<>();
    long epoch = 1;
    long newest = 1; // epoch of which something was handled
    long last = 0;
    SortedSet<Long> unacknowledged = new TreeSet<>();
    List<Received> underway = new ArrayList<>();
    for (Step step : history) {
      switch (step.kind()) {
        case NEW -> {
          last += 1 + step.which() % 3; // the numbers between are for other receivers
          unacknowledged.add(last);
          underway.add(sent(epoch, last, unacknowledged));
        }
        case ARRIVE -> {
          if (underway.isEmpty()) {
            continue;
          }
          Received r = underway.get(step.which() % underway.size());
          boolean before = handled.contains(List.of(r.epoch(), r.number()));
          if (r.epoch() < newest) {
            assertThat(mark.covers(r)).as("of an earlier life: %s", r).isTrue();
          } else {
            assertThat(mark.covers(r)).as("%s in %s", r, mark).isEqualTo(before);
          }
          if (!mark.covers(r)) {
            mark = mark.with(r);
            handled.add(List.of(r.epoch(), r.number()));
            newest = Math.max(newest, r.epoch());
          }
          assertThat(mark.covers(r)).isTrue();
          assertThat(mark.with(r)).as("handling it twice changes nothing").isEqualTo(mark);
        }
        case ACKNOWLEDGE -> {
          long current = epoch;
          List<Long> arrived =
              unacknowledged.stream().filter(n -> handled.contains(List.of(current, n))).toList();
          if (!arrived.isEmpty()) {
            long n = arrived.get(step.which() % arrived.size());
            unacknowledged.remove(n);
            underway.removeIf(r -> r.epoch() == current && r.number() == n);
            // What is sent again says what the sender knows now.
            underway.replaceAll(
                r -> r.epoch() == current ? sent(current, r.number(), unacknowledged) : r);
          }
        }
        case NEW_EPOCH -> {
          epoch++;
          last = 0;
          unacknowledged.clear();
        }
      }
      long low = mark.low();
      assertThat(mark.above()).isSorted().doesNotHaveDuplicates().allMatch(n -> n >= low);
    }
  }

  private static Received sent(long epoch, long number, SortedSet<Long> unacknowledged) {
    return new Received("bank/account/a", epoch, number, unacknowledged.first());
  }

  @Property(tries = 200, seed = "1")
  void staysSmallWhereTheSenderHearsOfArrivals(@ForAll("windows") int window) {
    Watermark mark = Watermark.NONE;
    for (long n = 1; n <= 1000; n++) {
      mark = mark.with(new Received("bank/account/a", 1, n, Math.max(1, n - window)));
      assertThat(mark.above()).hasSizeLessThanOrEqualTo(window + 1);
    }
    assertThat(mark.covers(new Received("bank/account/a", 1, 1, 1))).isTrue();
  }

  @Provide
  Arbitrary<Integer> windows() {
    return Arbitraries.integers().between(0, 50);
  }

  @Provide
  Arbitrary<List<Step>> histories() {
    Arbitrary<Kind> kind =
        Arbitraries.frequency(
            net.jqwik.api.Tuple.of(6, Kind.NEW),
            net.jqwik.api.Tuple.of(10, Kind.ARRIVE),
            net.jqwik.api.Tuple.of(4, Kind.ACKNOWLEDGE),
            net.jqwik.api.Tuple.of(1, Kind.NEW_EPOCH));
    return Combinators.combine(kind, Arbitraries.integers().between(0, 1000))
        .as(Step::new)
        .list()
        .ofMinSize(5)
        .ofMaxSize(80);
  }
}
