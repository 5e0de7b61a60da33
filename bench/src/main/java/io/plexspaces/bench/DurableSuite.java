package io.plexspaces.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Durable turns: how many a second, and how long one takes, with the reply after the sync. Beside
 * them what bounds them on this disk, and peers.
 */
final class DurableSuite {
  /** All of these, on the command line. */
  static final String GROUP = "durable";

  /** The limit: nothing but writes and syncs. */
  static final String APPEND = "append";

  private static final String SQLITE = "sqlite";

  /** How many actors, and how many asks of each wait at once. */
  private record Load(int actors, int inFlight) {
    String name() {
      return GROUP + "-" + (actors == 1000 ? "1k" : actors) + "x" + inFlight;
    }
  }

  private static final List<Load> LOADS =
      List.of(
          new Load(1, 1),
          new Load(1, 8),
          new Load(100, 1),
          new Load(100, 8),
          new Load(1000, 1),
          new Load(1000, 8));

  private final Guests guests;
  private final Path scratch;
  private final Consumer<String> progress;

  /**
   * @param scratch a directory on the disk that is measured
   */
  DurableSuite(Guests guests, Path scratch, Consumer<String> progress) {
    this.guests = guests;
    this.scratch = scratch;
    this.progress = progress;
  }

  /** What there is, by name, in the order of the table. */
  static Map<String, String> list() {
    Map<String, String> list = new LinkedHashMap<>();
    for (Load l : LOADS) {
      list.put(
          l.name(),
          "durable turns of "
              + l.actors()
              + (l.actors() == 1 ? " actor, " : " actors, ")
              + l.inFlight()
              + (l.inFlight() == 1 ? " ask" : " asks")
              + " of each at a time, 300 bytes of state");
    }
    return list;
  }

  /** The systems that are compared, by name. */
  Map<String, DurableSystem.Factory> systems() {
    Map<String, DurableSystem.Factory> systems = new LinkedHashMap<>();
    systems.put(APPEND, (directory, actors) -> new GroupAppend(directory));
    systems.put(SQLITE, (directory, actors) -> new SqliteInserts(directory));
    systems.put(Benchmark.PEKKO, PekkoLedger::new);
    systems.put(
        Benchmark.NATIVE,
        (directory, actors) -> new DurableActors(directory, NativeLedger.module(), actors));
    systems.put(
        Language.RUST.id(),
        (directory, actors) ->
            new DurableActors(directory, guests.module(Language.RUST).module(), actors));
    return systems;
  }

  /**
   * @param times of each system, which take turns
   */
  List<DurableTable.Row> measure(
      Predicate<String> chosen, int times, long warmUpMillis, long windowMillis) throws Exception {
    List<DurableTable.Row> rows = new ArrayList<>();
    for (Load load : LOADS) {
      if (chosen.test(load.name())) {
        rows.addAll(measure(load, times, warmUpMillis, windowMillis));
      }
    }
    return rows;
  }

  /** What takes part in one load. */
  private record Contestant(
      String name, DurableSystem system, Latencies latencies, List<Double> rates) {}

  private List<DurableTable.Row> measure(Load load, int times, long warmUpMillis, long windowMillis)
      throws Exception {
    List<DurableTable.Row> rows = new ArrayList<>();
    List<Contestant> contestants = new ArrayList<>();
    Path directory = Files.createDirectories(scratch.resolve(load.name()));
    try {
      for (Map.Entry<String, DurableSystem.Factory> e : systems().entrySet()) {
        try {
          DurableSystem system =
              e.getValue()
                  .open(Files.createDirectories(directory.resolve(e.getKey())), load.actors());
          contestants.add(new Contestant(e.getKey(), system, new Latencies(), new ArrayList<>()));
        } catch (Unavailable why) {
          rows.add(DurableTable.Row.absent(load.name(), e.getKey(), why.why()));
        }
      }
      for (Contestant c : contestants) {
        progress.accept(load.name() + ": warming up " + c.name());
        var _ = window(c.system(), load, warmUpMillis, new Latencies());
      }
      for (int w = 0; w < times; w++) {
        progress.accept(load.name() + ": window " + (w + 1) + " of " + times);
        for (Contestant c : w % 2 == 0 ? contestants : contestants.reversed()) {
          c.rates().add(window(c.system(), load, windowMillis, c.latencies()));
        }
      }
      for (Contestant c : contestants) {
        rows.add(
            DurableTable.Row.measured(
                load.name(),
                c.name(),
                new Samples(c.rates().stream().mapToDouble(Double::doubleValue).toArray()),
                c.latencies()));
      }
    } finally {
      contestants.forEach(c -> c.system().close());
      StartUp.delete(directory);
    }
    return rows;
  }

  /** Turns a second. */
  private static double window(DurableSystem system, Load load, long millis, Latencies latencies)
      throws Exception {
    long begin = System.nanoTime();
    long end = begin + millis * 1_000_000;
    AtomicLong done = new AtomicLong();
    Clients.run(
        load.actors() * load.inFlight(),
        client -> {
          int actor = client % load.actors();
          long n = 0;
          long now = System.nanoTime();
          while (now < end) {
            system.turn(actor);
            long after = System.nanoTime();
            latencies.add(after - now);
            now = after;
            n++;
          }
          done.addAndGet(n);
        });
    return done.get() / ((System.nanoTime() - begin) / 1e9);
  }
}
