package io.plexspaces.cli;

import io.plexspaces.api.Value;
import io.plexspaces.cli.NodeClient.Request;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "backup",
    description =
        "Has the node write a backup of everything it keeps, at one moment, while it runs. Needs"
            + " the role node-admin.",
    footer = {
      "",
      "The node writes it below <data dir>/backups, or where node.backup_dir says.",
      "",
      "Example:",
      "  plexspaces backup nightly",
      "  plexspaces backup --list"
    })
final class BackupCommand implements Callable<Integer> {
  /** Copying may take its time. */
  private static final Duration LONGEST = Duration.ofHours(6);

  private final Session session;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "NAME",
      description = "Its name (default: one made of the time).")
  @Nullable String name;

  @Option(names = "--list", description = "List the backups that there are.")
  boolean list;

  BackupCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    if (list) {
      if (name != null) {
        throw CliException.usage("--list takes no name");
      }
      Value.Obj all = session.client().get("/api/v1/backups").object();
      Table t = new Table("NAME", "CREATED", "POSITION", "FILES", "SIZE", "DAMAGED", "DIRECTORY");
      for (Value v : all.array("backups")) {
        if (v instanceof Value.Obj b) {
          t.row(
              b.string("name", "?"),
              b.string("created_at", "?"),
              String.valueOf(b.integer("position", 0)),
              String.valueOf(b.integer("files", 0)),
              Apps.bytes(b.integer("bytes", 0)),
              String.valueOf(b.array("damaged").size()),
              b.string("directory", "?"));
        }
      }
      session.print(all, t);
      return 0;
    }
    String path = "/api/v1/backups" + (name == null ? "" : "?name=" + NodeClient.segment(name));
    Value.Obj b =
        session.client().call(new Request("POST", path, null, "", Map.of(), LONGEST)).object();
    for (Value v : b.array("damaged")) {
      if (v instanceof Value.Obj f) {
        session
            .terminal()
            .err()
            .println(
                Printable.line(
                    f.string("file", "?")
                        + ": "
                        + f.string("what", "?")
                        + ": "
                        + f.string("remedy", "")));
      }
    }
    session.say(
        b,
        "Backup "
            + b.string("name", "?")
            + ": "
            + b.integer("files", 0)
            + " files, "
            + Apps.bytes(b.integer("bytes", 0))
            + " in "
            + b.string("directory", "?"));
    return b.array("damaged").isEmpty() ? 0 : CliException.FAILED;
  }
}
