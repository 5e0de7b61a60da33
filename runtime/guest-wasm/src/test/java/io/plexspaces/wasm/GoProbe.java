package io.plexspaces.wasm;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code system-tests/conformance/go}, built once for all tests that want it. */
final class GoProbe {
  private static byte @Nullable [] module;

  private GoProbe() {}

  /** The module; the test is skipped, with the reason, where no Go makes WASM. */
  static synchronized byte[] module() throws IOException, InterruptedException {
    byte[] m = module;
    if (m == null) {
      m = build(0);
      module = m;
    }
    return m;
  }

  /** A module that draws so many random numbers while it starts. */
  static byte[] build(int draws) throws IOException, InterruptedException {
    Path root = Path.of("").toAbsolutePath();
    while (root != null && !Files.exists(root.resolve("sdk-go/go.mod"))) {
      root = root.getParent();
    }
    if (root == null) {
      return abort("skipped: sdk-go is not beside this module");
    }
    Path wasm = Path.of("target/go-probe-" + draws + ".wasm").toAbsolutePath();
    Files.createDirectories(wasm.getParent());
    ProcessBuilder b =
        new ProcessBuilder(
            List.of(
                "go",
                "build",
                "-trimpath",
                "-buildmode=c-shared",
                "-ldflags=-s -w -X main.draws=" + draws,
                "-o",
                wasm.toString(),
                "."));
    b.directory(root.resolve("system-tests/conformance/go").toFile());
    b.environment().put("GOOS", "wasip1");
    b.environment().put("GOARCH", "wasm");
    Process p;
    try {
      p = b.redirectErrorStream(true).start();
    } catch (IOException e) {
      return abort("skipped: no go here (" + e.getMessage() + ")");
    }
    String said = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (p.waitFor() != 0) {
      if (said.contains("requires go >= ")) {
        return abort("skipped: " + said.strip());
      }
      throw new IOException("go build failed: " + said);
    }
    return Files.readAllBytes(wasm);
  }
}
