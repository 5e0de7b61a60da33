package io.plexspaces.wasm;

import io.plexspaces.api.Frame;
import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.MemoryBudget;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Prints what a Rust guest costs: {@code java ... io.plexspaces.wasm.RustGuestCosts counter.wasm}.
 * Medians of several rounds; trust the ratios.
 */
public final class RustGuestCosts {
  private static final int ROUNDS = 9;

  private RustGuestCosts() {}

  public static void main(String[] args) throws Exception {
    byte[] wasm = Files.readAllBytes(Path.of(args[0]));
    long t = System.nanoTime();
    ModuleCompiler compiler = new ModuleCompiler(Files.createTempDirectory("classes"));
    MemoryBudget budget = MemoryBudget.unlimited();
    GuestModule m = new WasmEngine(compiler, budget).load(wasm, GuestLimits.DEFAULT);
    System.out.printf("load %.0f ms%n", (System.nanoTime() - t) / 1e6);
    TestHost host = new TestHost();
    Frame init = frame("{\"type\":\"counter\"}", "{}");
    Frame increment = frame("{\"op\":\"increment\",\"kind\":\"call\",\"id\":\"m\"}", "{\"by\":1}");
    Frame echo =
        frame(
            "{\"op\":\"echo\",\"kind\":\"call\",\"id\":\"m\"}",
            "{\"text\":\"" + "x".repeat(1000) + "\"}");
    GuestInstance one = m.spawn("counter", new byte[32]);
    one.call(GuestOp.INIT, init, host);
    report("increment", 50_000, () -> one.call(GuestOp.HANDLE, increment, host));
    report("echo 1 KB", 20_000, () -> one.call(GuestOp.HANDLE, echo, host));
    report(
        "mark and increment",
        50_000,
        () -> {
          one.mark();
          one.call(GuestOp.HANDLE, increment, host);
        });
    report("spawn and close", 50_000, () -> m.spawn("counter", new byte[32]).close());
    int n = 50_000;
    GuestInstance[] all = new GuestInstance[n];
    long before = heap();
    t = System.nanoTime();
    for (int i = 0; i < n; i++) {
      all[i] = m.spawn("counter", new byte[32]);
    }
    System.out.printf("%d spawns: %.2f us each%n", n, (System.nanoTime() - t) / 1e3 / n);
    System.out.printf("idle: %d bytes of heap each%n", (heap() - before) / n);
    for (GuestInstance g : all) {
      g.call(GuestOp.INIT, init, host);
      g.call(GuestOp.HANDLE, increment, host);
    }
    System.out.printf(
        "after a message: %d bytes of heap each, %d charged%n",
        (heap() - before) / n, all[0].memoryBytes());
    int[] next = {0};
    report(
        "increment round robin", n, () -> all[next[0]++ % n].call(GuestOp.HANDLE, increment, host));
  }

  private static Frame frame(String header, String body) {
    return new Frame(
        header.getBytes(StandardCharsets.UTF_8), body.getBytes(StandardCharsets.UTF_8));
  }

  private static long heap() {
    Runtime r = Runtime.getRuntime();
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return r.totalMemory() - r.freeMemory();
  }

  private static void report(String what, int times, Runnable r) {
    double[] micros = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      long t = System.nanoTime();
      for (int i = 0; i < times; i++) {
        r.run();
      }
      micros[round] = (System.nanoTime() - t) / 1e3 / times;
    }
    Arrays.sort(micros);
    System.out.printf("%s: %.2f us%n", what, micros[ROUNDS / 2]);
  }
}
