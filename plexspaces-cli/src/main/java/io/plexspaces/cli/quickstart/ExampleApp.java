package io.plexspaces.cli.quickstart;

import io.plexspaces.deployer.build.BuildResult;
import io.plexspaces.deployer.build.GuestBuilder;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * {@code examples/doc-search} of a checkout, built when its sources changed.
 *
 * @param home the checkout
 */
record ExampleApp(Path home) {
  static final String NAME = "doc-search";
  private static final String FOLDER = "examples/" + NAME;
  private static final String CONFIG = "app-config.toml";

  /** A build tool that is not there is fetched; a slow line has its time. */
  private static final long FETCH_MINUTES = 5;

  /**
   * @param fresh whether it had to be built
   */
  record Artifact(Path file, long size, boolean fresh) {}

  /** The checkout that this program was built in. */
  static ExampleApp find() {
    try {
      CodeSource source = ExampleApp.class.getProtectionDomain().getCodeSource();
      for (Path p = Path.of(source.getLocation().toURI()); p != null; p = p.getParent()) {
        if (Files.isRegularFile(p.resolve(FOLDER).resolve(CONFIG))) {
          return new ExampleApp(p);
        }
      }
    } catch (URISyntaxException e) {
      throw new IllegalStateException("a class path is no URI", e);
    }
    throw QuickstartFailure.of(
        "the folder "
            + FOLDER
            + " was not found around "
            + System.getProperty("java.class.path", "").split(File.pathSeparator, 2)[0]
            + ": run quickstart from a complete checkout of PlexSpaces");
  }

  Path folder() {
    return home.resolve(FOLDER);
  }

  Path docs() {
    return home.resolve("docs");
  }

  byte[] config() throws IOException {
    return Files.readAllBytes(folder().resolve(CONFIG));
  }

  /** Where what can be made again is kept. */
  Path target() {
    return folder().resolve("target");
  }

  /**
   * Builds the artifact unless the one at hand was made from the same sources.
   *
   * @param fallback a folder for the artifact where the checkout may not be written
   */
  Artifact build(Path fallback, Screen screen) throws IOException {
    String digest = digest();
    GuestBuilder builder = new GuestBuilder();
    Path artifact = target().resolve(NAME + ".wasm");
    Path stamp = target().resolve(NAME + ".digest");
    if (Files.isRegularFile(artifact)
        && Files.isRegularFile(stamp)
        && Files.readString(stamp).equals(digest)) {
      return new Artifact(artifact, Files.size(artifact), false);
    }
    boolean writable = Files.isWritable(Files.exists(target()) ? target() : folder());
    if (writable) {
      if (!builder.hasBundler(folder())) {
        fetchTools(screen);
      }
      Files.createDirectories(target());
      Files.deleteIfExists(stamp);
    } else {
      artifact = fallback.resolve(NAME + ".wasm");
    }
    BuildResult built = builder.build(folder(), artifact, line -> screen.progress("Build", line));
    if (writable) {
      Files.writeString(stamp, digest);
    }
    return new Artifact(artifact, built.size(), true);
  }

  /** A bundler that is nowhere comes from npm, by the example's lock file. */
  private void fetchTools(Screen screen) throws IOException {
    screen.progress("Build", "npm ci in " + FOLDER + " (esbuild, typescript)");
    Path log = Files.createTempFile("plexspaces-npm", ".log");
    try {
      ProcessBuilder npm =
          new ProcessBuilder("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts");
      npm.directory(folder().toFile()).redirectErrorStream(true).redirectOutput(log.toFile());
      Process process = npm.start();
      process.getOutputStream().close();
      try {
        if (!process.waitFor(FETCH_MINUTES, TimeUnit.MINUTES)) {
          throw QuickstartFailure.of(
              "\"npm ci\" in "
                  + folder()
                  + " did not end in "
                  + FETCH_MINUTES
                  + " minutes: run it there by hand, then quickstart again");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw QuickstartFailure.of("interrupted").causedBy(e);
      } finally {
        process.destroyForcibly();
      }
      if (process.exitValue() != 0) {
        List<String> lines = Files.readString(log).lines().toList();
        throw QuickstartFailure.of(
            "\"npm ci\" in " + folder() + " failed: mend what it says, then run quickstart again",
            lines.subList(Math.max(0, lines.size() - 5), lines.size()));
      }
    } catch (IOException e) {
      throw QuickstartFailure.of(
              "npm is needed to build the example and could not be started ("
                  + e.getMessage()
                  + "): install Node.js 20 or newer with npm, then run quickstart again")
          .causedBy(e);
    } finally {
      Files.deleteIfExists(log);
    }
  }

  /** Of all that goes into the artifact: the example, the SDK beside it, and the builder. */
  private String digest() throws IOException {
    MessageDigest sha;
    try {
      sha = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
    List<Path> files = new ArrayList<>();
    for (String folder : List.of(FOLDER + "/src", "sdk-typescript/src")) {
      try (Stream<Path> found = Files.walk(home.resolve(folder))) {
        found.filter(Files::isRegularFile).sorted().forEach(files::add);
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
    }
    files.add(folder().resolve("package.json"));
    files.add(folder().resolve("package-lock.json"));
    for (Path file : files) {
      byte[] content = Files.readAllBytes(file);
      String header = home.relativize(file) + "\0" + content.length + "\0";
      sha.update(header.getBytes(StandardCharsets.UTF_8));
      sha.update(content);
    }
    sha.update(builder().getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(sha.digest());
  }

  /** Which build of the builder this is: a new jar may pack differently. */
  private static String builder() throws IOException {
    try {
      Path jar =
          Path.of(GuestBuilder.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return Files.size(jar) + " " + Files.getLastModifiedTime(jar).toMillis();
    } catch (URISyntaxException e) {
      throw new IllegalStateException("a class path is no URI", e);
    }
  }
}
