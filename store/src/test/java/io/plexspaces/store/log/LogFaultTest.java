package io.plexspaces.store.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.store.log.SimulatedDisk.Fault;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class LogFaultTest {
  private static final LogOptions SMALL = new LogOptions(64 << 10, 256 << 10);
  private static final String WRITE = "write";
  private static final String FORCE = "force";
  private static final String FIRST = SegmentHeader.name(1);

  private final SimulatedDisk disk = new SimulatedDisk(new Random(1));

  @Test
  void aFullDiskFailsAppendsUntilThereIsSpaceAndLosesNothing() {
    List<String> kept = new ArrayList<>();
    try (CommitLog log = open(disk)) {
      kept.add(commit(log, "a", 28_000)); // the next file is not made yet
      disk.hook((op, name) -> op.equals(WRITE) && !name.equals(FIRST) ? Fault.FULL : Fault.NONE);
      HostException e = append(log, "b", 40_000).failure();
      assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE);
      assertThat(e.error().message()).contains("disk is full").contains(".log");
      // What fits into the segment that is there is taken.
      kept.add(commit(log, "c", 100));
      assertThat(append(log, "d", 40_000).failure().code()).isEqualTo(ErrorCode.UNAVAILABLE);
      disk.hook(SimulatedDisk.Hook.NONE);
      kept.add(commit(log, "e", 40_000));
    }
    assertThat(replay(disk.powerLoss(new Random(2)))).isEqualTo(kept);
  }

  @Test
  void aRecordWhoseForceFailedIsNeverSeenAgain() {
    for (int seed = 0; seed < 30; seed++) {
      SimulatedDisk d = new SimulatedDisk(new Random(seed));
      List<String> kept = new ArrayList<>();
      CommitLog log = open(d);
      kept.add(commit(log, "a", 1000));
      d.hook((op, name) -> op.equals(FORCE) && name.equals(FIRST) ? Fault.ERROR : Fault.NONE);
      HostException e = append(log, "b", 1000).failure();
      assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE);
      assertThat(e.error().message()).contains(FIRST).contains("Input/output error");
      // It is told only when it cannot come back.
      assertThat(replay(d.killed(new Random(seed)))).isEqualTo(kept);
      assertThat(replay(d.killed(new Random(seed)).powerLoss(new Random(seed)))).isEqualTo(kept);
      kept.add(commit(log, "c", 1000));
      assertThat(replay(d.killed(new Random(seed)).powerLoss(new Random(seed)))).isEqualTo(kept);
      log.close();
    }
  }

  @Test
  void aRecordWhoseWriteFailedIsNotSeenBehindALaterOneThoughTheNextFileFailedToo() {
    for (int seed = 0; seed < 30; seed++) {
      SimulatedDisk d = new SimulatedDisk(new Random(seed));
      List<String> kept = new ArrayList<>();
      CommitLog log = open(d);
      kept.add(commit(log, "a", 1000));
      d.hook((op, name) ->
          !name.equals(Control.NAME) && (op.equals(FORCE) || op.equals(WRITE))
              ? Fault.ERROR
              : Fault.NONE);
      append(log, "b", 1000).failure();
      append(log, "c", 1000).failure();
      d.hook(SimulatedDisk.Hook.NONE);
      kept.add(commit(log, "d", 1000));
      assertThat(replay(d.killed(new Random(seed)))).isEqualTo(kept);
      assertThat(replay(d.killed(new Random(seed)).powerLoss(new Random(seed)))).isEqualTo(kept);
      log.close();
    }
  }

  @Test
  void aFaultFailsWhatWaitsBehindAndALineUntilItsReset() throws InterruptedException {
    CountDownLatch forcing = new CountDownLatch(1);
    CountDownLatch queued = new CountDownLatch(1);
    try (CommitLog log = open(disk)) {
      commit(log, "a", 10);
      disk.hook((op, name) -> {
        if (!op.equals(FORCE) || !name.equals(FIRST)) {
          return Fault.NONE;
        }
        forcing.countDown();
        await(queued);
        return Fault.ERROR;
      });
      CommitLog.Appender line = log.appender();
      Watched first = append(line, "b");
      forcing.await();
      Watched behind = append(line, "c");
      Watched other = append(log.appender(), "d");
      queued.countDown();
      HostException failure = first.failure();
      assertThat(behind.failure()).isSameAs(failure);
      assertThat(other.failure()).isSameAs(failure);
      disk.hook(SimulatedDisk.Hook.NONE);
      assertThat(append(line, "e").failure()).isSameAs(failure);
      append(log.appender(), "f").position();
      line.reset();
      append(line, "g").position();
    }
    assertThat(replay(disk)).containsExactly("a", "f", "g");
  }

  @Test
  void aTornTailIsCutAndStaysAway() {
    CommitLog log = open(disk);
    commit(log, "a", 10);
    SimulatedDisk d = disk.killed(new Random(3));
    write(d, "b", 4096 + 10 + 20, 4096 + 30);
    assertThat(replay(d)).containsExactly("a", "b");
    // Of two records with one write the first is torn.
    SimulatedDisk torn = disk.killed(new Random(3));
    write(torn, "x", 4126 + 21, 4126);
    for (int life = 0; life < 3; life++) {
      try (CommitLog next = open(torn)) {
        commit(next, "life " + life, 10);
      }
    }
    assertThat(replay(torn)).containsExactly("a", "life 0", "life 1", "life 2");
    log.close();
  }

  @Test
  void damageBeforeWhatWasWrittenLaterIsDataLossNamingThePlace() {
    fill();
    SimulatedDisk d = disk.killed(new Random(4));
    d.flip(FIRST, 4096 + 25);
    assertDataLoss(d, FIRST, "byte 4096");
    SimulatedDisk last = disk.killed(new Random(4));
    last.flip(SegmentHeader.name(3), 4096 + 300);
    assertDataLoss(last, SegmentHeader.name(3), "byte 4096");
  }

  @Test
  void aDamagedTailIsNoticedAfterAnOrderlyClose() {
    try (CommitLog log = open(disk)) {
      commit(log, "a", 10);
      commit(log, "b", 10);
    }
    disk.flip(FIRST, 4096 + 30 + 25);
    assertDataLoss(disk, FIRST, "byte 4126");
  }

  @Test
  void missingAndDamagedFilesAreDataLoss() {
    fill();
    for (int segment = 1; segment <= 3; segment++) {
      String name = SegmentHeader.name(segment);
      SimulatedDisk d = disk.killed(new Random(5));
      d.remove(name);
      assertDataLoss(d, name, "missing");
      d = disk.killed(new Random(5));
      d.flip(name, 20);
      assertDataLoss(d, name, "header");
    }
    SimulatedDisk d = disk.killed(new Random(6));
    d.remove(Control.NAME);
    assertDataLoss(d, Control.NAME, "missing");
    d = disk.killed(new Random(6));
    d.flip(Control.NAME, 20);
    d.flip(Control.NAME, 4096 + 20);
    assertDataLoss(d, Control.NAME, "places");
  }

  @Test
  void aLogOfALaterFormatIsRefused() {
    SegmentHeader h = new SegmentHeader(1, 0, 0, 0);
    ByteBuffer b = h.encode();
    b.putInt(8, 2).putInt(44, SegmentHeader.sum(b, 44));
    assertThat(SegmentHeader.format(b)).isEqualTo(2);
    assertThatThrownBy(
            () -> {
              disk.create();
              try (LogFiles.LogFile f = disk.create(FIRST)) {
                f.write(b.clear(), 0);
              }
              open(disk);
            })
        .isInstanceOfSatisfying(
            HostException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION);
              assertThat(e.error().message()).contains(FIRST).contains("format 2");
            });
  }

  @Test
  void anEpochIsNotGivenBeforeItIsOnDisk() {
    try (CommitLog log = open(disk)) {
      disk.hook((op, name) -> name.equals(Control.NAME) ? Fault.ERROR : Fault.NONE);
      long last = 0;
      HostException failure = null;
      while (failure == null) {
        try {
          last = log.nextEpoch();
        } catch (HostException e) {
          failure = e;
        }
      }
      assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
      assertThat(failure.error().message()).contains("control");
      try (CommitLog after = open(disk.killed(new Random(1)).powerLoss(new Random(2)))) {
        assertThat(after.nextEpoch()).isGreaterThan(last);
      }
      disk.hook(SimulatedDisk.Hook.NONE);
      assertThat(log.nextEpoch()).isEqualTo(last + 1);
    }
  }

  /** Three segments of two records each, and the log is still open. */
  private void fill() {
    CommitLog log = open(disk);
    for (int i = 0; i < 6; i++) {
      commit(log, "r" + i, 30_000);
    }
    // Noted by the housekeeping, which runs later.
    for (int i = 0; i < Epochs.ASIDE + 1; i++) {
      log.nextEpoch();
    }
  }

  /**
   * As the log would have written it at {@code offset} with a write that began at {@code batch}.
   */
  private static void write(SimulatedDisk d, String text, int offset, int batch) {
    byte[] record = text.getBytes(StandardCharsets.UTF_8);
    ByteBuffer b = ByteBuffer.allocate(RecordFrame.BYTES + record.length);
    RecordFrame.put(b, 0, record.length, Positions.of(1, offset), batch);
    int salt = ByteBuffer.wrap(d.bytes(FIRST)).getInt(40);
    b.putInt(0, RecordFrame.sum(b, 0, record, salt)).put(RecordFrame.BYTES, record);
    try (LogFiles.LogFile f = d.open(FIRST)) {
      f.write(b.clear(), offset);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void assertDataLoss(SimulatedDisk d, String file, String what) {
    assertThatThrownBy(() -> open(d))
        .isInstanceOfSatisfying(
            HostException.class,
            e -> {
              assertThat(e.code()).as(e.error().message()).isEqualTo(ErrorCode.DATA_LOSS);
              assertThat(e.error().message()).contains(file).contains(what);
            });
  }

  private static List<String> replay(SimulatedDisk d) {
    List<String> all = new ArrayList<>();
    CommitLog.open(d, SMALL, () -> Instant.ofEpochMilli(5000), p -> {}, (p, r) -> all.add(text(r)))
        .close();
    return all;
  }

  private static CommitLog open(SimulatedDisk d) {
    return CommitLog.open(d, SMALL, () -> Instant.ofEpochMilli(5000), p -> {}, (p, r) -> {});
  }

  private static String commit(CommitLog log, String text, int size) {
    append(log, text, size).position();
    return text;
  }

  private static Watched append(CommitLog log, String text, int size) {
    Watched w = new Watched();
    log.append(Arrays.copyOf(text.getBytes(StandardCharsets.UTF_8), size), w);
    return w;
  }

  private static Watched append(CommitLog.Appender line, String text) {
    Watched w = new Watched();
    line.append(text.getBytes(StandardCharsets.UTF_8), w);
    return w;
  }

  private static String text(byte[] record) {
    String s = new String(record, StandardCharsets.UTF_8);
    int end = s.indexOf(0);
    return end < 0 ? s : s.substring(0, end);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
