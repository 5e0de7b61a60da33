package io.plexspaces.cli;

import io.plexspaces.api.Value;
import io.plexspaces.api.upkeep.Backups.Backup;
import io.plexspaces.api.upkeep.Finding;
import io.plexspaces.store.BackupReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "restore",
    description =
        "Makes a data directory of a backup, for a node to be started on. Verifies every file;"
            + " needs no node.",
    footer = {
      "",
      "The directory must not exist, or be empty.",
      "",
      "Example:",
      "  plexspaces restore data/backups/nightly --data-dir ./restored"
    })
final class RestoreCommand implements Callable<Integer> {
  /** Files between two lines of progress. */
  private static final int EVERY = 1000;

  private final Session session;

  @Parameters(index = "0", paramLabel = "BACKUP", description = "The directory of the backup.")
  String backup = "";

  @Option(
      names = "--data-dir",
      required = true,
      paramLabel = "DIR",
      description = "The data directory to make.")
  String dataDir = "";

  RestoreCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Path from = Path.of(backup);
    if (!Files.isDirectory(from)) {
      throw CliException.usage(
          "there is no directory "
              + from.toAbsolutePath()
              + "; \"plexspaces backup --list\" shows where backups are");
    }
    Backup b =
        BackupReader.restore(
            from,
            Path.of(dataDir),
            n -> {
              if (n % EVERY == 0) {
                session.terminal().err().println(n + " files restored");
              }
            });
    for (Finding f : b.damaged()) {
      session
          .terminal()
          .err()
          .println(
              Printable.line(
                  "was damaged when the backup was written: " + f.file() + ": " + f.what()));
    }
    session.say(
        Value.Obj.builder().put("restored", b.toValue()).put("data_dir", dataDir).build(),
        "Restored "
            + b.files()
            + " files of backup "
            + b.name()
            + " to "
            + dataDir
            + ": start a node on it with \"plexspaces node start --data-dir "
            + dataDir
            + "\"");
    return 0;
  }
}
