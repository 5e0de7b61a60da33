package io.plexspaces.deployer.build;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.guest.CodelessModule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * TypeScript and JavaScript to a module for the QuickJS engine. Plain JavaScript is taken as it is;
 * TypeScript, decorators and npm packages go through esbuild into one file. The SDK is never part
 * of that file: it stays a module of its own beside it.
 */
final class ScriptBuild implements SourceBuild {
  /** The program that makes one script of many. */
  static final String BUNDLER = "esbuild";

  private static final String ENGINE = "quickjs";
  private static final String ENGINE_VERSION = "1";
  private static final String BUNDLE = "main.js";
  private static final String SDK_MAIN = ModuleGraph.SDK + "/index.js";
  private static final String SDK_SCHEMAS = ModuleGraph.SDK + "/schemas.js";
  private static final String SDK_RESOURCES = "/sdk-typescript/";

  private final Tools tools;

  ScriptBuild(Tools tools) {
    this.tools = tools;
  }

  /** All: what is no script is refused by name. */
  @Override
  public boolean takes(Path source) {
    return true;
  }

  @Override
  public Built build(Path source, Consumer<String> progress) throws IOException {
    ScriptEntry entry = ScriptEntry.of(source);
    String language = GuestBuilder.isTypeScript(entry.main()) ? "typescript" : "javascript";
    return new Built(language, build(entry.root(), entry.main(), progress));
  }

  private byte[] build(Path root, String main, Consumer<String> progress) throws IOException {
    ModuleGraph.Result graph = ModuleGraph.of(main, path -> read(root.resolve(path)));
    ScriptSchemas.Job schemas = new ScriptSchemas(tools).start(root, main);
    try {
      SortedMap<String, byte[]> sources = new TreeMap<>();
      String start = main;
      if (graph.obstacle() == null) {
        checkSyntax(root, main, progress);
        progress.accept("packing " + graph.sources().size() + " JavaScript modules");
        sources.putAll(graph.sources());
      } else {
        ScriptBundle bundle = bundle(root, main, graph.obstacle(), progress);
        start = BUNDLE;
        sources.put(BUNDLE, bundle.script());
        sources.put(BUNDLE + ".map", bundle.map());
      }
      sources.putAll(sdk());
      byte[] described = schemas.module(progress);
      if (described != null) {
        sources.put(SDK_SCHEMAS, described);
      }
      return new CodelessModule(ENGINE, ENGINE_VERSION, start, sources, "typescript").write();
    } finally {
      schemas.cancel();
    }
  }

  /**
   * Plain JavaScript needs no tool; where esbuild is there, it says what a node would refuse, with
   * file and line. What it makes of the program is thrown away.
   */
  private void checkSyntax(Path root, String main, Consumer<String> progress) throws IOException {
    Path esbuild = tools.findFor(root, BUNDLER);
    if (esbuild == null) {
      progress.accept("no esbuild here: a syntax error will be told by the node");
      return;
    }
    List<String> command =
        List.of(
            esbuild.toString(),
            main,
            "--bundle",
            "--format=esm",
            "--target=esnext",
            "--external:" + ModuleGraph.SDK,
            "--log-level=error",
            "--color=false");
    Tools.Output done = Tools.run(root, command, Map.of());
    if (done.status() != 0) {
      throw GuestBuilder.refused(ScriptBundle.refusal(main, done.err().strip()));
    }
  }

  private ScriptBundle bundle(Path root, String main, String why, Consumer<String> progress)
      throws IOException {
    Path esbuild = tools.findFor(root, BUNDLER);
    if (esbuild == null) {
      throw new HostException(
          ErrorCode.FAILED_PRECONDITION,
          why
              + ", so it has to be bundled, and esbuild was not found: run \"npm install --save-dev"
              + " esbuild\" in "
              + root
              + ", or set PLEXSPACES_TOOLS to a folder that has it");
    }
    progress.accept("bundling " + main + " with " + esbuild);
    // Paths in the bundle's comments and its map are relative to the working folder, so equal
    // sources give equal bundles wherever they lie; for the map that holds where the bundle goes to
    // standard output. Names are kept: an actor type is named after its class.
    List<String> command =
        List.of(
            esbuild.toString(),
            main,
            "--bundle",
            "--format=esm",
            "--target=es2022",
            "--platform=neutral",
            "--main-fields=module,main",
            "--keep-names",
            "--charset=utf8",
            "--external:" + ModuleGraph.SDK,
            "--sourcemap=inline",
            "--sources-content=false",
            "--log-level=warning",
            "--color=false");
    Tools.Output done = Tools.run(root, command, Map.of());
    if (done.status() != 0) {
      throw GuestBuilder.refused(ScriptBundle.refusal(main, done.err().strip()));
    }
    done.err().lines().forEach(progress);
    return ScriptBundle.of(done.out());
  }

  /** The SDK's modules, by their paths in the artifact. */
  private static SortedMap<String, byte[]> sdk() throws IOException {
    ModuleGraph.Result graph =
        ModuleGraph.of(
            SDK_MAIN,
            path ->
                CarriedFiles.find(SDK_RESOURCES + path.substring(ModuleGraph.SDK.length() + 1)));
    if (graph.obstacle() != null) {
      throw new IllegalStateException("the SDK is not packed: " + graph.obstacle());
    }
    return graph.sources();
  }

  private static byte @org.jspecify.annotations.Nullable [] read(Path file) throws IOException {
    return Files.isRegularFile(file) ? Files.readAllBytes(file) : null;
  }
}
