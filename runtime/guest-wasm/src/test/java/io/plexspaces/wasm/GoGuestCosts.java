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
 * Prints what a Go guest costs: {@code java ... io.plexspaces.wasm.GoGuestCosts probe.wasm}, with
 * the probe of {@code system-tests/conformance/go}. Trust the ratios.
 */
public final class GoGuestCosts {
  private static final int ROUNDS = 9;

  private GoGuestCosts() {}

  public static void main(String[] args) throws Exception {
    byte[] wasm = Files.readAllBytes(Path.of(args[0]));
    Path classes = Files.createTempDirectory("classes");
    load("cold", wasm, classes).close();
    GuestModule m = load("from the class cache", wasm, classes);
    TestHost host = new TestHost();
    Frame init = frame("{\"type\":\"probe\"}", "{}");
    Frame add = frame("{\"op\":\"add\",\"kind\":\"call\",\"id\":\"m\"}", "{\"a\":1,\"b\":2}");
    Frame echo =
        frame(
            "{\"op\":\"echo\",\"kind\":\"call\",\"id\":\"m\"}",
            "{\"text\":\"" + "x".repeat(1000) + "\"}");
    GuestInstance one = m.spawn("probe", new byte[32]);
    one.call(GuestOp.INIT, init, host);
    report("add", 5_000, () -> one.call(GuestOp.HANDLE, add, host));
    report("echo 1 KB", 5_000, () -> one.call(GuestOp.HANDLE, echo, host));
    report(
        "mark and add",
        5_000,
        () -> {
          one.mark();
          one.call(GuestOp.HANDLE, add, host);
        });
    report("spawn and close", 5_000, () -> m.spawn("probe", new byte[32]).close());
    int n = 500;
    GuestInstance[] all = new GuestInstance[n];
    long before = heap();
    for (int i = 0; i < n; i++) {
      all[i] = m.spawn("probe", new byte[32]);
    }
    System.out.printf("idle: %d bytes of heap each%n", (heap() - before) / n);
    for (GuestInstance g : all) {
      g.call(GuestOp.INIT, init, host);
      g.call(GuestOp.HANDLE, add, host);
    }
    System.out.printf("after a message: %d bytes charged each%n", all[0].memoryBytes());
    for (int k = 0; k < 10_000; k++) {
      all[0].call(GuestOp.HANDLE, echo, host);
    }
    System.out.printf("after 10,000 messages: %d bytes charged%n", all[0].memoryBytes());
    int[] next = {0};
    report("add round robin", 5_000, () -> all[next[0]++ % n].call(GuestOp.HANDLE, add, host));
  }

  private static GuestModule load(String how, byte[] wasm, Path classes) {
    long t = System.nanoTime();
    GuestModule m =
        new WasmEngine(new ModuleCompiler(classes), MemoryBudget.unlimited())
            .load(wasm, GuestLimits.DEFAULT);
    System.out.printf("load %s: %.0f ms%n", how, (System.nanoTime() - t) / 1e6);
    return m;
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
