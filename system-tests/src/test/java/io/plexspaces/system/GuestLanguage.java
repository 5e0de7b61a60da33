package io.plexspaces.system;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.plexspaces.api.HostException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;

/** A language that guests are written in, with the engine that runs them. */
enum GuestLanguage {
  PYTHON("Python", "CPython 3.13 in WebAssembly", "python", "auto"),
  TYPESCRIPT("TypeScript", "QuickJS in WebAssembly", "typescript", "auto"),
  RUST("Rust", "WebAssembly", "rust", "auto"),
  GO("Go", "WebAssembly", "go", "auto"),
  GRAALPY("Python on GraalPy", "GraalPy", "python", "graalpy"),
  GRAALJS("TypeScript on GraalJS", "GraalJS", "typescript", "graaljs");

  private static final Path PROBES = Path.of("conformance").toAbsolutePath();
  private static final Map<GuestLanguage, Object> BUILT = new EnumMap<>(GuestLanguage.class);

  private final String title;
  private final String engine;
  private final String source;
  private final String runtime;

  GuestLanguage(String title, String engine, String source, String runtime) {
    this.title = title;
    this.engine = engine;
    this.source = source;
    this.runtime = runtime;
  }

  /** For headings. */
  String title() {
    return title;
  }

  /** What runs it. */
  String engine() {
    return engine;
  }

  /** The language's own name, as folders have it: {@code bank-python}, {@code conformance/go}. */
  String source() {
    return source;
  }

  /** The value of {@code runtime} in app-config.toml. */
  String runtime() {
    return runtime;
  }

  /** In names of apps. */
  String id() {
    return runtime.equals("auto") ? source : runtime;
  }

  boolean isPolyglot() {
    return this == GRAALPY || this == GRAALJS;
  }

  /** The conformance probe in this language; skips the running test where it cannot be built. */
  byte[] probe() {
    return built(this, PROBES.resolve(source));
  }

  /** The bank example in this language; skips the running test where it cannot be built. */
  byte[] bank() {
    return build(Guests.ROOT.resolve("examples/bank-" + source));
  }

  private static synchronized byte[] built(GuestLanguage language, Path folder) {
    Object made =
        BUILT.computeIfAbsent(
            language,
            l -> {
              try {
                return Guests.build(folder);
              } catch (HostException e) {
                return e;
              }
            });
    return artifact(made);
  }

  private static byte[] build(Path folder) {
    try {
      return Guests.build(folder);
    } catch (HostException e) {
      return artifact(e);
    }
  }

  /** A tool that is absent skips; a source that does not build fails. */
  private static byte[] artifact(Object made) {
    if (made instanceof HostException e) {
      assumeTrue(
          e.error().code() != io.plexspaces.api.ErrorCode.FAILED_PRECONDITION,
          "skipped: " + e.getMessage());
      throw e;
    }
    return (byte[]) made;
  }
}
