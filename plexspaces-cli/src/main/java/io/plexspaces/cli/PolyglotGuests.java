package io.plexspaces.cli;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.guest.CodelessModule;
import io.plexspaces.api.guest.GuestEngine;
import io.plexspaces.api.guest.GuestEngineProvider;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.MemoryBudget;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The engines that an installation may have beside its own: their jars are opened when the first
 * app asks for one, so a node without such apps loads nothing of them. Thread-safe.
 */
public final class PolyglotGuests implements AutoCloseable {
  /** Names the folder of their jars; the launcher sets it. */
  static final String FOLDER = "plexspaces.polyglot";

  private final ReentrantLock lock = new ReentrantLock();
  private final MemoryBudget budget;
  private @Nullable URLClassLoader jars;
  private @Nullable List<GuestEngineProvider> providers;

  /**
   * @param budget what its engines charge their actors to
   */
  public PolyglotGuests(MemoryBudget budget) {
    this.budget = budget;
  }

  /** Stand-ins that make the engines when they load their first app. */
  public List<GuestEngine> engines() {
    return List.of(new Lazy("graalpy", "python"), new Lazy("graaljs", "quickjs"));
  }

  private GuestEngine make(String name) {
    lock.lock();
    try {
      List<GuestEngineProvider> found = providers;
      if (found == null) {
        found = find();
        providers = found;
      }
      for (GuestEngineProvider p : found) {
        if (p.makes(name)) {
          return p.make(name, budget);
        }
      }
      throw new HostException(
          ErrorCode.FAILED_PRECONDITION,
          "runtime = \""
              + name
              + "\" is not in this installation: run \"mvn -pl runtime/guest-polyglot -am package"
              + " -Dmaven.test.skip=true\" in the checkout (it fetches about 190 MB), then start the"
              + " node again");
    } finally {
      lock.unlock();
    }
  }

  private List<GuestEngineProvider> find() {
    ClassLoader own = PolyglotGuests.class.getClassLoader();
    List<GuestEngineProvider> found = load(own);
    String folder = System.getProperty(FOLDER, "");
    if (!found.isEmpty() || folder.isEmpty() || !Files.isDirectory(Path.of(folder))) {
      return found;
    }
    URLClassLoader loader = new URLClassLoader("polyglot", urls(Path.of(folder)), own);
    jars = loader;
    return load(loader);
  }

  private static List<GuestEngineProvider> load(ClassLoader from) {
    List<GuestEngineProvider> found = new ArrayList<>();
    ServiceLoader.load(GuestEngineProvider.class, from).forEach(found::add);
    return found;
  }

  private static URL[] urls(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      List<URL> urls = new ArrayList<>();
      for (Path jar : files.filter(f -> f.toString().endsWith(".jar")).sorted().toList()) {
        urls.add(jar.toUri().toURL());
      }
      return urls.toArray(new URL[0]);
    } catch (MalformedURLException e) {
      throw new IllegalStateException("a path is no URL", e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + folder, e);
    }
  }

  @Override
  public void close() throws IOException {
    lock.lock();
    try {
      providers = List.of();
      if (jars != null) {
        jars.close();
      }
    } finally {
      lock.unlock();
    }
  }

  private final class Lazy implements GuestEngine {
    private final String name;
    private final String artifacts;
    private final ReentrantLock making = new ReentrantLock();
    private @Nullable GuestEngine engine;

    Lazy(String name, String artifacts) {
      this.name = name;
      this.artifacts = artifacts;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public boolean accepts(byte[] artifact) {
      String made = CodelessModule.engineOf(artifact);
      return made != null && made.startsWith(artifacts + "@");
    }

    @Override
    public GuestModule load(byte[] artifact, GuestLimits limits) {
      return engine().load(artifact, limits);
    }

    private GuestEngine engine() {
      making.lock();
      try {
        GuestEngine e = engine;
        if (e == null) {
          e = make(name);
          engine = e;
        }
        return e;
      } finally {
        making.unlock();
      }
    }

    @Override
    public void close() {
      making.lock();
      try {
        if (engine != null) {
          engine.close();
        }
      } finally {
        making.unlock();
      }
    }
  }
}
