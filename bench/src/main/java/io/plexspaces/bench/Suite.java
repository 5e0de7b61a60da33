package io.plexspaces.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** All benchmarks that run inside one process. */
final class Suite {
  /** How many actors of a guest's language there are. */
  static final int GUESTS = 1000;

  private static final int FORKS = 10_000;
  private static final int PRODUCERS = 4;

  /** Compiled guests are large: the JIT takes several times as long as over an actor in Java. */
  private static final int GUEST_WARM_UPS = 3;

  private Suite() {}

  static List<Benchmark> of(GuestCounters guests) {
    return List.of(
        pingPong(1),
        pingPong(64),
        pingPong(1000),
        Benchmark.engine(
            "fan-in-4",
            "messages from 4 threads outside to one actor",
            false,
            () -> PekkoWorkloads.fanIn(PRODUCERS),
            () -> NativeWorkloads.fanIn(PRODUCERS)),
        Benchmark.engine(
            "fork-join-10k",
            "messages from one thread outside to 10,000 actors in turn",
            false,
            () -> PekkoWorkloads.forkJoin(FORKS),
            () -> NativeWorkloads.forkJoin(FORKS)),
        ask(1, true),
        ask(64, false),
        Benchmark.engine(
            "ask-inside-1k",
            "asks that 1,000 actors make of 1,000 others",
            false,
            () -> PekkoWorkloads.askInside(GUESTS),
            () -> NativeWorkloads.askInside(GUESTS)),
        guests(guests, "counter-hot", "increments sent to one counter", false, 1),
        guests(guests, "counter-1k", "increments sent to 1,000 counters in turn", false, GUESTS),
        guests(guests, "counter-ask", "asks of one counter, one after the other", true, 1),
        guests(guests, "counter-ask-1k", "asks of 1,000 counters in turn", true, GUESTS));
  }

  private static Benchmark pingPong(int pairs) {
    return Benchmark.engine(
        "ping-pong-" + pairs,
        "messages between " + pairs + (pairs == 1 ? " pair of actors" : " pairs of actors"),
        false,
        () -> PekkoWorkloads.pingPong(pairs),
        () -> NativeWorkloads.pingPong(pairs));
  }

  private static Benchmark ask(int clients, boolean roundTrip) {
    return Benchmark.engine(
        "ask-" + clients,
        "asks from "
            + clients
            + (clients == 1 ? " virtual thread" : " virtual threads")
            + " outside",
        roundTrip,
        () -> PekkoWorkloads.ask(clients),
        () -> NativeWorkloads.ask(clients));
  }

  /** Makes counters. */
  private interface Maker {
    Counters make() throws Exception;
  }

  private static Benchmark guests(
      GuestCounters guests, String name, String what, boolean ask, int n) {
    Map<String, Workload.Factory> systems = new LinkedHashMap<>();
    Map<String, Maker> makers = new LinkedHashMap<>();
    makers.put(Benchmark.PEKKO, () -> PekkoWorkloads.counters(n));
    makers.put(Benchmark.NATIVE, () -> guests.nativeCounters(n));
    makers.put(Benchmark.RUST, () -> guests.rustCounters(n));
    makers.put(Benchmark.TYPESCRIPT, () -> guests.typescriptCounters(n));
    makers.forEach((system, maker) ->
        systems.put(
            system,
            () -> ask ? Counters.asks(maker.make(), n) : Counters.messages(maker.make(), n)));
    return new Benchmark(name, what, GUEST_WARM_UPS, ask, systems);
  }
}
