package io.plexspaces.deployer.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.guest.CodelessModule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PythonBuildTest {
  private static final Path SDK = Path.of("../sdk-python/src").toAbsolutePath().normalize();
  private static final String COUNTER =
      """
      from plexspaces import actor, handler, state
      import money

      @actor
      class Counter:
          count: int = state(default=0)

          @handler
          def add(self, by: int = money.ONE) -> int:
              self.count += by
              return self.count
      """;

  @TempDir private Path dir;

  private final List<String> progress = new ArrayList<>();
  private final GuestBuilder bare = new GuestBuilder(new Tools(List.of(), List.of()));
  private final GuestBuilder full = new GuestBuilder(Tools.ofSystem());

  @Test
  void theGuestModulesOfTheSdkAreAllPackedAndNothingElseOfIt() throws IOException {
    try (Stream<Path> files = Files.walk(SDK.resolve("plexspaces"))) {
      Set<String> there =
          files
              .map(f -> SDK.relativize(f).toString().replace('\\', '/'))
              .filter(f -> f.endsWith(".py"))
              .filter(f -> !f.startsWith("plexspaces/testing/"))
              .filter(f -> !f.equals("plexspaces/client.py"))
              .collect(Collectors.toCollection(TreeSet::new));
      assertThat(new TreeSet<>(PythonBuild.SDK_FILES)).isEqualTo(there);
    }
  }

  @Test
  void aFileIsPackedWithWhatItImportsAndTheSdk() throws IOException {
    write("app/counter.py", COUNTER);
    write("app/money.py", "from shop import prices\nONE = prices.ONE\n");
    write("app/shop/__init__.py", "");
    write("app/shop/prices.py", "import tinylib.deep\nONE = 1\n");
    write("app/vendor/tinylib/__init__.py", "");
    write("app/vendor/tinylib/deep.py", "");
    write("app/unrelated.py", "");
    CodelessModule m = build(bare, "app/counter.py");
    assertThat(m.engine() + "@" + m.version()).isEqualTo("python@3.13");
    assertThat(m.main()).isEqualTo("counter.py");
    assertThat(m.source("counter.py")).isEqualTo(COUNTER);
    assertThat(own(m))
        .containsExactly(
            "counter.py",
            "money.py",
            "shop/__init__.py",
            "shop/prices.py",
            "vendor/tinylib/__init__.py",
            "vendor/tinylib/deep.py");
    assertThat(m.sources().keySet()).containsAll(PythonBuild.SDK_FILES);
  }

  @Test
  void aFolderIsPackedWithoutTestsCachesAndEnvironments() throws IOException {
    write("app/pyproject.toml", "[tool.plexspaces]\nmain = \"src/counter.py\"\n");
    write("app/src/counter.py", COUNTER);
    write("app/src/money.py", "ONE = 1\n");
    write("app/src/data/__init__.py", "");
    write("app/tests/test_counter.py", "");
    write("app/src/test_money.py", "");
    write("app/conftest.py", "");
    write("app/.venv/lib/x.py", "");
    write("app/myenv/pyvenv.cfg", "");
    write("app/myenv/lib/y.py", "");
    write("app/src/__pycache__/money.cpython-313.pyc", "");
    write("app/build/z.py", "");
    write("app/vendor/plexspaces/__init__.py", "");
    write("app/vendor/six.py", "");
    write("app/README.md", "");
    CodelessModule m = build(bare, "app");
    assertThat(m.main()).isEqualTo("src/counter.py");
    assertThat(own(m))
        .containsExactly("src/counter.py", "src/data/__init__.py", "src/money.py", "vendor/six.py");
  }

  @Test
  void theProgramOfAFolderIsFound() throws IOException {
    write("a/main.py", "");
    write("a/other.py", "");
    assertThat(build(bare, "a").main()).isEqualTo("main.py");
    write("b/src/main.py", "");
    assertThat(build(bare, "b").main()).isEqualTo("src/main.py");
    write("c/src/shop/__init__.py", "");
    write("c/src/shop/cart.py", "");
    assertThat(build(bare, "c").main()).isEqualTo("src/shop/__init__.py");
    write("d/bank.py", "");
    assertThat(build(bare, "d").main()).isEqualTo("bank.py");
    write("e/shop/__init__.py", "");
    write("e/shop/app.py", "from . import cart\n");
    write("e/shop/cart.py", "");
    write("e/shop/unused.py", "");
    CodelessModule m = build(bare, "e/shop/app.py");
    assertThat(m.main()).isEqualTo("shop/app.py");
  }

  @Test
  void equalSourcesGiveEqualBytesWhereverTheyLie() throws IOException {
    write("a/main.py", "x = 1\n");
    write("b/c/main.py", "x = 1\n");
    BuildResult a = bare.build(dir.resolve("a"), dir.resolve("a.wasm"), progress::add);
    BuildResult b = full.build(dir.resolve("b/c/main.py"), dir.resolve("b.wasm"), progress::add);
    assertThat(a.language()).isEqualTo("python");
    assertThat(b.digest()).isEqualTo(a.digest());
    assertThat(progress).contains("no python3 here: a syntax error will be told by the node");
  }

  @Test
  void mistakesAreNamed() throws IOException {
    write("none/readme.txt", "");
    assertRefused("none", "has no program");
    write("two/a.py", "");
    write("two/b.py", "");
    assertRefused("two", "does not say where its program starts (a.py, b.py)");
    write("gone/pyproject.toml", "[tool.plexspaces]\nmain = \"src/app.py\"\n");
    assertRefused("gone", "names the main file src/app.py, which is absent");
    write("odd/pyproject.toml", "[tool.plexspaces]\nmain = \"app:main\"\n");
    assertRefused("odd", "is a path such as \"src/app.py\", not app:main");
    write("out/pyproject.toml", "[tool.plexspaces]\nmain = \"../x.py\"\n");
    assertRefused("out", "is outside of the project");
    write("toml/pyproject.toml", "[tool\n");
    assertRefused("toml", "pyproject.toml: ");
    write("name/my-app.py", "");
    assertRefused("name/my-app.py", "my-app.py cannot be imported");
    write("hide/plexspaces.py", "");
    assertRefused("hide/plexspaces.py", "would hide the SDK");
    write("hidden/main.py", "");
    write("hidden/plexspaces/__init__.py", "");
    assertRefused("hidden", "would hide the SDK");
    write("empty/pyproject.toml", "");
    assertRefused("empty", "has no Python program");
    write("latin/main.py", "");
    Files.write(dir.resolve("latin/main.py"), new byte[] {'#', (byte) 0xe9, '\n'});
    assertRefused("latin", "\"main.py\" is not UTF-8 text");
  }

  @Test
  void nativeCodeAndWhatIsNotVendoredAreRefusedByName() throws IOException {
    write("c/main.py", "");
    write("c/vendor/fast/_speed.cpython-313-x86_64-linux-gnu.so", "");
    assertRefused("c", "vendor/fast/_speed.cpython-313-x86_64-linux-gnu.so is a C extension");
    write("d/main.py", "");
    write(
        "d/pyproject.toml",
        "[project]\nname = \"d\"\ndependencies = [\"plexspaces\", \"Tiny_Lib>=1\", \"six\"]\n");
    assertRefused("d", "depends on Tiny_Lib, six, which is not in the folder vendor");
    assertRefused("d", "pip install --target vendor Tiny_Lib six");
    write("d/vendor/tiny_lib-1.0.dist-info/METADATA", "");
    write("d/vendor/six.py", "");
    assertThat(own(build(bare, "d"))).containsExactly("main.py", "vendor/six.py");
  }

  @Test
  void aSyntaxErrorIsToldWithFileAndLineWhereAPythonIs() throws IOException {
    assumeTrue(
        Tools.ofSystem().find("python3").stream().findAny().isPresent(), "skipped: no python3");
    write("app/main.py", "x = 1\ndef f(:\n  pass\n");
    assertThatThrownBy(() -> build(full, "app"))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
        .hasMessageContaining("main.py:2: invalid syntax")
        .hasMessageContaining("def f(:");
    write("app/main.py", "type Pair[T] = tuple[T, T]\ndef f[T](x: T) -> T:\n  return x\n");
    assertThat(own(build(full, "app"))).containsExactly("main.py");
  }

  @Test
  void aFolderOfAnotherLanguageIsNotPython() throws IOException {
    PythonBuild python = new PythonBuild(new Tools(List.of(), List.of()));
    write("js/main.js", "");
    write("js/tool.py", "");
    assertThat(python.takes(dir.resolve("js"))).isFalse();
    write("js/pyproject.toml", "");
    assertThat(python.takes(dir.resolve("js"))).isTrue();
    write("none/data.txt", "");
    assertThat(python.takes(dir.resolve("none"))).isFalse();
    assertThat(python.takes(dir.resolve("js/main.js"))).isFalse();
    assertThat(python.takes(dir.resolve("js/tool.py"))).isTrue();
  }

  @Test
  void theExampleAndTheProbeArePacked() throws IOException {
    Path out = dir.resolve("out.wasm");
    bare.build(Path.of("../examples/bank-python"), out, progress::add);
    CodelessModule bank = CodelessModule.read(Files.readAllBytes(out));
    assertThat(bank.main()).isEqualTo("src/bank.py");
    assertThat(own(bank)).containsExactly("src/bank.py");
    bare.build(Path.of("../system-tests/conformance/python"), out, progress::add);
    CodelessModule probe = CodelessModule.read(Files.readAllBytes(out));
    assertThat(probe.main()).isEqualTo("probe.py");
    assertThat(own(probe)).containsExactly("probe.py");
  }

  @Test
  void importsAreFoundWhereTheyStand() {
    String source =
        """
        import a, b.c as d
        from e.f import g
        from . import h
        from .i import j
        def k():
            import l
        # import m
        importance = 1
        """;
    assertThat(PythonProject.imports(source)).containsExactly("a", "b", "e", "l");
  }

  private CodelessModule build(GuestBuilder builder, String source) throws IOException {
    Path out = dir.resolve("out.wasm");
    builder.build(dir.resolve(source), out, progress::add);
    return CodelessModule.read(Files.readAllBytes(out));
  }

  private static List<String> own(CodelessModule m) {
    return m.sources().keySet().stream().filter(f -> !f.startsWith("plexspaces/")).toList();
  }

  private void write(String path, String text) throws IOException {
    Path file = dir.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private void assertRefused(String source, String why) {
    assertThatThrownBy(() -> bare.build(dir.resolve(source), dir.resolve("x"), progress::add))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
        .hasMessageContaining(why);
  }
}
