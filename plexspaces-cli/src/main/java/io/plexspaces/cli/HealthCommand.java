package io.plexspaces.cli;

import io.plexspaces.api.Value;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(
    name = "health",
    description = "Asks whether the node lives and is ready; exit status 1 if it is not.",
    footer = {"", "Example:", "  plexspaces health --node http://127.0.0.1:8001"})
final class HealthCommand implements Callable<Integer> {
  private final Session session;

  HealthCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    NodeClient client = session.client();
    client.get("/health/live");
    Value.Obj ready = client.get("/health/ready").object();
    Table t = new Table("NODE", "LIVE", "READY").row(client.node().toString(), "up", "ready");
    session.print(
        Value.Obj.builder()
            .put("node", client.node().toString())
            .put("live", true)
            .put("ready", true)
            .put("details", ready)
            .build(),
        t);
    return 0;
  }
}
