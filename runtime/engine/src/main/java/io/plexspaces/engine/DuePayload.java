package io.plexspaces.engine;

import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import java.nio.charset.StandardCharsets;

/** Tells the receiver of a timer's message when it was due. */
final class DuePayload {
  static final String FIELD = "due_ms";

  private DuePayload() {}

  /**
   * {@code p} with {@code due_ms} as its last field, where it is a JSON object that has no such
   * field; all else stays as it is, byte for byte.
   */
  static Payload with(Payload p, long due) {
    if (!p.isJson() || p.size() == 0 || !mayTake(p)) {
      return p;
    }
    String text = p.text().stripTrailing();
    String fields = text.substring(0, text.length() - 1);
    boolean empty = fields.strip().equals("{");
    String all = fields + (empty ? "" : ",") + "\"" + FIELD + "\":" + due + "}";
    return Payload.json(all.getBytes(StandardCharsets.UTF_8));
  }

  private static boolean mayTake(Payload p) {
    try {
      return p.value() instanceof Value.Obj o && o.get(FIELD) == null;
    } catch (HostException e) {
      return false; // no JSON after all: its receiver says so
    }
  }
}
