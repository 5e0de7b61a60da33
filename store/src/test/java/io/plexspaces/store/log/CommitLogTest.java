package io.plexspaces.store.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommitLogTest {
  private static final int SEGMENT = 64 << 10;
  private static final LogOptions SMALL = new LogOptions(SEGMENT, 4 * SEGMENT);
  private static final InstantSource CLOCK = () -> Instant.ofEpochMilli(1_000_000);

  @TempDir Path root;
  private final LinkedBlockingQueue<Long> wanted = new LinkedBlockingQueue<>();
  private final List<byte[]> replayed = new ArrayList<>();
  private final List<Long> positions = new ArrayList<>();

  @Test
  void whatWasCommittedIsReplayedInOrderWithItsPositions() {
    List<Long> committed = new ArrayList<>();
    try (CommitLog log = open()) {
      for (int i = 0; i < 500; i++) {
        committed.add(append(log, record(i, 100 + i)).position());
      }
    }
    assertThat(committed).isSorted().doesNotHaveDuplicates();
    open().close();
    assertThat(positions).isEqualTo(committed);
    assertRecords(0, 500);
  }

  @Test
  void appendsOfManyThreadsShareForces() throws InterruptedException {
    int threads = 200;
    CountDownLatch done = new CountDownLatch(threads * 50);
    try (CommitLog log = open(LogOptions.DEFAULT)) {
      for (int t = 0; t < threads; t++) {
        CommitLog.Appender line = log.appender();
        Thread.ofVirtual()
            .start(() -> {
              for (int i = 0; i < 50; i++) {
                line.append(new byte[100], listener(done));
              }
            });
      }
      assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
      LogStats s = log.stats();
      assertThat(s.records()).isEqualTo(threads * 50L);
      assertThat(s.bytes()).isEqualTo(threads * 5000L);
      assertThat(s.commits()).isLessThan(s.records() / 2);
      assertThat(s.queuedRecords()).isZero();
      assertThat(s.queuedBytes()).isZero();
    }
  }

  @Test
  void listenersAreCalledInTheOrderOfAppends() {
    List<Integer> order = new ArrayList<>();
    try (CommitLog log = open()) {
      for (int i = 0; i < 1000; i++) {
        int n = i;
        log.append(
            record(i, 50),
            new LogListener() {
              @Override
              public void committed(long position) {
                order.add(n);
              }

              @Override
              public void failed(HostException failure) {
                throw failure;
              }
            });
      }
    }
    assertThat(order).hasSize(1000).isSorted();
  }

  @Test
  void aRecordLargerThanASegmentAndThanAllRoomIsKept() throws InterruptedException {
    byte[] large = new byte[10 * SEGMENT];
    Arrays.fill(large, (byte) 7);
    try (CommitLog log = open()) {
      append(log, record(0, 10)).position();
      Watched w = append(log, large);
      log.release(next());
      w.position();
    }
    try (CommitLog log = open()) {
      assertThat(replayed).containsExactly(large);
      Watched next = append(log, record(1, 10));
      // Behind the last record is as good as the end.
      log.release(wanted(log.end()) - large.length);
      next.position();
    }
    open().close();
    assertThat(replayed).containsExactly(record(1, 10));
  }

  @Test
  void aRecordBeyondTheLimitIsRefused() {
    try (CommitLog log = open()) {
      CommitLog.Appender line = log.appender();
      Watched first = new Watched();
      Watched behind = new Watched();
      line.append(new byte[CommitLog.MAX_RECORD_BYTES + 1], first);
      line.append(record(0, 10), behind);
      Watched other = append(log, record(1, 10));
      assertThat(first.failure().code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
      assertThat(first.failure().error().message()).contains("536870913").contains("536870912");
      assertThat(behind.failure().code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
      other.position();
      line.reset();
      Watched again = new Watched();
      line.append(record(2, 10), again);
      again.position();
    }
  }

  @Test
  void whatIsReleasedIsNotReplayedAfterAnOrderlyClose() {
    try (CommitLog log = open()) {
      for (int i = 0; i < 100; i++) {
        append(log, record(i, 100)).position();
      }
      Watched at = append(log, record(100, 100));
      log.release(at.position());
      append(log, record(101, 100)).position();
      assertThat(log.oldest()).isEqualTo(at.position());
    }
    try (CommitLog log = open()) {
      assertRecords(100, 102);
      log.release(log.end());
    }
    replayed.clear();
    try (CommitLog log = open()) {
      assertThat(replayed).isEmpty();
      append(log, record(0, 5)).position();
    }
    open().close();
    assertRecords(0, 1);
  }

  @Test
  void fullSegmentsAreUsedAgain() throws IOException {
    long used;
    try (CommitLog log = open()) {
      for (int i = 0; i < 3000; i++) {
        append(log, record(i, 1000));
        if (i % 20 == 0) {
          log.release(append(log, record(i, 1)).position());
        }
      }
      append(log, record(0, 1)).position();
      LogStats s = log.stats();
      assertThat(s.segmentsBegun()).isGreaterThan(40);
      assertThat(s.segmentsMade()).isLessThan(12);
      used = s.liveBytes();
    }
    assertThat(used).isLessThanOrEqualTo(SMALL.maxLiveBytes());
    try (Stream<Path> files = Files.list(root.resolve("log"))) {
      assertThat(files.count()).isLessThan(12);
    }
  }

  @Test
  void manyReleasesShareAWriteOfTheControlFile() throws InterruptedException {
    SimulatedDisk disk = new SimulatedDisk(new Random(1));
    CountDownLatch all = new CountDownLatch(1);
    AtomicInteger operations = new AtomicInteger();
    try (CommitLog log =
        CommitLog.open(disk, SMALL, CLOCK, wanted::add, (position, record) -> {})) {
      for (int i = 0; i < 150; i++) {
        append(log, record(i, 1000)).position();
      }
      log.nextEpoch();
      disk.hook((operation, name) -> {
        if (name.equals(Control.NAME)) {
          operations.incrementAndGet();
          await(all);
        }
        return SimulatedDisk.Fault.NONE;
      });
      for (long p = 1000; p > 0; p--) {
        log.release(log.end() - p);
      }
      all.countDown();
    }
    // One for what was released, one for what came meanwhile, one at the end: written and forced.
    assertThat(operations.get()).isBetween(4, 6);
  }

  @Test
  void aFullLogAsksForRoomAndWaitsForIt() throws InterruptedException {
    try (CommitLog log = open()) {
      List<Watched> all = new ArrayList<>();
      for (int i = 0; i < 400; i++) {
        all.add(append(log, record(i, 1000)));
      }
      Long first = wanted.poll(10, TimeUnit.SECONDS);
      assertThat(first).isPositive();
      assertThat(Positions.segment(first)).isEqualTo(3);
      Long full = lastWanted(4);
      assertThat(full).isEqualTo(log.end());
      assertThat(all.getLast().isDone()).isFalse();
      assertThat(log.stats().queuedRecords()).isPositive();
      assertThat(log.stats().queuedBytes()).isEqualTo(log.stats().queuedRecords() * 1000);
      while (!all.getLast().isDone()) {
        log.release(next());
      }
      all.getLast().position();
    }
  }

  @Test
  void aStalledOwnerOfAFullLogFailsAppendsUntilItIsBack() throws InterruptedException {
    HostException why = new HostException(ErrorCode.UNAVAILABLE, "the applier has no disk");
    try (CommitLog log = open()) {
      List<Watched> all = new ArrayList<>();
      for (int i = 0; i < 400; i++) {
        all.add(append(log, record(i, 1000)));
      }
      long end = lastWanted(4);
      log.stalled(why);
      assertThat(all.getLast().failure()).isSameAs(why);
      assertThat(append(log, record(0, 2000)).failure()).isSameAs(why);
      log.resumed();
      Watched waits = append(log, record(0, 2000));
      log.release(end);
      waits.position();
    }
  }

  @Test
  void closeWritesWhatWaitsAndFailsWhatComesLater() {
    List<Watched> all = new ArrayList<>();
    CommitLog log = open();
    for (int i = 0; i < 100; i++) {
      all.add(append(log, record(i, 10)));
    }
    log.close();
    all.forEach(Watched::position);
    assertThat(append(log, record(0, 1)).failure().error().message()).contains("closed");
    assertThatThrownBy(log::nextEpoch).isInstanceOf(HostException.class);
    log.close();
  }

  @Test
  void closeFailsWhatWaitsForRoom() throws InterruptedException {
    CommitLog log = open();
    List<Watched> all = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      all.add(append(log, record(i, 1000)));
    }
    lastWanted(4);
    log.close();
    assertThat(all.getLast().failure().code()).isEqualTo(ErrorCode.UNAVAILABLE);
  }

  @Test
  void epochsRiseOverRestartsAndAreNotBelowTheClock() {
    long last = 0;
    for (int life = 0; life < 3; life++) {
      try (CommitLog log = open()) {
        for (int i = 0; i < 40_000; i++) {
          long next = log.nextEpoch();
          assertThat(next).isGreaterThan(last).isGreaterThanOrEqualTo(CLOCK.millis());
          last = next;
        }
      }
    }
    assertThat(last).isEqualTo(CLOCK.millis() + 120_000 - 1);
    // A process that is killed has not noted the last one.
    copy(root.resolve("log"), root.resolve("killed"));
    try (CommitLog log = open()) {
      last = log.nextEpoch();
      copy(root.resolve("log"), root.resolve("killed"));
    }
    try (CommitLog log = open(root.resolve("killed"))) {
      assertThat(log.nextEpoch()).isGreaterThan(last);
    }
  }

  @Test
  void readChangesNothing() throws IOException {
    try (CommitLog log = open()) {
      append(log, record(0, 10)).position();
      append(log, record(1, 10)).position();
    }
    Path copy = root.resolve("copy");
    copy(root.resolve("log"), copy);
    List<byte[]> read = new ArrayList<>();
    long end = CommitLog.read(copy, (p, r) -> read.add(r));
    assertThat(read).containsExactly(record(0, 10), record(1, 10));
    assertThat(Positions.offset(end)).isEqualTo(4096 + 60);
    for (Path f : list(copy)) {
      assertThat(f).hasSameBinaryContentAs(root.resolve("log").resolve(f.getFileName()));
    }
    assertThat(CommitLog.read(root.resolve("none"), (p, r) -> {})).isZero();
    assertThat(root.resolve("none")).doesNotExist();
  }

  /** The end of what is known to be committed. */
  private long next() {
    return current().end();
  }

  private CommitLog current() {
    return opened.getLast();
  }

  private final List<CommitLog> opened = new ArrayList<>();

  private long wanted(long position) throws InterruptedException {
    Long next;
    do {
      next = wanted.poll(10, TimeUnit.SECONDS);
      assertThat(next).as("asked for room").isNotNull();
    } while (next < position);
    return next;
  }

  /** The last that was asked for once the log is full. */
  private long lastWanted(int segments) throws InterruptedException {
    long last = 0;
    while (Positions.segment(last) < segments || Positions.offset(last) == SegmentHeader.BYTES) {
      Long next = wanted.poll(10, TimeUnit.SECONDS);
      assertThat(next).as("asked for room").isNotNull();
      last = next;
    }
    return last;
  }

  private CommitLog open() {
    return open(SMALL);
  }

  private CommitLog open(LogOptions options) {
    return open(root.resolve("log"), options);
  }

  private CommitLog open(Path directory) {
    return open(directory, SMALL);
  }

  private CommitLog open(Path directory, LogOptions options) {
    replayed.clear();
    positions.clear();
    CommitLog log =
        CommitLog.open(
            directory,
            options,
            CLOCK,
            wanted::add,
            (p, r) -> {
              positions.add(p);
              replayed.add(r);
            });
    opened.add(log);
    return log;
  }

  private void assertRecords(int from, int to) {
    assertThat(replayed).hasSize(to - from);
    for (int i = from; i < to; i++) {
      String text = new String(replayed.get(i - from), StandardCharsets.UTF_8);
      assertThat(text).startsWith(i + ":");
    }
  }

  private static Watched append(CommitLog log, byte[] record) {
    Watched w = new Watched();
    log.append(record, w);
    return w;
  }

  private static byte[] record(int n, int size) {
    byte[] text = (n + ":").getBytes(StandardCharsets.UTF_8);
    return Arrays.copyOf(text, Math.max(size, text.length));
  }

  private static LogListener listener(CountDownLatch done) {
    return new LogListener() {
      @Override
      public void committed(long position) {
        done.countDown();
      }

      @Override
      public void failed(HostException failure) {
        throw failure;
      }
    };
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static List<Path> list(Path directory) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.toList();
    }
  }

  private static void copy(Path from, Path to) {
    try {
      Files.createDirectories(to);
      for (Path f : list(from)) {
        Files.write(to.resolve(f.getFileName()), Files.readAllBytes(f));
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
