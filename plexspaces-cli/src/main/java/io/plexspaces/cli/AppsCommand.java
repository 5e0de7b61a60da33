package io.plexspaces.cli;

import io.plexspaces.api.Value;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(
    name = "apps",
    description = "Lists the apps of the node.",
    footer = {"", "Example:", "  plexspaces apps --output json"})
final class AppsCommand implements Callable<Integer> {
  private final Session session;

  AppsCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Value.Obj reply = session.client().get("/api/v1/apps").object();
    List<Value> apps = reply.array("apps");
    if (apps.isEmpty() && session.format() == OutputFormat.TABLE) {
      session
          .terminal()
          .out()
          .println("No apps. Deploy one: plexspaces deploy --app NAME --wasm FILE --config FILE");
      return 0;
    }
    session.print(reply, Apps.table(apps));
    return 0;
  }
}
