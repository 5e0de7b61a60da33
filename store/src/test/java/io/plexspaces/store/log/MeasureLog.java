package io.plexspaces.store.log;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.HostException;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.journal.TurnOutcome;
import io.plexspaces.api.journal.TurnRecord;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;

/**
 * Prints what the commit log costs on this disk:
 *
 * <pre>
 * mvn -q -pl store -am test-compile exec:java -Dexec.classpathScope=test \
 *     -Dexec.mainClass=io.plexspaces.store.log.MeasureLog -Dexec.args=/a/directory/on/the/disk
 * </pre>
 */
final class MeasureLog {
  private static final int RECORD = 700;
  private static final long NANOS = 3_000_000_000L;

  private final Path directory;

  private MeasureLog(Path directory) {
    this.directory = directory;
  }

  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory(Path.of(arguments[0]), "log");
    try {
      MeasureLog m = new MeasureLog(directory);
      m.codec();
      for (int warm = 0; warm < 2; warm++) {
        for (int producers : new int[] {1, 100, 1000}) {
          for (int inFlight : new int[] {1, 8}) {
            m.producers(producers, inFlight, warm == 1);
          }
        }
      }
      m.turns();
    } finally {
      delete(directory);
    }
  }

  /** Producers that each wait for their records, so many of them at a time. */
  private void producers(int producers, int inFlight, boolean print)
      throws IOException, InterruptedException {
    long nanos = print ? NANOS : NANOS / 3;
    long[][] latencies = new long[producers][];
    LogStats s;
    double seconds;
    try (CommitLog log = open()) {
      byte[] record = new byte[RECORD];
      long begin = System.nanoTime();
      Thread[] threads = new Thread[producers];
      for (int p = 0; p < producers; p++) {
        int producer = p;
        threads[p] =
            Thread.ofVirtual()
                .start(() -> latencies[producer] = produce(log, record, inFlight, begin + nanos));
      }
      for (Thread t : threads) {
        t.join();
      }
      seconds = (System.nanoTime() - begin) / 1e9;
      s = log.stats();
    }
    if (print) {
      long[] all = Stream.of(latencies).flatMapToLong(Arrays::stream).sorted().toArray();
      long batch = s.records() / s.commits();
      System.out.printf(
          Locale.ROOT,
          "%4d producers, %d in flight: %7.0f records/s, p50 %5d us, p99 %5d us, %4d a force;"
              + " bare write and force of as many: p50 %d us%n",
          producers,
          inFlight,
          s.records() / seconds,
          all[all.length / 2] / 1000,
          all[(int) (all.length * 0.99)] / 1000,
          batch,
          bare((int) batch));
    }
  }

  private static long[] produce(CommitLog log, byte[] record, int inFlight, long until) {
    long[] latencies = new long[1 << 16];
    int n = 0;
    Semaphore places = new Semaphore(inFlight);
    CommitLog.Appender line = log.appender();
    int[] count = {0};
    while (System.nanoTime() < until) {
      places.acquireUninterruptibly();
      long begin = System.nanoTime();
      line.append(
          record,
          new Told(() -> {
            long[] l = latencies;
            l[count[0]++ & (l.length - 1)] = System.nanoTime() - begin;
            places.release();
          }));
      n++;
    }
    places.acquireUninterruptibly(inFlight);
    return Arrays.copyOf(latencies, Math.min(n, latencies.length));
  }

  /** As a log without anything around it: one thread that writes into zeros and forces. */
  private long bare(int records) throws IOException {
    Path file = directory.resolve("bare");
    int bytes = records * (RECORD + RecordFrame.BYTES);
    long[] nanos = new long[400];
    try (FileChannel c =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      ByteBuffer zeros = ByteBuffer.allocateDirect(8 << 20);
      c.write(zeros, 0);
      c.force(true);
      ByteBuffer b = ByteBuffer.allocateDirect(bytes);
      long at = 0;
      for (int i = 0; i < nanos.length; i++) {
        at = at + bytes > zeros.capacity() ? 0 : at;
        long begin = System.nanoTime();
        c.write(b.clear(), at);
        c.force(false);
        nanos[i] = System.nanoTime() - begin;
        at += bytes;
      }
    }
    Arrays.sort(nanos);
    return nanos[nanos.length / 2] / 1000;
  }

  /** Turns with a state of 300 bytes, encoded and written by 1,000 producers. */
  private void turns() throws InterruptedException {
    try (CommitLog log = open()) {
      LogRecord.Turn turn = turn();
      for (int round = 0; round < 2; round++) {
        LogStats before = log.stats();
        long begin = System.nanoTime();
        Thread[] threads = new Thread[1000];
        for (int p = 0; p < threads.length; p++) {
          threads[p] = Thread.ofVirtual().start(() -> appendTurns(log, turn, begin + NANOS));
        }
        for (Thread t : threads) {
          t.join();
        }
        double seconds = (System.nanoTime() - begin) / 1e9;
        LogStats s = log.stats();
        if (round == 1) {
          System.out.printf(
              Locale.ROOT,
              "turns of 1000 producers with 8 in flight, encoded and written: %.0f/s of %d bytes%n",
              (s.records() - before.records()) / seconds,
              LogRecords.encode(turn).length);
        }
      }
    }
  }

  private static void appendTurns(CommitLog log, LogRecord.Turn turn, long until) {
    CommitLog.Appender line = log.appender();
    Semaphore places = new Semaphore(8);
    while (System.nanoTime() < until) {
      places.acquireUninterruptibly();
      line.append(LogRecords.encode(turn), new Told(places::release));
    }
    places.acquireUninterruptibly(8);
  }

  private void codec() {
    LogRecord.Turn turn = turn();
    byte[] bytes = LogRecords.encode(turn);
    long sum = 0;
    for (int round = 0; round < 5; round++) {
      long begin = System.nanoTime();
      for (int i = 0; i < 500_000; i++) {
        sum += LogRecords.encode(turn).length;
      }
      long encoded = System.nanoTime();
      for (int i = 0; i < 500_000; i++) {
        sum += LogRecords.decode(bytes) instanceof LogRecord.Turn t ? t.turn().seq() : 0;
      }
      long decoded = System.nanoTime();
      if (round == 4) {
        System.out.printf(
            Locale.ROOT,
            "a turn of %d bytes: encode %d ns, decode %d ns (%d)%n",
            bytes.length,
            (encoded - begin) / 500_000,
            (decoded - encoded) / 500_000,
            sum % 10);
      }
    }
  }

  private static LogRecord.Turn turn() {
    return new LogRecord.Turn(
        new ActorId(new AppId("acme", "shop"), "counter", "apples-17"),
        1_700_000_000_000L,
        TurnRecord.builder(12345, 1_700_000_000_000L, new MessageId(77, 99))
            .from("shop/front/1")
            .operation("add", "call", Payload.json("{\"by\":1}"))
            .outcome(new TurnOutcome.Replied(Payload.json("{\"n\":12345}")))
            .state(Payload.json("x".repeat(300)))
            .received(new TurnRecord.Received("shop/front/1", 1_700_000_000_000L, 77, 70))
            .code("sha256:" + "0123456789abcdef".repeat(4), "0123456789abcdef".repeat(2))
            .build());
  }

  private CommitLog open() {
    CompletableFuture<CommitLog> self = new CompletableFuture<>();
    CommitLog log =
        CommitLog.open(
            directory.resolve("log"),
            LogOptions.DEFAULT,
            InstantSource.system(),
            position -> self.join().release(position),
            (p, r) -> {});
    self.complete(log);
    return log;
  }

  private record Told(Runnable then) implements LogListener {
    @Override
    public void committed(long position) {
      then.run();
    }

    @Override
    public void failed(HostException failure) {
      throw failure;
    }
  }

  private static void delete(Path tree) throws IOException {
    try (Stream<Path> all = Files.walk(tree)) {
      for (Path p : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(p);
      }
    }
  }
}
