package io.plexspaces.tuplespace;

import io.plexspaces.api.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Measures turns that write and take while 100,000 other tuples are there. Run by hand:
 *
 * <pre>java -cp target/classes:target/test-classes:... io.plexspaces.tuplespace.Throughput</pre>
 */
final class Throughput {
  private static final int RESIDENT = 100_000;
  private static final int TURNS = 200_000;

  private Throughput() {}

  public static void main(String[] args) throws Exception {
    FakeNode node = new FakeNode(System::nanoTime, 1L << 30);
    long before = used();
    FakeTurn filler = node.turn("filler");
    for (int i = 0; i < RESIDENT; i++) {
      filler.write("['resident'," + i + ",'value " + i % 100 + "']");
    }
    filler.commit();
    System.out.printf(
        Locale.ROOT,
        "%d resident tuples: %d bytes of heap each, counted as %d each%n",
        node.spaces.size(FakeNode.APP),
        (used() - before) / RESIDENT,
        node.space().bytes() / RESIDENT);
    for (int round = 0; round < 3; round++) {
      for (int threads : new int[] {1, 2}) {
        measure("write, then take in another turn", node, threads, Throughput::writeAndTake);
      }
      measure("take a resident one and fail", node, 1, Throughput::takeAndFail);
      measure("read a resident one", node, 1, Throughput::read);
    }
  }

  private interface Work {
    void run(FakeNode node, String key, int i);
  }

  private static Tuple tuple(String key, int i) {
    return new Tuple(
        List.of(new Value.Str("job"), new Value.Str(key), new Value.Int(i)), Tuple.NEVER);
  }

  private static Pattern pattern(String kind, Value second) {
    return new Pattern(List.of(new Value.Str(kind), second, Value.NULL));
  }

  private static void writeAndTake(FakeNode node, String key, int i) {
    FakeTurn writer = node.turn(key);
    String lease = node.space().write(writer, tuple(key, i));
    writer.commit();
    FakeTurn taker = node.turn(key);
    Tuple t = node.space().take(taker, pattern("job", new Value.Str(key)), 0, false);
    taker.commit();
    if (t == null) {
      throw new IllegalStateException(lease + " is lost");
    }
  }

  private static void takeAndFail(FakeNode node, String key, int i) {
    FakeTurn taker = node.turn(key);
    int n = i * 7919 % RESIDENT;
    Tuple t = node.space().take(taker, pattern("resident", new Value.Int(Math.abs(n))), 0, false);
    taker.rollBack();
    if (t == null) {
      throw new IllegalStateException(n + " is lost");
    }
  }

  private static void read(FakeNode node, String key, int i) {
    FakeTurn reader = node.turn(key);
    int n = Math.abs(i * 7919 % RESIDENT);
    if (node.space().read(reader, pattern("resident", new Value.Int(n)), 0) == null) {
      throw new IllegalStateException(n + " is lost");
    }
    reader.commit();
  }

  private static void measure(String what, FakeNode node, int threads, Work work)
      throws InterruptedException {
    long start = System.nanoTime();
    List<Thread> running = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      String key = "worker" + t;
      running.add(
          Thread.ofVirtual()
              .start(() -> {
                for (int i = 0; i < TURNS; i++) {
                  work.run(node, key, i);
                }
              }));
    }
    for (Thread t : running) {
      t.join();
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    System.out.printf(
        Locale.ROOT, "%-34s %d threads: %,.0f/s%n", what, threads, threads * TURNS / seconds);
  }

  private static long used() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
