package io.plexspaces.cli;

import io.plexspaces.api.Value;
import io.plexspaces.cli.NodeClient.Request;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "delete",
    description =
        "Stops an actor and removes its journal for good: its state, its history, its timers and"
            + " what it had not sent yet. Its next message makes a new one.",
    footer = {"", "Example:", "  plexspaces actor delete bank/account/alice --yes"})
final class ActorDelete implements Callable<Integer> {
  /** Its running turn may end, within its shutdown timeout. */
  private static final Duration LONGEST = Duration.ofMinutes(5);

  private final Session session;

  @Parameters(index = "0", paramLabel = "APP/TYPE/KEY", description = "The actor's address.")
  String address = "";

  @Option(names = "--yes", description = "Do not ask.")
  boolean yes;

  ActorDelete(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    String path = ActorCommand.path(address);
    if (!yes) {
      confirm();
    }
    session.client().call(new Request("DELETE", path, null, "", Map.of(), LONGEST));
    session.say(
        Value.Obj.builder().put("actor", address).put("deleted", true).build(),
        "Deleted " + address);
    return 0;
  }

  /** Who cannot be asked has to say so beforehand. */
  private void confirm() {
    if (!session.terminal().interactive()) {
      throw CliException.usage(
          "deleting " + address + " cannot be undone: say --yes if that is what you want");
    }
    session
        .terminal()
        .err()
        .print("Delete " + Printable.line(address) + " and its journal for good? [y/N] ");
    session.terminal().err().flush();
    try {
      String answer =
          new BufferedReader(new InputStreamReader(session.terminal().in(), StandardCharsets.UTF_8))
              .readLine();
      if (answer == null || !(answer.strip().equals("y") || answer.strip().equals("yes"))) {
        throw CliException.failed("nothing was deleted");
      }
    } catch (IOException e) {
      throw CliException.failed("standard input cannot be read: " + e.getMessage()).causedBy(e);
    }
  }
}
