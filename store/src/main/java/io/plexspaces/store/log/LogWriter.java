package io.plexspaces.store.log;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The thread that writes. It takes all that waits, writes it with one write, forces it, and hands
 * it to the notifier.
 */
final class LogWriter implements Runnable {
  /** More than this does not go with one write, however much waits. */
  private static final int MOST_AT_ONCE = 4 << 20;

  /** Listeners that are told by the writer itself if nothing waits. */
  private static final int FEW = 4;

  private final LogFiles files;
  private final LogOptions options;
  private final SegmentPool pool;
  private final LiveSegments live;
  private final Notifier notifier;
  private final LogCounters counters;
  private final Housekeeping housekeeping;
  private final Inbox<Entry> inbox = new Inbox<>();
  private final SecureRandom random = new SecureRandom();

  private volatile long released;
  private volatile long end;
  private volatile @Nullable HostException stalled;
  private volatile boolean closing;
  private volatile boolean ended;

  /** Where the next record goes; null if a segment must be begun for it. */
  private @Nullable Segment current;

  /** Whether the segment behind {@link #end} has bytes that must never count. */
  private boolean unsealed;

  /** The owner has been asked to release everything below it. */
  private long asked;

  private @Nullable Arena arena;
  private ByteBuffer stage = ByteBuffer.allocate(0);

  /** The segment that is being written. */
  private record Segment(SegmentPool.Prepared file, int salt) {}

  LogWriter(
      LogFiles files,
      LogOptions options,
      Housekeeping housekeeping,
      LiveSegments live,
      Notifier notifier,
      LogCounters counters,
      Recovery found) {
    this.files = files;
    this.options = options;
    this.housekeeping = housekeeping;
    this.pool = housekeeping.pool();
    this.live = live;
    this.notifier = notifier;
    this.counters = counters;
    this.released = found.control().oldest();
    this.end = found.end();
  }

  void append(Entry e) {
    if (ended) {
      e.fail(LogErrors.closed());
      Notifier.tell(e);
      return;
    }
    counters.queuedRecords.incrementAndGet();
    counters.queuedBytes.addAndGet(e.record.length);
    inbox.add(e);
    if (ended) {
      failLeft();
    }
  }

  long end() {
    return end;
  }

  long released() {
    return released;
  }

  /** {@code position} is not below an earlier one. */
  void release(long position) {
    released = position;
    inbox.wake();
  }

  void stalled(@Nullable HostException failure) {
    stalled = failure;
    inbox.wake();
  }

  /** What can be written is written, then the thread ends. */
  void close() {
    closing = true;
    inbox.wake();
  }

  @Override
  public void run() {
    try {
      while (true) {
        if (!inbox.isEmpty()) {
          step();
        } else if (closing) {
          break;
        } else {
          inbox.await(() -> closing);
        }
      }
    } finally {
      closeCurrent();
      pool.close();
      if (arena != null) {
        arena.close();
      }
      ended = true;
      failLeft();
    }
  }

  /** Appends that came while the thread ended. */
  private synchronized void failLeft() {
    for (Entry e = poll(); e != null; e = poll()) {
      e.fail(LogErrors.closed());
      Notifier.tell(e);
    }
  }

  private void step() {
    List<Entry> batch = new ArrayList<>();
    try {
      Entry first = refuse(batch);
      if (first != null && (current == null || room(current) < first.bytes()) && !begin(first)) {
        return;
      }
      if (first != null && current != null) {
        write(current, batch);
      }
    } catch (IOException e) {
      failAll(batch, LogErrors.unavailable(currentPath(), e));
    } catch (HostException e) {
      failAll(batch, e);
    } catch (RuntimeException | Error e) {
      failAll(batch, new HostException(ErrorCode.INTERNAL, "writing the commit log: " + e, e));
    } finally {
      tell(batch);
    }
  }

  /**
   * Where nothing waits, the few listeners of a small batch are told from here: that spares the
   * time it takes to wake another thread.
   */
  private void tell(List<Entry> batch) {
    if (batch.size() <= FEW && inbox.isEmpty() && notifier.isIdle()) {
      batch.forEach(Notifier::tell);
    } else {
      notifier.ended(batch);
    }
  }

  /**
   * Takes away what cannot be written.
   *
   * @return the first that can, still queued
   */
  private @Nullable Entry refuse(List<Entry> batch) {
    while (true) {
      Entry e = inbox.peek();
      HostException refusal = e == null ? null : e.refusal();
      if (e == null || refusal == null) {
        return e;
      }
      poll();
      e.fail(refusal);
      counters.failed.increment();
      batch.add(e);
    }
  }

  private void write(Segment s, List<Entry> batch) throws IOException {
    int at = (int) Positions.offset(end);
    int staged = 0;
    int records = 0;
    long begin = System.nanoTime();
    for (Entry e = refuse(batch); e != null; e = refuse(batch)) {
      if (e.bytes() > s.file().bytes() - at - staged
          || (staged > 0 && staged + e.bytes() > MOST_AT_ONCE)) {
        break;
      }
      poll();
      batch.add(e);
      long position = Positions.of(s.file().number(), at + staged);
      unsealed = true;
      if (e.bytes() > MOST_AT_ONCE) {
        writeLarge(s, e, position, at);
      } else {
        stage(s, e, staged, position, at);
      }
      e.committed(position);
      staged += e.bytes();
      records++;
    }
    LogFiles.LogFile file = s.file().file();
    if (staged <= MOST_AT_ONCE) {
      file.write(stage.limit(staged).position(0), at);
    }
    file.force();
    end = Positions.of(s.file().number(), at + staged);
    unsealed = false;
    counters.committed(
        records, staged - (long) records * RecordFrame.BYTES, System.nanoTime() - begin);
    if (at + staged > s.file().bytes() / 2) {
      pool.prepare();
    }
  }

