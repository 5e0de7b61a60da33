package io.plexspaces.deployer.build;

import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a program's types say of its operations, read by a script of the SDK with the project's own
 * TypeScript. It runs beside the bundler. A program whose types cannot be read is built all the
 * same: its operations take any payload.
 */
final class ScriptSchemas {
  private static final String SCRIPT = "/sdk-typescript-tools/schemas.cjs";
  private static final String WITHOUT =
      "no schemas: payloads are not checked against types, because ";

  private final Tools tools;

  ScriptSchemas(Tools tools) {
    this.tools = tools;
  }

  /** The outcome: a JSON object, or why there is none. */
  private record Outcome(@Nullable String json, String why) {}

  /** A reading that goes on. */
  static final class Job {
    private final FutureTask<Outcome> task;

    private Job(Callable<Outcome> reading) {
      task = new FutureTask<>(reading);
      Thread.ofVirtual().name("plexspaces-schemas").start(task);
    }

    /**
     * Waits for the end.
     *
     * @param progress is told why there are no schemas
     * @return the module that replaces the SDK's empty one, or null
     */
    byte @Nullable [] module(Consumer<String> progress) throws IOException {
      Outcome outcome;
      try {
        outcome = task.get();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while types were read", e);
      } catch (ExecutionException e) {
        outcome = new Outcome(null, String.valueOf(e.getCause()));
      }
      if (outcome.json() == null) {
        progress.accept(WITHOUT + outcome.why());
        return null;
      }
      String text = "export default " + outcome.json() + ";\n";
      return text.getBytes(StandardCharsets.UTF_8);
    }

    void cancel() {
      task.cancel(true);
    }
  }

  /**
   * @param main relative to {@code root}
   */
  Job start(Path root, String main) {
    return new Job(() -> read(root, main));
  }

  private Outcome read(Path root, String main) throws IOException {
    Path compiler = compiler(root);
    if (compiler == null) {
      return new Outcome(
          null, "TypeScript was not found: npm install --save-dev typescript (5 or later)");
    }
    List<Path> node = tools.find("node");
    if (node.isEmpty()) {
      return new Outcome(null, "node is not on the PATH");
    }
    Path script = Files.createTempFile("plexspaces-schemas", ".cjs");
    try {
      Files.write(script, CarriedFiles.require(SCRIPT));
      Tools.Output done =
          Tools.run(
              root,
              List.of(
                  node.getFirst().toString(),
                  script.toString(),
                  root.toString(),
                  main,
                  compiler.toString()),
              Map.of());
      return done.status() == 0 ? checked(done.out()) : new Outcome(null, lastLine(done.err()));
    } finally {
      Files.deleteIfExists(script);
    }
  }

  private static Outcome checked(String json) {
    try {
      return Json.read(json) instanceof Value.Obj
          ? new Outcome(json, "")
          : new Outcome(null, "the reader answered no object");
    } catch (HostException e) {
      return new Outcome(null, "the reader answered no JSON: " + e.getMessage());
    }
  }

  /** TypeScript as a library: beside the project's {@code tsc}. */
  private @Nullable Path compiler(Path root) throws IOException {
    Path tsc = tools.findFor(root, "tsc");
    if (tsc == null) {
      return null;
    }
    Path folder = tsc.toRealPath().getParent();
    Path library = folder == null ? tsc : folder.resolveSibling("lib").resolve("typescript.js");
    return Files.isRegularFile(library) ? library : null;
  }

  private static String lastLine(String err) {
    return err.lines()
        .filter(l -> l.contains("Error"))
        .findFirst()
        .orElse("the reader failed: " + err.strip());
  }
}
