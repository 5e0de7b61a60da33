package io.plexspaces.system;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.plexspaces.api.HostException;
import io.plexspaces.deployer.build.GuestBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Artifacts that tests deploy, built once. */
final class Guests {
  static final Path ROOT = Path.of(System.getProperty("plexspaces.root", "..")).toAbsolutePath();

  private static byte @org.jspecify.annotations.Nullable [] counter;

  private Guests() {}

  /** The JavaScript counter. Plain JavaScript is built without any tool. */
  static synchronized byte[] counter() {
    byte[] made = counter;
    if (made == null) {
      assumeTrue(
          Guests.class.getResource("/quickjs/quickjs.wasm") != null,
          "skipped: the QuickJS engine is not in this build; install npm (apt install npm) and"
              + " build again");
      made = build(Path.of("src/test/guests/counter.js"));
      counter = made;
    }
    return made;
  }

  /** The counter that starts fastest of those that can be built here. */
  static byte[] fastestCounter() {
    try {
      return build(ROOT.resolve("examples/counter-rust"));
    } catch (HostException e) {
      System.out.println("no Rust counter, so the JavaScript one is used: " + e.getMessage());
      return counter();
    }
  }

  /** The only number in a counter's reply, whatever is around it. */
  static long count(String reply) {
    return Long.parseLong(reply.replaceAll("[^0-9]", ""));
  }

  static byte[] build(Path source) {
    try {
      Path out = Files.createTempFile("guest", ".wasm");
      var _ = new GuestBuilder().build(source, out, line -> {});
      byte[] bytes = Files.readAllBytes(out);
      Files.delete(out);
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A configuration with one supervised counter and counters on demand. */
  static String counterConfig(boolean durable) {
    String facets =
        durable
            ? "facets = [ { type = \"durability\", config = { checkpoint_interval = 1 } } ]"
            : "";
    return """
    [supervisor]
    id = "root"
    max_restarts = 100
    max_restart_window_secs = 60

    [[supervisor.children]]
    id = "main"
    type = "counter"
    %s

    [actor_types.counter]
    %s
    """
        .formatted(facets, facets);
  }
}
