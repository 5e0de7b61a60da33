package io.plexspaces.wasm;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** {@code examples/counter-rust}, built once for all tests that want it. */
final class RustCounter {
  private static final int NO_COMPILER = 3;
  private static byte @Nullable [] module;
  private static byte @Nullable [] probe;

  private RustCounter() {}

  /** The module; the test is skipped, with the reason, where no Rust compiler makes WASM. */
  static synchronized byte[] module() throws IOException, InterruptedException {
    byte[] m = module;
    if (m == null) {
      m = build("examples/counter-rust");
      module = m;
    }
    return m;
  }

  /** The conformance probe in Rust, under the same conditions. */
  static synchronized byte[] probe() throws IOException, InterruptedException {
    byte[] m = probe;
    if (m == null) {
      m = build("system-tests/conformance/rust");
      probe = m;
    }
    return m;
  }

  private static byte[] build(String crate) throws IOException, InterruptedException {
    Path root = Path.of("").toAbsolutePath();
    while (root != null && !Files.exists(root.resolve("sdk-rust/build-wasm"))) {
      root = root.getParent();
    }
    if (root == null) {
      return abort("skipped: sdk-rust is not beside this module");
    }
    Path target = Path.of("target/rust-guests").toAbsolutePath();
    Path wasm = target.resolve("guest.wasm");
    ProcessBuilder b =
        new ProcessBuilder(
            root.resolve("sdk-rust/build-wasm").toString(),
            root.resolve(crate).toString(),
            wasm.toString());
    b.environment().put("CARGO_TARGET_DIR", target.toString());
    Process p = b.redirectErrorStream(true).start();
    String said = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int status = p.waitFor();
    if (status == NO_COMPILER) {
      return abort("skipped: " + said.strip());
    }
    if (status != 0) {
      throw new IOException("build-wasm failed: " + said);
    }
    return Files.readAllBytes(wasm);
  }
}
