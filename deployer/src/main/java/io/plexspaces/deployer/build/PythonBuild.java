package io.plexspaces.deployer.build;

import io.plexspaces.api.guest.CodelessModule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Python to a module for the CPython engine: the app's modules, what lies in its {@code vendor}
 * folder, and the SDK. Needs no tools; where a python3 is found it checks the syntax.
 */
final class PythonBuild implements SourceBuild {
  private static final String ENGINE = "python";
  private static final String ENGINE_VERSION = "3.13";
  private static final String SDK_RESOURCES = "/sdk-python/";

  /** The SDK's modules that run in a guest; the harness and the client stay outside. */
  static final List<String> SDK_FILES =
      List.of(
          "plexspaces/__init__.py",
          "plexspaces/_binding.py",
          "plexspaces/_classes.py",
          "plexspaces/_codec.py",
          "plexspaces/_failure.py",
          "plexspaces/_functions.py",
          "plexspaces/_guest.py",
          "plexspaces/_loop.py",
          "plexspaces/_machine.py",
          "plexspaces/_marks.py",
          "plexspaces/_shapes.py",
          "plexspaces/_structures.py",
          "plexspaces/_transport.py",
          "plexspaces/_types.py",
          "plexspaces/actors.py",
          "plexspaces/errors.py",
          "plexspaces/host/__init__.py",
          "plexspaces/host/_arguments.py",
          "plexspaces/host/blob.py",
          "plexspaces/host/channel.py",
          "plexspaces/host/kv.py",
          "plexspaces/host/lock.py",
          "plexspaces/host/messaging.py",
          "plexspaces/host/pg.py",
          "plexspaces/host/pool.py",
          "plexspaces/host/shards.py",
          "plexspaces/host/system.py",
          "plexspaces/host/ts.py",
          "plexspaces/host/workflow.py");

  /**
   * Says the first error of the files named after it as {@code file:line: message}. A Python older
   * than the engine's does not know what came since, so it has no say where the line may be that.
   */
  private static final String CHECK =
      """
      import re, sys
      newer = re.compile(r"\\s*(type\\s+\\w+|(async\\s+)?def\\s+\\w+\\s*\\[|class\\s+\\w+\\s*\\[)")
      for name in sys.argv[1:]:
          with open(name, "rb") as f:
              source = f.read()
          try:
              compile(source, name, "exec", dont_inherit=True)
          except (SyntaxError, ValueError) as e:
              line = getattr(e, "text", None) or ""
              message = getattr(e, "msg", None) or str(e)
              old = sys.version_info < (3, 13)
              if old and (newer.match(line) or "f-string" in message or re.search("f['\\"]", line)):
                  continue
              print("%s:%s: %s" % (name, getattr(e, "lineno", None) or 1, message))
              if line.strip():
                  print("    " + line.strip())
              sys.exit(1)
      """;

  private final Tools tools;

  /** What was found once: looking for it takes longer than what it does, and dev builds often. */
  private volatile @Nullable Path interpreter;

  PythonBuild(Tools tools) {
    this.tools = tools;
  }

  static boolean isPython(String name) {
    return name.endsWith(".py");
  }

  /** A folder is one of another language if that one's main file is there and no pyproject.toml. */
  @Override
  public boolean takes(Path source) {
    if (!Files.isDirectory(source)) {
      return isPython(String.valueOf(source.getFileName()));
    }
    if (Files.isRegularFile(source.resolve("pyproject.toml"))) {
      return true;
    }
    if (Files.isRegularFile(source.resolve("package.json"))
        || ScriptEntry.MAIN_FILES.stream().anyMatch(f -> Files.isRegularFile(source.resolve(f)))) {
      return false;
    }
    return PythonProject.hasModules(source) || PythonProject.hasModules(source.resolve("src"));
  }

  @Override
  public Built build(Path source, Consumer<String> progress) throws IOException {
    PythonProject project =
        Files.isDirectory(source) ? PythonProject.ofFolder(source) : PythonProject.ofFile(source);
    SortedMap<String, byte[]> sources = new TreeMap<>();
    for (String path : project.files()) {
      sources.put(path, Files.readAllBytes(project.root().resolve(path)));
    }
    checkSyntax(project, progress);
    progress.accept("packing " + sources.size() + " Python modules");
    for (String file : SDK_FILES) {
      sources.put(file, CarriedFiles.require(SDK_RESOURCES + file));
    }
    CodelessModule module =
        new CodelessModule(ENGINE, ENGINE_VERSION, project.main(), sources, "python");
    return new Built("python", module.write());
  }

  private void checkSyntax(PythonProject project, Consumer<String> progress) throws IOException {
    Path python = interpreter();
    if (python == null) {
      progress.accept("no python3 here: a syntax error will be told by the node");
      return;
    }
    List<String> command = new ArrayList<>(List.of(python.toString(), "-I", "-B", "-c", CHECK));
    // What is vendored was released; its errors are not the user's.
    project.files().stream().filter(f -> !f.startsWith(PythonProject.VENDOR)).forEach(command::add);
    Tools.Output done = Tools.run(project.root(), command, Map.of());
    if (done.status() != 0) {
      throw GuestBuilder.refused((done.out() + done.err()).strip());
    }
  }

  private @Nullable Path interpreter() throws IOException {
    Path known = interpreter;
    if (known == null || !Files.isExecutable(known)) {
      known = findInterpreter();
      interpreter = known;
    }
    return known;
  }

  /** The newest that runs; a name on PATH may be one that only says it is not installed. */
  private @Nullable Path findInterpreter() throws IOException {
    for (String name : List.of("python3.13", "python3.14", "python3.12", "python3")) {
      for (Path python : tools.find(name).stream().sorted(Comparator.naturalOrder()).toList()) {
        Tools.Output version =
            Tools.run(
                Path.of("").toAbsolutePath(),
                List.of(
                    python.toString(),
                    "-I",
                    "-c",
                    "import sys; print(sys.version_info >= (3, 11))"),
                Map.of());
        if (version.status() == 0 && version.out().strip().equals("True")) {
          return python;
        }
      }
    }
    return null;
  }
}
