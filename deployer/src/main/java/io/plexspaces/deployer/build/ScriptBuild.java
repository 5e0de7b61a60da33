package io.plexspaces.deployer.build;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.wasm.CodelessModule;
import java.io.IOException;
import java.io.InputStream;
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
final class ScriptBuild {
  /** The program that makes one script of many. */
  static final String BUNDLER = "esbuild";

  private static final String ENGINE = "quickjs";
  private static final String ENGINE_VERSION = "1";
  private static final String BUNDLE = "main.js";
  private static final String SDK_MAIN = ModuleGraph.SDK + "/index.js";
  private static final String SDK_RESOURCES = "/sdk-typescript/";

  private final Tools tools;

  ScriptBuild(Tools tools) {
    this.tools = tools;
  }

  /**
   * @param root the folder that paths are relative to
   * @param main the file to start with, relative to {@code root}
   */
  byte[] build(Path root, String main, Consumer<String> progress) throws IOException {
    ModuleGraph.Result graph = ModuleGraph.of(main, path -> read(root.resolve(path)));
    SortedMap<String, byte[]> sources;
    String start = main;
    if (graph.obstacle() == null) {
      progress.accept("packing " + graph.sources().size() + " JavaScript modules");
      sources = new TreeMap<>(graph.sources());
    } else {
      sources = new TreeMap<>();
      sources.put(BUNDLE, bundle(root, main, graph.obstacle(), progress));
      start = BUNDLE;
    }
    sources.putAll(sdk());
    return new CodelessModule(ENGINE, ENGINE_VERSION, start, sources, "typescript").write();
  }

  private byte[] bundle(Path root, String main, String why, Consumer<String> progress)
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
    Path out = Files.createTempFile("plexspaces-build", ".js");
    try {
      // Paths in the bundle's comments are relative to the working folder, so equal sources give
      // equal bundles wherever they lie. Names are kept: an actor type is named after its class.
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
              "--log-level=warning",
              "--color=false",
              "--allow-overwrite",
              "--outfile=" + out);
      Tools.Output done = Tools.run(root, command, Map.of());
      if (done.status() != 0) {
        throw GuestBuilder.refused("esbuild refuses " + main + ":\n" + done.err().strip());
      }
      done.err().lines().forEach(progress);
      return Files.readAllBytes(out);
    } finally {
      Files.deleteIfExists(out);
    }
  }

  /** The SDK's modules, by their paths in the artifact. */
  private static SortedMap<String, byte[]> sdk() throws IOException {
    ModuleGraph.Result graph =
        ModuleGraph.of(SDK_MAIN, path -> resource(path.substring(ModuleGraph.SDK.length() + 1)));
    if (graph.obstacle() != null) {
      throw new IllegalStateException("the SDK is not packed: " + graph.obstacle());
    }
    return graph.sources();
  }

  private static byte @org.jspecify.annotations.Nullable [] resource(String name)
      throws IOException {
    try (InputStream in = ScriptBuild.class.getResourceAsStream(SDK_RESOURCES + name)) {
      return in == null ? null : in.readAllBytes();
    }
  }

  private static byte @org.jspecify.annotations.Nullable [] read(Path file) throws IOException {
    return Files.isRegularFile(file) ? Files.readAllBytes(file) : null;
  }
}
