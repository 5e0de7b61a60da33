package io.plexspaces.deployer.build;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A Go module to a core module, with the user's own go. */
final class GoBuild implements SourceBuild {
  private static final String SDK = "plexspaces.io/sdk-go";
  private static final Pattern REPLACED =
      Pattern.compile("(?m)^.*" + Pattern.quote(SDK) + "\\b.*=>");
  private static final String WORKSPACE = "GOWORK";
  private static final String OFF = "off";
  private static final int OLDEST_MINOR = 24;
  private static final Pattern VERSION = Pattern.compile("go(\\d+)\\.(\\d+)");

  private final Tools tools;

  GoBuild(Tools tools) {
    this.tools = tools;
  }

  @Override
  public boolean takes(Path source) {
    return Files.isDirectory(source) && Files.exists(source.resolve("go.mod"));
  }

  @Override
  public Built build(Path folder, Consumer<String> progress) throws IOException {
    Path go = compiler(folder);
    progress.accept("building " + folder + " with " + go);
    Path work = Files.createTempDirectory("plexspaces-go");
    try {
      Path wasm = work.resolve("app.wasm");
      List<String> command =
          new ArrayList<>(
              List.of(
                  go.toString(),
                  "build",
                  "-trimpath",
                  "-buildvcs=false",
                  "-buildmode=c-shared",
                  "-ldflags=-s -w -buildid=",
                  "-o",
                  wasm.toString()));
      command.add(".");
      String workspace = workspace(go, folder, work);
      Tools.Output done =
          Tools.run(
              folder,
              command,
              own -> {
                withoutFlags(own);
                own.putAll(Map.of("GOOS", "wasip1", "GOARCH", "wasm", WORKSPACE, workspace));
              });
      if (done.status() != 0) {
        throw GuestBuilder.refused("go refuses " + folder + ":\n" + done.err().strip());
      }
      return new Built("go", Files.readAllBytes(wasm));
    } finally {
      delete(work);
    }
  }

  /** Takes out what would change the module from shell to shell. */
  static void withoutFlags(Map<String, String> environment) {
    environment.keySet().removeAll(List.of("GOFLAGS", "GOWASM", "GOEXPERIMENT", "GODEBUG"));
  }

  /** The first go that is new enough: an older one may come earlier on PATH. */
  private Path compiler(Path folder) throws IOException {
    String old = null;
    List<Path> all = tools.find("go");
    for (Path go : all) {
      Tools.Output said =
          Tools.run(folder, List.of(go.toString(), "env", "GOVERSION"), Map.of(WORKSPACE, OFF));
      Matcher m = VERSION.matcher(said.out());
      if (m.find() && (!m.group(1).equals("1") || Integer.parseInt(m.group(2)) >= OLDEST_MINOR)) {
        return go;
      }
      old = said.status() == 0 ? go + " is " + said.out().strip() : said.err().strip();
    }
    throw new HostException(
        ErrorCode.FAILED_PRECONDITION,
        old == null
            ? "Go was not found: install Go 1.24 or newer from https://go.dev/dl"
            : old + ", but actors need Go 1.24 or newer (go:wasmexport): see https://go.dev/dl");
  }

  /**
   * A workspace of the app and the SDK that this program carries, for it is in no registry; {@code
   * off} if the app's go.mod says itself where the SDK is, or it does not use it. A {@code replace}
   * would be written into the module, and with it where the SDK lies.
   */
  private static String workspace(Path go, Path folder, Path work) throws IOException {
    String text = Files.readString(folder.resolve("go.mod"));
    if (!text.contains(SDK) || REPLACED.matcher(text).find()) {
      return OFF;
    }
    Path sdk = GoSdk.unpack(work.resolve("sdk-go"));
    Tools.Output done =
        Tools.run(
            work,
            List.of(go.toString(), "work", "init", folder.toString(), sdk.toString()),
            Map.of(WORKSPACE, ""));
    if (done.status() != 0) {
      throw GuestBuilder.refused("go refuses " + folder + "/go.mod:\n" + done.err().strip());
    }
    return work.resolve("go.work").toString();
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path p : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(p);
      }
    }
  }
}
