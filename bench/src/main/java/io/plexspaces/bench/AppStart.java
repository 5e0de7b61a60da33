package io.plexspaces.bench;

import io.plexspaces.api.Payload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * From an artifact to the first answer of one of its actors, in this process, with an engine that
 * has loaded nothing before: with an empty cache folder, and with what that left in it.
 */
final class AppStart {
  static final String NAME = "app-start";
  static final String COLD = "app start, cold";
  static final String WARM = "app start, warm";

  private static final Payload BY_ONE = Payload.json("{\"by\":1}");
  private static final long LIMIT_MILLIS = 60_000;

  private final Guests guests;
  private final Path scratch;
  private final int times;
  private final Consumer<String> progress;

  AppStart(Guests guests, Path scratch, int times, Consumer<String> progress) {
    this.guests = guests;
    this.scratch = scratch;
    this.times = times;
    this.progress = progress;
  }

  List<Result> measure(Language language) throws IOException {
    String system = language.id();
    double[] cold = new double[times];
    // What polyglot engines have loaded is not kept on disk.
    double[] warm = new double[language.isPolyglot() ? 0 : times];
    try {
      if (language != Language.NATIVE) {
        var _ = guests.artifact(language); // building it is not part of this
      }
      for (int i = 0; i < times; i++) {
        progress.accept(NAME + ": " + system + ", window " + (i + 1) + " of " + times);
        Path cache = Files.createTempDirectory(scratch, "cache");
        cold[i] = start(language, cache);
        if (i < warm.length) {
          warm[i] = start(language, cache);
        }
        StartUp.delete(cache);
      }
    } catch (Unavailable e) {
      return List.of(new Result.Absent(NAME, system, e.why()));
    }
    Result first = new Result.Figure(COLD, system, new Samples(cold), "ms");
    return warm.length == 0
        ? List.of(first)
        : List.of(first, new Result.Figure(WARM, system, new Samples(warm), "ms"));
  }

  private double start(Language language, Path cache) throws IOException, Unavailable {
    long start = System.nanoTime();
    try (Guests.Loaded loaded = guests.load(language, cache);
        EngineApp app = new EngineApp(loaded.module())) {
      var _ = app.ask(EngineApp.id(Guests.TYPE, "first"), "increment", BY_ONE, LIMIT_MILLIS);
      return (System.nanoTime() - start) / 1e6;
    }
  }
}
