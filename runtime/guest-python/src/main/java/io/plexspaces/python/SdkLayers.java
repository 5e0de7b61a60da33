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
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The interpreter with the SDK imported, for each SDK that an app brings: apps of the same SDK
 * share it, and import no more than files of their own. Kept in memory and on disk by the digest of
 * the SDK's files. Thread-safe.
 */
final class SdkLayers implements AutoCloseable {
  /** Where an app's SDK is. */
  static final String FOLDER = "plexspaces/";

  private static final int KEPT = 4;

  private final TemplateFiles files;
  private final MemoryBudget budget;
  private final ReentrantLock lock = new ReentrantLock();

  /** By key, the least recently used first. */
  private final Map<String, Template> layers = new LinkedHashMap<>(8, 0.75f, true);

  SdkLayers(TemplateFiles files, MemoryBudget budget) {
    this.files = files;
    this.budget = budget;
  }

  /**
   * The layer of the app's SDK; others that ask meanwhile wait.
   *
   * @throws HostException FAILED_PRECONDITION if the SDK is not there or does not start,
   *     RESOURCE_EXHAUSTED if there is no room
   */
  Template withSdk(Base base, CodelessModule app, GuestLimits limits) {
    String key = key(base, app);
    try {
      lock.lockInterruptibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HostException(
          ErrorCode.CANCELLED, "the load was interrupted while it waited for another", e);
    }
    try {
      Template t = layers.get(key);
      if (t == null) {
        ByteBuffer stored = files.load(Kind.SDK, key);
        t = stored != null ? read(base, stored) : make(base, app, key, limits);
        layers.put(key, t);
        shrink();
      }
      return t;
    } finally {
      lock.unlock();
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

  /** Apps go on with what they share of a layer that is dropped. */
  private void shrink() {
    Iterator<Template> oldest = layers.values().iterator();
    while (layers.size() > KEPT) {
      Template t = oldest.next();
      oldest.remove();
      t.close();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      layers.values().forEach(Template::close);
      layers.clear();
    } finally {
      lock.unlock();
    }
  }
}
