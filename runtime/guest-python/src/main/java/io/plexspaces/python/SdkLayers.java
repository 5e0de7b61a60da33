package io.plexspaces.python;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.guest.CodelessModule;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.python.TemplateFiles.Kind;
import io.plexspaces.wasm.Program;
import io.plexspaces.wasm.Template;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The interpreter with the SDK imported, for each SDK that an app brings: apps of the same SDK
 * share it, and import no more than files of their own. Kept in memory and on disk by the digest of
 * the SDK's files. Thread-safe; nothing is held while an SDK, which is an app's code, runs.
 */
final class SdkLayers implements AutoCloseable {
  /** Where an app's SDK is. */
  static final String FOLDER = "plexspaces/";

  /** Layers that stay without an app, beside the one that came with the installation. */
  static final int KEPT = 4;

  private final TemplateFiles files;
  private final MemoryBudget budget;
  private final ReentrantLock lock = new ReentrantLock();

  /** By key, the least recently used first. */
  private final Map<String, Layer> layers = new LinkedHashMap<>(8, 0.75f, true);

  private boolean closed;

  SdkLayers(TemplateFiles files, MemoryBudget budget) {
    this.files = files;
    this.budget = budget;
  }

  /** A layer that is there or being made; it goes with its last user, one of which is the map. */
  private static final class Layer {
    private final CompletableFuture<Template> made = new CompletableFuture<>();
    private final boolean installed;

    /** Guarded by the lock. */
    private int users = 1;

    Layer(boolean installed) {
      this.installed = installed;
    }
  }

  /** One app's share in a layer. Its pages stay charged until the last share is closed. */
  final class Share implements AutoCloseable {
    private final Layer layer;
    private final Template template;
    private final AtomicBoolean open = new AtomicBoolean(true);

    private Share(Layer layer, Template template) {
      this.layer = layer;
      this.template = template;
    }

    Template template() {
      return template;
    }

    @Override
    public void close() {
      if (open.compareAndSet(true, false)) {
        release(layer);
      }
    }
  }

  /**
   * A share in the layer of the app's SDK; others that ask for the same one meanwhile wait.
   *
   * @throws HostException FAILED_PRECONDITION if the SDK is not there or does not start,
   *     RESOURCE_EXHAUSTED if there is no room
   */
  Share withSdk(Base base, CodelessModule app, GuestLimits limits) {
    String key = key(base, app);
    boolean installed = files.isInstalled(Kind.SDK, key);
    while (true) {
      Layer layer;
      boolean mine = false;
      lock.lock();
      try {
        if (closed) {
          throw new HostException(ErrorCode.FAILED_PRECONDITION, "the engine is closed");
        }
        layer = layers.get(key);
        if (layer == null) {
          layer = new Layer(installed);
          layers.put(key, layer);
          mine = true;
        }
        layer.users++;
      } finally {
        lock.unlock();
      }
      if (mine) {
        return filled(layer, base, app, key, limits);
      }
      Template t = awaited(layer);
      if (t != null) {
        return new Share(layer, t);
      }
      // It did not start for whoever made it. Maybe it was short of time or memory: one's own try.
    }
  }

  private Share filled(Layer layer, Base base, CodelessModule app, String key, GuestLimits limits) {
    boolean good = false;
    try {
      ByteBuffer stored = files.load(Kind.SDK, key);
      Template t = stored != null ? read(base, stored) : make(base, app, key, limits);
      layer.made.complete(t);
      good = true;
      shrink();
      return new Share(layer, t);
    } finally {
      if (!good) {
        forget(key, layer);
        layer.made.cancel(false);
      }
    }
  }

  /** Null if it was not made. The caller's use of it ends then. */
  private @Nullable Template awaited(Layer layer) {
    boolean good = false;
    try {
      Template t = layer.made.get();
      good = true;
      return t;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HostException(
          ErrorCode.CANCELLED, "the load was interrupted while it waited for another", e);
    } catch (CancellationException | ExecutionException e) {
      return null;
    } finally {
      if (!good) {
        release(layer);
      }
    }
  }

  /** A layer that could not be made: its maker and the map let go of it. */
  private void forget(String key, Layer layer) {
    lock.lock();
    try {
      boolean there = layers.remove(key, layer);
      layer.users -= there ? 2 : 1;
    } finally {
      lock.unlock();
    }
  }

  private void release(Layer layer) {
    boolean last;
    lock.lock();
    try {
      last = --layer.users == 0;
    } finally {
      lock.unlock();
    }
    if (last) {
      close(layer);
    }
  }

  private static void close(Layer layer) {
    if (layer.made.isDone() && !layer.made.isCompletedExceptionally()) {
      layer.made.join().close();
    }
  }

  private Template read(Base base, ByteBuffer stored) {
    ByteArrayInputStream in =
        new ByteArrayInputStream(
            stored.array(), stored.arrayOffset() + stored.position(), stored.remaining());
    return Template.read(base.module(), in, budget, base.template());
  }

  private Template make(Base base, CodelessModule app, String key, GuestLimits limits) {
    try (Program program = new Program(base.module(), PythonImports.all())) {
      Interpreter interpreter = Interpreter.of(program);
      Template t =
          PythonEngine.grown(
                  program,
                  base.template(),
                  Base.TEMPLATE_SEED,
                  app.main(),
                  limits,
                  budget,
                  lease ->
                      PythonEngine.required(
                          app.main(),
                          interpreter.call(
                              lease,
                              Wire.SDK,
                              PythonEngine.sources(app, path -> path.startsWith(FOLDER)),
                              null)))
              .template();
      ByteArrayOutputStream out = new ByteArrayOutputStream(8 << 20);
      t.write(out, base.template());
      files.store(Kind.SDK, key, out.toByteArray());
      return t;
    }
  }

  private static String key(Base base, CodelessModule app) {
    MessageDigest d = TemplateFiles.sha256();
    d.update(base.key().getBytes(StandardCharsets.UTF_8));
    app.sources()
        .forEach((path, text) -> {
          if (path.startsWith(FOLDER)) {
            d.update(Wire.ints(path.length(), text.length));
            d.update(path.getBytes(StandardCharsets.UTF_8));
            d.update(text);
          }
        });
    return HexFormat.of().formatHex(d.digest());
  }

  /** Drops what was not used for longest; apps that have a share in it keep it alive. */
  private void shrink() {
    List<Layer> dropped = new ArrayList<>();
    lock.lock();
    try {
      long kept = layers.values().stream().filter(l -> !l.installed).count();
      Iterator<Layer> oldest = layers.values().iterator();
      while (kept > KEPT && oldest.hasNext()) {
        Layer l = oldest.next();
        if (!l.installed && l.made.isDone()) {
          oldest.remove();
          dropped.add(l);
          kept--;
        }
      }
    } finally {
      lock.unlock();
    }
    dropped.forEach(this::release);
  }

  @Override
  public void close() {
    List<Layer> dropped;
    lock.lock();
    try {
      closed = true;
      dropped = List.copyOf(layers.values());
      layers.clear();
    } finally {
      lock.unlock();
    }
    dropped.forEach(this::release);
  }
}
