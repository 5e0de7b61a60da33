package io.plexspaces.cli;

import io.plexspaces.api.Json;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.cli.NodeClient.Request;
import io.plexspaces.cli.quickstart.NodeApi;
import io.plexspaces.cli.quickstart.Quickstart;
import io.plexspaces.cli.quickstart.QuickstartFailure;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "quickstart",
    description = {
      "Starts a node, deploys an example app, asks it two questions about a folder of text files,",
      "shows what happened, and stops the node."
    },
    footer = {"", "Example:", "  plexspaces quickstart --docs ~/notes --keep"})
final class QuickstartCommand implements Callable<Integer> {
  /** The node gives up first, and says why; only then do we. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  private static final Duration DEPLOY_TIMEOUT = Duration.ofMinutes(5);

  private final Session session;

  @Option(
      names = "--docs",
      paramLabel = "DIR",
      description = "The folder to answer questions about (default: the project's own docs).")
  @Nullable String docs;

  @Option(names = "--keep", description = "Leave the node running.")
  boolean keep;

  QuickstartCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws InterruptedException {
    RootCommand options = session.options();
    if (options.node != null || options.token != null) {
      throw CliException.usage(
          (options.node != null ? "--node" : "--token")
              + ": quickstart starts a node of its own, leave the option out");
    }
    Terminal terminal = session.terminal();
    boolean table = session.format() == OutputFormat.TABLE;
    Quickstart quickstart =
        new Quickstart(
            table ? terminal.out() : terminal.err(),
            table && terminal.colours(),
            table && terminal.colours(),
            terminal.environment(),
            url -> new Api(new NodeClient(url, null, this::trace)));
    try {
      Value.Obj done = quickstart.run(docs, keep);
      if (!table) {
        session.print(done);
      }
      return 0;
    } catch (QuickstartFailure e) {
      throw (e.isUsage()
              ? CliException.usage(e.sentence())
              : CliException.failed(e.sentence(), e.details()))
          .causedBy(e);
    }
  }

  private void trace(String line) {
    if (session.debug()) {
      session.terminal().err().println(line);
    }
  }

  private record Api(NodeClient client) implements NodeApi {
    @Override
    public Value.Obj post(String path, Value body, Duration timeout) {
      return client
          .call(
              Request.post(
                      path + "?timeout_ms=" + timeout.toMillis(),
                      Json.write(body),
                      Payload.JSON_TYPE)
                  .within(timeout.plus(GRACE)))
          .object();
    }

    @Override
    public Value.Obj deploy(byte[] module, byte[] config) {
      Multipart form =
          new Multipart()
              .file("wasm", "module.wasm", "application/wasm", module)
              .file("config", "app-config.toml", "application/toml", config);
      return client
          .call(
              Request.post("/api/v1/apps", form.body(), form.contentType()).within(DEPLOY_TIMEOUT))
          .object();
    }

    @Override
    public String tree(String app) {
      StringBuilder out = new StringBuilder();
      ActorCommand.Tree.draw(out, client.get(Apps.path(app) + "/tree").object(), "", "");
      return out.toString();
    }
  }
}
