package io.plexspaces.bench;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.guest.GuestEngine;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.deployer.build.GuestBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The benchmarks' actor in all languages. A module is loaded once, so that what the JIT has learnt
 * of it serves all benchmarks. Used by one thread.
 */
final class Guests implements AutoCloseable {
  /** The type of the actors. */
  static final String TYPE = "counter";

  private final Path sources;
  private final Path scratch;

  /** By source folder. */
  private final Map<String, byte[]> artifacts = new HashMap<>();

  private final Map<Language, Loaded> modules = new EnumMap<>(Language.class);

  /** What is not there is looked for once. */
  private final Map<Language, Unavailable> absent = new EnumMap<>(Language.class);

  /**
   * @param root of the project's checkout
   * @param scratch a folder for what is built
   */
  Guests(Path root, Path scratch) {
    this.sources = root.resolve("bench/src/main/guests");
    this.scratch = scratch;
  }

  /**
   * A module with the engine that loaded it.
   *
   * @param budget what the engine charges its actors' pages to
   */
  record Loaded(GuestModule module, MemoryBudget budget, Runnable closing)
      implements AutoCloseable {
    @Override
    public void close() {
      module.close();
      closing.run();
    }
  }

  /** The built guest, as {@code plexspaces build} makes it. */
  byte[] artifact(Language language) throws IOException, Unavailable {
    byte[] made = artifacts.get(language.source());
    if (made != null) {
      return made;
    }
    Unavailable before = absent.get(language);
    if (before != null) {
      throw before;
    }
    if (language == Language.TYPESCRIPT
        && Guests.class.getResource("/quickjs/quickjs.wasm") == null) {
      throw new Unavailable("this build has no QuickJS engine: install npm and build again");
    }
    Path out = scratch.resolve(language.source() + ".wasm");
    try {
      var _ = new GuestBuilder().build(sources.resolve(language.source()), out, line -> {});
    } catch (HostException e) {
      throw lacking(language, e);
    }
    made = Files.readAllBytes(out);
    artifacts.put(language.source(), made);
    return made;
  }

  /** A missing tool or engine is this machine's matter; all else is an error of ours. */
  private Unavailable lacking(Language language, HostException e) {
    if (e.error().code() != ErrorCode.FAILED_PRECONDITION) {
      throw e;
    }
    Unavailable why = new Unavailable(e.error().message());
    absent.put(language, why);
    return why;
  }

  /** The module that all benchmarks share; not to be closed. */
  Loaded module(Language language) throws IOException, Unavailable {
    Loaded loaded = modules.get(language);
    if (loaded == null) {
      loaded = load(language, scratch.resolve("modules"));
      modules.put(language, loaded);
    }
    return loaded;
  }

  /**
   * Loads it anew, with an engine of its own.
   *
   * @param cache a folder for what a node keeps on disk
   */
  Loaded load(Language language, Path cache) throws IOException, Unavailable {
    MemoryBudget budget = MemoryBudget.unlimited();
    if (language == Language.NATIVE) {
      return new Loaded(NativeCounter.module(), budget, () -> {});
    }
    byte[] artifact = artifact(language);
    Files.createDirectories(cache);
    GuestEngine engine = language.engine(cache, budget);
    try {
      return new Loaded(engine.load(artifact, GuestLimits.DEFAULT), budget, engine::close);
    } catch (HostException e) {
      engine.close();
      throw lacking(language, e);
    }
  }

  /** All apps must have been closed before. */
  @Override
  public void close() {
    List<Loaded> all = new ArrayList<>(modules.values());
    modules.clear();
    all.reversed().forEach(Loaded::close);
  }
}
