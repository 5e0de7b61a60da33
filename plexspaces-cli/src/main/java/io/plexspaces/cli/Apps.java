package io.plexspaces.cli;

import io.plexspaces.api.Value;
import java.util.List;
import java.util.Locale;

/** How apps, as the HTTP API describes them, are shown. */
final class Apps {
  private Apps() {}

  static String path(String app) {
    return "/api/v1/apps/" + NodeClient.segment(app);
  }

  static Table table(List<Value> apps) {
    Table t =
        new Table("APP", "VERSION", "STATE", "ACTORS", "QUEUED", "MEMORY", "RESTARTS", "DEPLOYED");
    for (Value v : apps) {
      if (v instanceof Value.Obj a) {
        t.row(
            a.string("app", "?"),
            a.string("version", ""),
            a.string("state", "?"),
            String.valueOf(a.integer("actors", 0)),
            String.valueOf(a.integer("mailbox_depth", 0)),
            bytes(a.integer("memory_bytes", 0)),
            String.valueOf(a.integer("restarts", 0)),
            a.string("deployed_at", ""));
      }
    }
    return t;
  }

  static String bytes(long n) {
    if (n < 1024) {
      return n + " B";
    }
    double v = n;
    String[] units = {"KiB", "MiB", "GiB", "TiB"};
    int u = -1;
    do {
      v /= 1024;
      u++;
    } while (v >= 1024 && u < units.length - 1);
    return String.format(Locale.ROOT, "%.1f %s", v, units[u]);
  }

  /** {@code counter 1.2.0 is running, 3 actors}. */
  static String sentence(Value.Obj app) {
    String failure = app.string("failure", "");
    long actors = app.integer("actors", 0);
    return app.string("app", "?")
        + " "
        + app.string("version", "")
        + " is "
        + app.string("state", "?")
        + (failure.isEmpty() ? "" : ": " + Printable.line(failure))
        + ", "
        + actors
        + (actors == 1 ? " actor" : " actors");
  }
}
