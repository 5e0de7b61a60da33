package io.plexspaces.cli;

import io.plexspaces.api.AppId;
import io.plexspaces.api.Value;
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
    footer = {"", "Example:", "  plexspaces new counter --lang python"})
final class NewCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(index = "0", paramLabel = "APP", description = "The app's name.")
  String app = "";

  @Option(
      names = "--lang",
      required = true,
      paramLabel = "LANGUAGE",
      description = "python, typescript, javascript, rust or go.")
  String language = "";

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "Where to write it (default: a new directory of the app's name).")
  @Nullable String directory;

  NewCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    if (!app.matches("[a-z][a-z0-9-]*") || !AppId.isName(app)) {
      throw CliException.usage(
          "APP: \""
              + app
              + "\" is not a name for a project: use small letters, digits and '-',"
              + " at most 63, a letter first");
    }
    Scaffold scaffold = Scaffold.of(language);
    Path folder = folder();
    scaffold.write(app, folder);
    session.say(
        Value.Obj.builder()
            .put("app", app)
            .put("language", scaffold.language())
            .put("directory", folder.toString())
            .build(),
        "Made "
            + folder
            + ". Test it there: "
            + scaffold.test()
            + ". Run it: plexspaces dev "
            + folder);
    return 0;
  }

  private Path folder() {
    try {
      Path folder = Path.of(directory == null ? app : directory);
      if (!Files.exists(folder)) {
        return folder;
      }
      if (!Files.isDirectory(folder)) {
        throw CliException.usage("--dir: " + folder + " is a file");
      }
      try (Stream<Path> there = Files.list(folder)) {
        if (there.findAny().isPresent()) {
          throw CliException.usage(
              "--dir: " + folder + " is not empty; name another directory with --dir");
        }
      }
      return folder;
    } catch (InvalidPathException e) {
      throw CliException.usage("--dir: \"" + directory + "\" is not a path").causedBy(e);
    } catch (IOException e) {
      throw CliException.failed("--dir: cannot be read: " + e).causedBy(e);
    }
  }
}
