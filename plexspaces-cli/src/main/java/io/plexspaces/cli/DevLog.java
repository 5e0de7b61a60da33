package io.plexspaces.cli;

import io.plexspaces.api.Value;
import io.plexspaces.cli.NodeClient.Request;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.concurrent.TimeUnit;

/** Prints what an app logs, as it comes. One thread follows, another may stop it. */
final class DevLog {
  private static final int WAIT_MILLIS = 20_000;

  private final Terminal terminal;
  private final NodeClient client;
  private final String app;

  /** Lines of an app of that name that was there before are nobody's business. */
  private final Instant since;

  private volatile boolean stopped;
  private long last;

  /**
   * @param after the number of the last line that is not to be shown; 0 for none
   * @param since what is older is not shown either
   */
  DevLog(Terminal terminal, NodeClient client, String app, long after, Instant since) {
    this.terminal = terminal;
    this.client = client;
    this.app = app;
    this.last = after;
    this.since = since;
  }

  /** The number of the last line that the node has of an app. */
  static long last(NodeClient client, String app) {
    return client.get(Apps.path(app) + "/logs").object().integer("last", 0);
  }

  void start() {
    Thread.ofVirtual().name("dev-log").start(this::follow);
  }

  void stop() {
    stopped = true;
  }

  private void follow() {
    while (!stopped) {
      try {
        poll();
      } catch (CliException e) {
        pause();
      }
    }
  }

  /** The node or the app may be gone for a moment. */
  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(500);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Asks once, and prints what is new. Waits for a line if there is none. */
  void poll() {
    Value.Obj answer =
        client
            .call(
                Request.get(Apps.path(app) + "/logs?after=" + last + "&wait_ms=" + WAIT_MILLIS)
                    .within(Duration.ofMillis(2L * WAIT_MILLIS)))
            .object();
    for (Value v : answer.array("lines")) {
      if (v instanceof Value.Obj line && !isOld(line)) {
        print(line);
      }
    }
    // Behind what was shown already: a node that was started again counts from 1 again.
    long now = answer.integer("last", last);
    last = now < last && answer.array("lines").isEmpty() ? 0 : now;
  }

  private boolean isOld(Value.Obj line) {
    try {
      return Instant.parse(line.string("at", "")).isBefore(since);
    } catch (DateTimeParseException e) {
      return false;
    }
  }

  private void print(Value.Obj line) {
    String at = line.string("at", "");
    int t = at.indexOf('T');
    String time = t < 0 || at.length() < t + 9 ? at : at.substring(t + 1, t + 9);
    String actor = line.string("actor", "");
    String who = actor.startsWith(app + "/") ? actor.substring(app.length() + 1) : actor;
    String text =
        time + " " + line.string("level", "") + " " + who + ": " + line.string("message", "");
    terminal.out().println(Printable.line(text));
    terminal.out().flush();
  }
}
