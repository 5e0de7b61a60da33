package io.plexspaces.cli;

import io.plexspaces.api.Value;
import io.plexspaces.cli.NodeClient.Request;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "undeploy",
    description = "Stops an app and removes it. Its journals stay unless --purge is given.",
    footer = {"", "Example:", "  plexspaces undeploy --app counter --drain 30s"})
final class UndeployCommand implements Callable<Integer> {
  /** Beyond the drain, children have shutdown timeouts of their own. */
  private static final Duration SHUTDOWN = Duration.ofMinutes(2);

  private final Session session;

  @Option(names = "--app", required = true, paramLabel = "NAME", description = "The app's name.")
  String app = "";

  @Option(
      names = "--drain",
      paramLabel = "TIME",
      description = "How long queued messages may still be handled (default: ${DEFAULT-VALUE}).")
  String drain = "30s";

  @Option(names = "--purge", description = "Remove the actors' journals as well, for good.")
  boolean purge;

  UndeployCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Duration wait = Durations.parse(drain, "--drain");
    String path = Apps.path(app) + "?drain=" + wait.toMillis() + "ms&purge=" + purge;
    session.client().call(new Request("DELETE", path, null, "", Map.of(), wait.plus(SHUTDOWN)));
    session.say(
        Value.Obj.builder().put("app", app).put("undeployed", true).put("purged", purge).build(),
        "Undeployed " + app + (purge ? " and removed its journals" : "; its journals are kept"));
    return 0;
  }
}
