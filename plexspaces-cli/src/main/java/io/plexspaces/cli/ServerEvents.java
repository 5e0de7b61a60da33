package io.plexspaces.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Reads server-sent events: fields line by line, an event at each empty line. */
final class ServerEvents {
  private final BufferedReader lines;

  ServerEvents(InputStream in) {
    this.lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
  }

  /**
   * @param name empty for one without a name
   * @param data its lines joined
   */
  record Event(String name, String data) {}

  /**
   * Hands on what has no name; answers the first event that has one, or "" where nothing is left.
   */
  Event read(Consumer<String> values) throws IOException {
    while (true) {
      Event e = next();
      if (e == null) {
        return new Event("", "");
      }
      if (!e.name().isEmpty()) {
        return e;
      }
      values.accept(e.data());
    }
  }

  private @Nullable Event next() throws IOException {
    String name = "";
    StringBuilder data = new StringBuilder();
    boolean any = false;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.isEmpty()) {
        if (any) {
          return new Event(name, data.toString());
        }
        name = "";
      } else if (line.startsWith("event:")) {
        name = line.substring(6).strip();
      } else if (line.startsWith("data:")) {
        data.append(any ? "\n" : "").append(line.substring(line.startsWith("data: ") ? 6 : 5));
        any = true;
      }
    }
    return null;
  }
}
