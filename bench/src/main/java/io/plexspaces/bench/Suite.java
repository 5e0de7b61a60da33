package io.plexspaces.bench;

import java.util.List;

/** The benchmarks of the engine beside Pekko. */
final class Suite {
  private static final int ACTORS = 1000;

  private static final int FORKS = 10_000;
  private static final int PRODUCERS = 4;

  private Suite() {}

  static List<Benchmark> of() {
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
            () -> PekkoWorkloads.askInside(ACTORS),
            () -> NativeWorkloads.askInside(ACTORS)),
        counters("counter-hot", "increments sent to one counter", false, 1),
        counters("counter-1k", "increments sent to 1,000 counters in turn", false, ACTORS),
        counters("counter-ask", "asks of one counter, one after the other", true, 1),
        counters("counter-ask-1k", "asks of 1,000 counters in turn", true, ACTORS));
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

  private static Benchmark counters(String name, String what, boolean ask, int n) {
    return Benchmark.engine(
        name,
        what,
        ask,
        () -> workload(PekkoWorkloads.counters(n), ask, n),
        () -> workload(GuestCounters.of(NativeCounter.module(), "increment", n), ask, n));
  }

  private static Workload workload(Counters counters, boolean ask, int n) {
    return ask ? Counters.asks(counters, n) : Counters.messages(counters, n);
  }
}
