package io.plexspaces.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class SourceTreeTest {
  @TempDir private Path dir;

  private Path write(String name) throws IOException {
    Path file = dir.resolve("app").resolve(name).normalize();
    Files.createDirectories(file.resolveSibling("."));
    return Files.writeString(file, name);
  }

  private List<String> watched() {
    Path root = dir.resolve("app");
    return new SourceTree(root, root.resolve("app-config.toml"))
        .files().stream().map(f -> root.relativize(f).toString()).sorted().toList();
  }

  @Test
  void aFolderWithTheNameOfAnOutputIsSourceWhereNoToolWritesOne() throws IOException {
    write("Cargo.toml");
    write("target/debug/x.d");
    write("src/build/mod.rs");
    write("src/target/dist/mod.rs");
    write("web/package.json");
    write("web/dist/main.js");
    assertThat(watched())
        .containsExactly(
            "Cargo.toml", "src/build/mod.rs", "src/target/dist/mod.rs", "web/package.json");
  }

  @Test
  void aGoModuleWritesNoOutputs() throws IOException {
    write("go.mod");
    write("build/build.go");
    assertThat(watched()).containsExactly("build/build.go", "go.mod");
  }

  @Test
  void withoutAManifestOutputsAreThoseAtTheRoot() throws IOException {
    write("main.py");
    write("build/main.py");
    write("lib/build/x.py");
    write("env/pyvenv.cfg");
    write("env/lib/y.py");
    write("__pycache__/main.pyc");
    write(".main.py.swp");
    assertThat(watched()).containsExactly("lib/build/x.py", "main.py");
  }

  @Test
  void aConfigurationElsewhereIsWatchedToo() throws Exception {
    write("main.py");
    Path config = write("../dev.toml");
    SourceTree tree = new SourceTree(dir.resolve("app"), config);
    Files.writeString(config, "name = \"another\"");
    assertThat(tree.awaitChange()).isEqualTo(Path.of("../dev.toml"));
  }
}
