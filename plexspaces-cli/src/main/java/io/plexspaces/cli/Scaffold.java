package io.plexspaces.cli;

import io.plexspaces.deployer.Suggestion;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * A project to begin with. The SDK comes with it as a copy of the installation's, so that tests run
 * at once and without a network.
 *
 * @param language as users name it
 * @param title as its makers do
 * @param sdk the installation's folder of the SDK
 * @param test the command that runs the project's tests
 * @param files beside those that all languages have
 */
record Scaffold(String language, String title, String sdk, String test, List<String> files) {
  /** The launcher sets it: where the SDKs are. */
  static final String HOME = "plexspaces.home";

  private static final List<Scaffold> ALL =
      List.of(
          new Scaffold(
              "python",
              "Python",
              "sdk-python",
              "python3 -m pytest",
              List.of("pyproject.toml", "gitignore", "src/app.py", "tests/test_app.py")),
          new Scaffold(
              "typescript",
              "TypeScript",
              "sdk-typescript",
              "npm test",
              List.of(
                  "package.json", "tsconfig.json", "gitignore", "src/main.ts", "test/app.test.js")),
          new Scaffold(
              "javascript",
              "JavaScript",
              "sdk-typescript",
              "npm test",
              List.of("package.json", "gitignore", "src/main.js", "test/app.test.js")),
          new Scaffold(
              "rust",
              "Rust",
              "sdk-rust",
              "cargo test",
              List.of("Cargo.toml", "gitignore", "src/lib.rs", "tests/app.rs")),
          new Scaffold(
              "go",
              "Go",
              "sdk-go",
              "go test ./...",
              List.of("go.mod", "gitignore", "main.go", "main_test.go")));

  private static final Map<String, String> NOTES =
      Map.of(
          "Python", "The tests need pytest: `python3 -m pip install pytest`.\n\n",
          "TypeScript", "After a fresh checkout, run `npm install` once.\n\n",
          "JavaScript", "After a fresh checkout, run `npm install` once.\n\n",
          "Rust",
              "`plexspaces build` needs the target: `rustup target add wasm32-unknown-unknown`.\n\n",
          "Go", "It needs Go 1.24 or newer.\n\n");

  /** Parts of an SDK's folder that a project does not need. */
  private static final Set<String> NOT_COPIED =
      Set.of("node_modules", "target", "test", "tests", "build", "build-wasm", "__pycache__");

  private static final Set<String> NO_FILES = Set.of("package-lock.json", "tsconfig.json");

  /**
   * @throws CliException for an unknown language, with the one that may be meant
   */
  static Scaffold of(String language) {
    Map<String, String> abbreviated =
        Map.of("py", "python", "ts", "typescript", "js", "javascript", "rs", "rust");
    for (Scaffold s : ALL) {
      if (s.language.equals(language)) {
        return s;
      }
    }
    List<String> names = ALL.stream().map(Scaffold::language).toList();
    String full = abbreviated.get(language);
    String meant =
        full == null ? Suggestion.of(language, names) : ", did you mean \"" + full + "\"?";
    throw CliException.usage(
        "--language: there is no language \""
            + language
            + "\""
            + meant
            + (meant.isEmpty() ? "; it" : " It")
            + " is one of "
            + String.join(", ", names));
  }

  void write(String app, Path folder) {
    Path from = sdkFolder();
    try {
      write(app, folder, "app-config.toml", "app-config.toml");
      write(app, folder, "README.md", "README.md");
      for (String file : files) {
        write(app, folder, language + "/" + file, file.replace("gitignore", ".gitignore"));
      }
      copy(from, folder.resolve("sdk"));
      if (sdk.equals("sdk-typescript")) {
        linkPackages(folder, from);
      }
    } catch (IOException e) {
      throw CliException.failed(folder + " cannot be written: " + e).causedBy(e);
    }
  }

  /** The folder of this installation: a checkout, or what was unpacked of one. */
  static Path home() {
    return Path.of(System.getProperty(HOME, "")).toAbsolutePath();
  }

  private Path sdkFolder() {
    Path folder = home().resolve(sdk);
    if (!Files.isDirectory(folder)) {
      throw CliException.failed(
          "the "
              + title
              + " SDK was not found: there is no "
              + folder
              + "; start plexspaces by the script of its own folder");
    }
    return folder;
  }

  private void write(String app, Path folder, String template, String name) throws IOException {
    try (InputStream in = Scaffold.class.getResourceAsStream("new/" + template)) {
      if (in == null) {
        throw new IllegalStateException("no template " + template);
      }
      String text =
          new String(in.readAllBytes(), StandardCharsets.UTF_8)
              .replace("__APP__", app)
              .replace("__LANGUAGE__", title)
              .replace("__TEST__", test)
              .replace("__NOTE__", Objects.requireNonNull(NOTES.get(title)))
              .replace("__EXT__", language.equals("typescript") ? "ts" : "js");
      Path file = folder.resolve(name);
      Files.createDirectories(file.getParent());
      Files.writeString(file, text);
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes a)
              throws IOException {
            String name = String.valueOf(dir.getFileName());
            if (!dir.equals(from)
                && (NOT_COPIED.contains(name)
                    || name.startsWith(".")
                    || name.endsWith(".egg-info"))) {
              return FileVisitResult.SKIP_SUBTREE;
            }
            Files.createDirectories(to.resolve(from.relativize(dir).toString()));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes a) throws IOException {
            String name = String.valueOf(file.getFileName());
            if (!name.startsWith(".") && !name.endsWith("_test.go") && !NO_FILES.contains(name)) {
              Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** What {@code npm install} would do; with the installation's esbuild no network is needed. */
  private static void linkPackages(Path folder, Path from) throws IOException {
    Path modules = folder.resolve("node_modules");
    Files.createDirectories(modules.resolve("@plexspaces"));
    try {
      Files.createSymbolicLink(modules.resolve("@plexspaces/sdk"), Path.of("../../sdk"));
    } catch (UnsupportedOperationException | IOException e) {
      copy(folder.resolve("sdk"), modules.resolve("@plexspaces/sdk"));
    }
    link(from, modules, "esbuild", "esbuild");
    link(from, modules, "typescript", "tsc");
  }

  private static void link(Path from, Path modules, String tool, String program)
      throws IOException {
    Path installed = from.resolve("node_modules").resolve(tool).toAbsolutePath();
    if (!Files.isDirectory(installed)) {
      return; // npm install brings it
    }
    try {
      Files.createSymbolicLink(modules.resolve(tool), installed);
      Files.createDirectories(modules.resolve(".bin"));
      Files.createSymbolicLink(
          modules.resolve(".bin").resolve(program), Path.of("../" + tool + "/bin/" + program));
    } catch (UnsupportedOperationException e) {
      return; // npm install does it where there are no links
    }
  }
}
