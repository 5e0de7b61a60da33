package io.plexspaces.python;

import com.sun.management.OperatingSystemMXBean;
import io.plexspaces.api.Frame;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.python.PyFixture.Actor;
import io.plexspaces.python.PyFixture.Host;
import io.plexspaces.wasm.ModuleCompiler;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Prints what a Python guest costs: {@code java ... io.plexspaces.python.PythonCosts [cache]}, from
 * this module's folder, with the node's flags (see {@code docs/python.md}). Handlers are measured
 * in processor time of their thread, medians of several rounds, so that a busy machine counts less.
 */
public final class PythonCosts {
  private static final int ROUNDS = 7;
  private static final int ACTORS = 500;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private PythonCosts() {}

  public static void main(String[] args) throws Exception {
    Path cache = args.length > 0 ? Path.of(args[0]) : Files.createTempDirectory("python");
    MemoryBudget budget = MemoryBudget.unlimited();
    byte[] app =
        PyFixture.artifact(
            PyFixture.actor(
                """
                count: int = state(default=0)
                seen: dict = state(default_factory=dict)

                @handler("light")
                def light(self, sender: str, amount: int) -> dict:
                    self.count += 1
                    self.seen[sender] = self.seen.get(sender, 0) + amount
                    return {"ok": True, "count": self.count, "total": self.seen[sender]}

                @handler("ask")
                def ask(self, sender: str, amount: int) -> dict:
                    self.count += 1
                    return host.ask("app/x/o", "op", {"sender": sender, "amount": amount})
                """));
    for (String how : new String[] {"start", "start again, from disk"}) {
      long t = System.nanoTime();
      double processor = processorSeconds();
      try (PythonEngine engine = new PythonEngine(new ModuleCompiler(cache), cache, null, budget);
          GuestModule m = engine.load(app, PyFixture.LIMITS)) {
        double loaded = (System.nanoTime() - t) / 1e6;
        try (Actor a = PyFixture.spawn(m, 1, host())) {
          a.ask("light", "{\"sender\":\"a\",\"amount\":1}");
        }
        System.out.printf(
            "%s: app loaded after %.0f ms, first answer after %.0f ms, %.1f s of processors%n",
            how, loaded, (System.nanoTime() - t) / 1e6, processorSeconds() - processor);
      }
    }
    try (PythonEngine engine = new PythonEngine(new ModuleCompiler(cache), cache, null, budget);
        GuestModule first = engine.load(app, PyFixture.LIMITS)) {
      long t = System.nanoTime();
      engine.load(app, PyFixture.LIMITS).close();
      System.out.printf("another app: %.0f ms%n", (System.nanoTime() - t) / 1e6);

      measure(first);
    }
  }

  private static Host host() {
    Host h = new Host();
    h.operation = (op, request) -> Frame.ofBody(request.body());
    return h;
  }

  private static void measure(GuestModule m) {
    String payload = "{\"sender\":\"alice\",\"amount\":5,\"note\":\"hello\",\"tags\":[1,2,3]}";
    try (Actor one = PyFixture.spawn(m, 1, host())) {
      for (int i = 0; i < 20_000; i++) {
        one.ask("light", payload);
        one.ask("ask", payload);
      }
      report("handler", 3000, () -> one.ask("light", payload));
      report(
          "mark and handler",
          3000,
          () -> {
            one.instance().mark();
            one.ask("light", payload);
          });
      report(
          "mark, handler and roll back",
          3000,
          () -> {
            one.instance().mark();
            one.ask("light", payload);
            one.instance().rollBack();
          });
      report("handler with a host call", 2000, () -> one.ask("ask", payload));
    }
    report("spawn and close", 20_000, () -> m.spawn("x", new byte[32]).close());
    Actor[] all = new Actor[ACTORS];
    m.spawn("x", new byte[32]).close();
    long before = heap();
    for (int i = 0; i < ACTORS; i++) {
      all[i] = new Actor(m.spawn("x", PyFixture.seed(i)), host());
    }
    System.out.printf("idle: %d bytes of heap each%n", (heap() - before) / ACTORS);
    for (int i = 0; i < ACTORS; i++) {
      all[i].close();
      all[i] = PyFixture.spawn(m, i, host());
    }
    System.out.printf("after init: %d KB each%n", ((heap() - before) / ACTORS) >> 10);
    for (int k = 0; k < 10; k++) {
      long t = THREADS.getCurrentThreadCpuTime();
      for (Actor a : all) {
        a.ask("light", payload);
      }
      if (k == 0 || k == 9) {
        System.out.printf(
            "round robin, round %d: %.0f us a handler, %d KB each%n",
            k,
            (THREADS.getCurrentThreadCpuTime() - t) / 1e3 / ACTORS,
            ((heap() - before) / ACTORS) >> 10);
      }
    }
    for (Actor a : all) {
      a.close();
    }
  }

  private static void report(String what, int n, Runnable r) {
    double[] us = new double[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      long t = THREADS.getCurrentThreadCpuTime();
      for (int k = 0; k < n; k++) {
        r.run();
      }
      us[i] = (THREADS.getCurrentThreadCpuTime() - t) / 1e3 / n;
    }
    Arrays.sort(us);
    System.out.printf("%s: %.1f us (best %.1f)%n", what, us[ROUNDS / 2], us[0]);
  }

  private static double processorSeconds() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
            .getProcessCpuTime()
        / 1e9;
  }

  private static long heap() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    Runtime r = Runtime.getRuntime();
    return r.totalMemory() - r.freeMemory();
  }
}
