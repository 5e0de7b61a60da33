package io.plexspaces.store.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.HostException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Random appends on a disk that fails at random; at many operations of the log the power goes, in a
 * copy. What comes back must be what was appended, in order, from some record to some other, with
 * all that was acknowledged and nothing that has failed before something later was acknowledged.
 */
class CrashImageTest {
  private static final LogOptions SMALL = new LogOptions(64 << 10, 256 << 10);
  private static final int APPENDS = 150;
  private static final int IMAGES = 12;

  /** What the clients of a log know at some moment. */
  private record Known(
      TreeMap<Long, Long> committed, TreeSet<Long> failed, long released, SimulatedDisk disk) {
    Known released(long further) {
      return new Known(committed, failed, Math.max(released, further), disk);
    }
  }

  /** A log's life: what is appended to it gets the numbers 1, 2, 3, .. */
  private static final class Life {
    final SimulatedDisk disk;
    final Random random;

    /** Number to position. */
    final ConcurrentSkipListMap<Long, Long> committed = new ConcurrentSkipListMap<>();

    final ConcurrentSkipListSet<Long> failed = new ConcurrentSkipListSet<>();
    final AtomicLong released = new AtomicLong();
    final List<Known> images = new ArrayList<>();
    long last;

    Life(SimulatedDisk disk, Random random, long firstNumber) {
      this.disk = disk;
      this.random = random;
      this.last = firstNumber - 1;
    }

    /**
     * What is known now, and the disk as it is now; the disk's lock keeps the log from going on.
     */
    Known known() {
      // First what is known, then the disk: it may be ahead, never behind.
      long r = released.get();
      TreeMap<Long, Long> c = new TreeMap<>(committed);
      TreeSet<Long> f = new TreeSet<>(failed);
      return new Known(c, f, r, disk.killed(new Random(random.nextLong())));
    }

    /** Appends, and takes images at some of the operations; some operations fail. */
    void run(int appends, int imagesWanted, double faults, RecordConsumer replay) {
      Random at = new Random(random.nextLong());
      disk.hook((operation, name) -> {
        synchronized (at) {
          if (images.size() < imagesWanted && at.nextInt(8) == 0) {
            images.add(known());
          }
          if (at.nextDouble() < faults) {
            return at.nextBoolean() ? SimulatedDisk.Fault.ERROR : SimulatedDisk.Fault.FULL;
          }
          return SimulatedDisk.Fault.NONE;
        }
      });
      Semaphore told = new Semaphore(0);
      try (CommitLog log = open(disk, replay)) {
        List<CommitLog.Appender> lines = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
          lines.add(log.appender());
        }
        for (int i = 0; i < appends; i++) {
          append(lines.get(random.nextInt(3)), told);
          if (random.nextInt(10) == 0) {
            told.acquireUninterruptibly(told.availablePermits());
          }
          if (random.nextInt(20) == 0 && !committed.isEmpty()) {
            long position =
                committed.values().stream().skip(committed.size() / 2).findFirst().get();
            released.accumulateAndGet(position, Math::max);
            log.release(position);
          }
        }
        // Whoever waits for room gets it.
        while (log.stats().queuedRecords() > 0) {
          released.set(log.end());
          log.release(released.get());
          Thread.onSpinWait();
        }
      } catch (HostException e) {
        // A disk that fails may fail at the very end, too.
      }
      disk.hook(SimulatedDisk.Hook.NONE);
    }

    private void append(CommitLog.Appender line, Semaphore told) {
      long number = ++last;
      int size = random.nextInt(30) == 0 ? random.nextInt(90_000) : random.nextInt(3000);
      line.append(
          record(number, size),
          new LogListener() {
            @Override
            public void committed(long position) {
              committed.put(number, position);
              told.release();
            }

            @Override
            public void failed(HostException failure) {
              failed.add(number);
              line.reset();
              told.release();
            }
          });
    }
  }

  @Property(tries = 60, seed = "20261125")
  void acknowledgedRecordsAreThereAndFailedOnesAreNot(@ForAll Random random) {
    check(random, 0);
  }

  @Property(tries = 60, seed = "20261126")
  void soTheyAreOnADiskThatFails(@ForAll Random random) {
    check(random, 0.03);
  }

  private static void check(Random random, double faults) {
    SimulatedDisk disk = new SimulatedDisk(new Random(random.nextLong()));
    Life first = new Life(disk, random, 1);
    first.run(APPENDS, IMAGES, faults, (p, r) -> {});
    for (Known known : first.images) {
      SimulatedDisk image = random.nextInt(4) == 0 ? known.disk() : lost(known.disk(), random);
      // The first recovery is cut short, too.
      Life second = new Life(image, random, first.last + 1);
      TreeMap<Long, Long> found = new TreeMap<>();
      second.run(20, 3, 0, consumer(found));
      assertPrefix(known, first, found);
      for (Known later : second.images) {
        TreeMap<Long, Long> again = new TreeMap<>();
        open(lost(later.disk(), random), consumer(again)).close();
        Map<Long, Long> ofFirst = again.headMap(first.last, true);
        assertPrefix(known.released(later.released()), first, ofFirst);
        if (!again.tailMap(first.last, false).isEmpty()) {
          // What was there when the second life began is there, and nothing else has come back.
          assertThat(ofFirst.keySet())
              .containsAll(live(found, later.released()).keySet())
              .allMatch(found::containsKey);
        }
        assertPrefix(later, second, again.tailMap(first.last, false));
      }
    }
  }

  /**
   * @param life in which what is known was known; by now it knows all
   */
  private static void assertPrefix(Known known, Life life, Map<Long, Long> found) {
    assertThat(found.keySet())
        .as("acknowledged")
        .containsAll(live(known.committed(), known.released()).keySet());
    if (!found.isEmpty()) {
      TreeMap<Long, Long> sorted = new TreeMap<>(found);
      assertThat(new ArrayList<>(found.values())).as("positions").isSorted();
      for (long n = sorted.firstKey(); n < sorted.lastKey(); n++) {
        assertThat(found.containsKey(n) || life.failed.contains(n)).as("record " + n).isTrue();
      }
    }
    long lastAcknowledged = known.committed().isEmpty() ? 0 : known.committed().lastKey();
    Collection<Long> gone = known.failed().headSet(lastAcknowledged);
    assertThat(found.keySet()).as("failed").noneMatch(gone::contains);
  }

  private static Map<Long, Long> live(Map<Long, Long> records, long released) {
    TreeMap<Long, Long> live = new TreeMap<>(records);
    live.values().removeIf(p -> p < released);
    return live;
  }

  private static SimulatedDisk lost(SimulatedDisk d, Random random) {
    return d.killed(random).powerLoss(new Random(random.nextLong()));
  }

  private static CommitLog open(SimulatedDisk disk, RecordConsumer replay) {
    return CommitLog.open(disk, SMALL, () -> Instant.ofEpochMilli(5000), p -> {}, replay);
  }

  private static RecordConsumer consumer(NavigableMap<Long, Long> found) {
    return (position, record) -> {
      long number = ByteBuffer.wrap(record).getLong();
      assertThat(record).isEqualTo(record(number, record.length - 8));
      assertThat(found.isEmpty() || found.lastEntry().getValue() < position).isTrue();
      assertThat(found.isEmpty() || found.lastKey() < number).isTrue();
      found.put(number, position);
    };
  }

  /** A record whose bytes follow from its number. */
  private static byte[] record(long number, int size) {
    byte[] bytes = new byte[8 + size];
    new Random(number).nextBytes(bytes);
    ByteBuffer.wrap(bytes).putLong(number);
    return bytes;
  }
}