  private void stage(Segment s, Entry e, int to, long position, int batchAt) {
    growStage(to + e.bytes(), to);
    RecordFrame.put(stage, to, e.record.length, position, batchAt);
    stage.put(to + RecordFrame.BYTES, e.record);
    CRC32C crc = new CRC32C();
    crc.update(stage.limit(to + e.bytes()).position(to + RecordFrame.LENGTH));
    stage.clear();
    stage.putInt(to, (int) crc.getValue() ^ s.salt());
  }

  /** A record that is too large for the stage goes through it in pieces. */
  private void writeLarge(Segment s, Entry e, long position, int batchAt) throws IOException {
    growStage(MOST_AT_ONCE, 0);
    RecordFrame.put(stage, 0, e.record.length, position, batchAt);
    stage.putInt(0, RecordFrame.sum(stage, 0, e.record, s.salt()));
    stage.position(RecordFrame.BYTES);
    long at = Positions.offset(position);
    for (int done = 0; done < e.record.length; ) {
      int n = Math.min(stage.remaining(), e.record.length - done);
      stage.put(e.record, done, n).flip();
      int length = stage.limit();
      s.file().file().write(stage, at);
      stage.clear();
      at += length;
      done += n;
    }
  }

  private void growStage(int wanted, int keep) {
    stage.clear();
    if (stage.capacity() >= wanted) {
      return;
    }
    int size = Math.min(MOST_AT_ONCE, Math.max(256 << 10, Integer.highestOneBit(wanted) * 2));
    Arena larger = Arena.ofConfined();
    ByteBuffer b = larger.allocate(size).asByteBuffer();
    b.put(0, stage, 0, keep);
    stage = b;
    if (arena != null) {
      arena.close();
    }
    arena = larger;
  }

  private long room(Segment s) {
    return s.file().bytes() - Positions.offset(end);
  }

  /**
   * Begins a segment in which {@code first} has room.
   *
   * @return false if there is no room for it yet; then it waited, or what waits has failed
   */
  private boolean begin(Entry first) throws IOException {
    long bytes =
        Math.max(options.segmentBytes(), pages(SegmentHeader.BYTES + (long) first.bytes()));
    if (!hasRoom(bytes)) {
      waitForRoom(bytes);
      return false;
    }
    begin(bytes);
    return true;
  }

  private boolean hasRoom(long bytes) {
    long taken = live.bytes(released, end);
    return taken == 0 || taken + bytes <= options.maxLiveBytes();
  }

  private void waitForRoom(long bytes) {
    HostException why = closing ? LogErrors.closed() : stalled;
    if (why != null) {
      throw why;
    }
    if (asked < end) {
      asked = end;
      notifier.wanted(end);
    }
    inbox.awaitCondition(() -> hasRoom(bytes) || closing || stalled != null);
  }

  private void begin(long bytes) throws IOException {
    SegmentPool.Prepared file = pool.take(bytes);
    // Once its header may be on disk, nothing may be added to the segment before it.
    closeCurrent();
    SegmentHeader header = new SegmentHeader(file.number(), end, released, random.nextInt());
    try {
      file.file().write(header.encode(), 0);
      file.file().force();
    } catch (IOException e) {
      pool.failed(file);
      throw LogErrors.unavailable(files.path(file.name()), e);
    }
    live.begun(file.number(), file.bytes(), end);
    current = new Segment(file, header.salt());
    end = header.begin();
    unsealed = false;
    counters.segmentsBegun.increment();
    housekeeping.note(released, end);
    if (live.bytes(released, end) > options.maxLiveBytes() / 2) {
      asked = end;
      notifier.wanted(end);
    }
  }

  /**
   * After a fault of the disk: the batch fails, and all that waits behind it. Where bytes of the
   * batch may have reached the disk, a new segment is begun at once, which says that they do not
   * count; only then is anybody told.
   */
  private void failAll(List<Entry> batch, HostException why) {
    for (Entry e : batch) {
      if (!e.hasFailed()) {
        e.fail(why);
        counters.failed.increment();
      }
    }
    if (unsealed && current != null) {
      seal();
    }
    for (Entry e = poll(); e != null; e = poll()) {
      HostException refusal = e.refusal();
      e.fail(refusal == null ? why : refusal);
      counters.failed.increment();
      batch.add(e);
    }
  }

  private void seal() {
    closeCurrent();
    try {
      begin(options.segmentBytes());
    } catch (IOException | RuntimeException e) {
      System.getLogger(LogWriter.class.getName())
          .log(
              System.Logger.Level.WARNING,
              "the commit log cannot go on behind a failed write; the next append tries again: {0}",
              e.getMessage());
    }
  }

  private void closeCurrent() {
    Segment s = current;
    current = null;
    if (s != null) {
      try {
        s.file().file().close();
      } catch (IOException e) {
        System.getLogger(LogWriter.class.getName())
            .log(System.Logger.Level.WARNING, "closing " + files.path(s.file().name()), e);
      }
    }
  }

  private Path currentPath() {
    return files.path(SegmentHeader.name(Positions.segment(end)));
  }

  private @Nullable Entry poll() {
    Entry e = inbox.poll();
    if (e != null) {
      counters.queuedRecords.decrementAndGet();
      counters.queuedBytes.addAndGet(-e.record.length);
    }
    return e;
  }

  private static long pages(long bytes) {
    return (bytes + 4095) / 4096 * 4096;
  }
}
