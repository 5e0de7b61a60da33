package io.plexspaces.cli;

import io.plexspaces.api.AppId;
import io.plexspaces.api.Value;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "new",
    description = "Makes a project: an app with two actors, its configuration and its tests.",
    footer = {"", "Example:", "  plexspaces new counter --language python"})
final class NewCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(index = "0", paramLabel = "APP", description = "The app's name.")
  String app = "";

  @Option(
      names = {"--language", "--lang"},
      required = true,
      paramLabel = "LANGUAGE",
      description = "python, typescript, javascript, rust or go.")
  String language = "";

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "Where to write it (default: a new folder of the app's name).")
  @Nullable String directory;

  NewCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    checkName();
    Scaffold scaffold = Scaffold.of(language);
    Path folder = folder();
    scaffold.write(app, folder);
    String name = directory == null ? app : directory;
    session.say(
        Value.Obj.builder()
            .put("app", app)
            .put("language", scaffold.language())
            .put("directory", folder.toString())
            .put("test", scaffold.test())
            .build(),
        "Made the "
            + scaffold.title()
            + " project "
            + name
            + ". Now:\n  cd "
            + name
            + "\n  "
            + scaffold.test()
            + "\n  "
            + program()
            + " dev .");
    return 0;
  }

  private void checkName() {
    if (!app.matches("[a-z][a-z0-9-]*") || !AppId.isName(app)) {
      throw CliException.usage(
          "APP: \""
              + app
              + "\" is not a name for a project: use small letters, digits and '-', at most 63, a"
              + " letter first"
              + (app.contains("/") ? "; --dir says where it is written" : ""));
    }
    if (app.equals("plexspaces")) {
      throw CliException.usage("APP: the SDK is called plexspaces; give the app another name");
    }
  }

  private Path folder() {
    String what = directory == null ? "APP" : "--dir";
    Path folder;
    try {
      folder = Path.of(directory == null ? app : directory);
    } catch (InvalidPathException e) {
      throw CliException.usage("--dir: \"" + directory + "\" is not a path").causedBy(e);
    }
    if (!Files.exists(folder)) {
      return folder;
    }
    if (!Files.isDirectory(folder)) {
      throw CliException.usage(what + ": " + folder + " is a file; name a folder with --dir");
    }
    try (Stream<Path> there = Files.list(folder)) {
      if (there.findAny().isPresent()) {
        throw CliException.usage(
            what
                + ": the folder "
                + folder
                + " is there and not empty; name another one with --dir, or remove it");
      }
      return folder;
    } catch (IOException e) {
      throw CliException.failed(what + ": " + folder + " cannot be read: " + e).causedBy(e);
    }
  }

  /** How this program is called from the project's folder. */
  private String program() {
    String path = session.terminal().environment().getOrDefault("PATH", "");
    Path home = Scaffold.home();
    boolean onPath =
        Stream.of(path.split(File.pathSeparator, -1))
            .filter(p -> !p.isEmpty())
            .map(p -> Path.of(p, "plexspaces"))
            .anyMatch(Files::isExecutable);
    return onPath ? "plexspaces" : home.resolve("plexspaces").toString();
  }
}
