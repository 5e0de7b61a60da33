package io.plexspaces.bench;

import io.plexspaces.api.guest.GuestModule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** The benchmarks of the languages: the same actor in all of them, in the same engine. */
final class LanguageSuite {
  /** All of these, on the command line. */
  static final String GROUP = "languages";

  /** More rounds of what takes long would say little. */
  private static final int MAX_ROUNDS = 2;

  private final Guests guests;
  private final Path scratch;
  private final Set<Language> languages;

  /** For unit tests, which have no time: fewer actors everywhere. */
  private final int maxActors;

  /**
   * @param languages that take part
   * @param maxActors of round robins and footprints
   */
  LanguageSuite(Guests guests, Path scratch, Set<Language> languages, int maxActors) {
    this.guests = guests;
    this.scratch = scratch;
    this.languages = languages;
    this.maxActors = maxActors;
  }

  /** What there is, by name, in the order of the table. */
  static Map<String, String> list() {
    Map<String, String> list = new LinkedHashMap<>();
    list.put(
        AppStart.NAME, "from an artifact to the first answer, with an empty cache and a full one");
    list.put("json-hot", "asks of one actor, one after the other; JSON in and out");
    list.put("json-1k", "asks of 1,000 actors in turn (GraalPy: 100)");
    list.put("host-hot", "as json-hot, with one host call in the handler");
    list.put("host-1k", "as json-1k, with one host call in the handler");
    list.put("messages-hot", "as json-hot, but sent, and not waited for");
    list.put("spawn", "guests made and closed, without running anything in them");
    list.put(Footprint.NAME, "a new actor's first answer, and what actors keep in memory");
    list.put(Blocked.NAME, "10,000 actors (--blocked) that wait for a slow service at once");
    return list;
  }

  /**
   * @param rounds of what is not measured in windows, at most
   * @param blocked actors that wait at once
   */
  List<Result> measure(
      Measurement measurement,
      Predicate<String> chosen,
      int rounds,
      int blocked,
      Consumer<String> progress)
      throws Exception {
    int times = Math.min(rounds, MAX_ROUNDS);
    List<Result> results = new ArrayList<>();
    if (chosen.test(AppStart.NAME)) {
      AppStart start = new AppStart(guests, scratch, times, progress);
      for (Language l : languages) {
        results.addAll(start.measure(l));
      }
    }
    for (Benchmark b : inWindows()) {
      if (chosen.test(b.name())) {
        results.addAll(measurement.measure(b));
      }
    }
    if (chosen.test(Footprint.NAME)) {
      Footprint footprint = new Footprint(guests, times, progress);
      for (Language l : languages) {
        results.addAll(footprint.measure(l, actors(l)));
      }
    }
    if (chosen.test(Blocked.NAME)) {
      Blocked all = new Blocked(guests, blocked, progress);
      for (Language l : languages) {
        // A polyglot guest waits as cheaply as it lives; ten thousand contexts do not fit.
        if (!l.isPolyglot()) {
          results.addAll(all.measure(l));
        }
      }
    }
    return results;
  }

  List<Benchmark> inWindows() {
    return List.of(
        handler("json-hot", "increment", true, false),
        handler("json-1k", "increment", false, false),
        handler("host-hot", "stamp", true, false),
        handler("host-1k", "stamp", false, false),
        handler("messages-hot", "increment", true, true),
        benchmark("spawn", l -> spawn(guests.module(l).module())));
  }

  private int actors(Language l) {
    return Math.min(l.actors(), maxActors);
  }

  private Benchmark handler(String name, String op, boolean hot, boolean messages) {
    return benchmark(
        name,
        l -> {
          int n = hot ? 1 : actors(l);
          Counters c = GuestCounters.of(guests.module(l).module(), op, n);
          return messages ? Counters.messages(c, n) : Counters.asks(c, n);
        });
  }

  /** Makes the workload of a language. */
  private interface Maker {
    Workload make(Language l) throws Exception;
  }

  private Benchmark benchmark(String name, Maker maker) {
    Map<String, Workload.Factory> systems = new LinkedHashMap<>();
    for (Language l : languages) {
      // What the JIT has learnt of a guest in the first benchmark it knows in the others.
      int warmUps = name.equals("json-hot") ? l.warmUps() : 1;
      systems.put(l.id(), () -> new Warmed(maker.make(l), warmUps));
    }
    return new Benchmark(name, list().getOrDefault(name, ""), 1, true, systems);
  }

  private record Warmed(Workload workload, int warmUps) implements Workload {
    @Override
    public long run(long operations) throws Exception {
      return workload.run(operations);
    }

    @Override
    public void close() {
      workload.close();
    }
  }

  private static Workload spawn(GuestModule module) {
    byte[] seed = new byte[32];
    return new Workload() {
      @Override
      public long run(long operations) {
        for (long i = 0; i < operations; i++) {
          module.spawn(Guests.TYPE, seed).close();
        }
        return operations;
      }

      @Override
      public void close() {}
    };
  }
}
