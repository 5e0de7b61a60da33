package io.plexspaces.engine;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.Frame;
import io.plexspaces.api.Json;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.ModuleDescription.Operation;
import io.plexspaces.engine.plan.AppPlan;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Builds the frames a guest is called with. */
final class GuestFrames {
  private GuestFrames() {}

  /** The header is on the path of every message, so it is put together as text. */
  static Frame handle(AppRuntime app, Message m, Operation op) {
    MessageId id = m.id();
    ActorId from = m.from();
    Payload payload = m.payload();
    String quotedOp = app.quoted(m.op());
    String kind = op.kind().name().toLowerCase(Locale.ROOT);
    StringBuilder h = new StringBuilder(160);
    h.append("{\"op\":").append(quotedOp).append(",\"kind\":\"").append(kind);
    h.append("\",\"id\":\"").append(id).append("\",\"from\":");
    if (from == null) {
      h.append("null");
    } else {
      h.append(quote(from.address()));
    }
    if (!payload.isJson()) {
      h.append(",\"content_type\":").append(quote(payload.contentType()));
    }
    if (op.stream()) {
      h.append(",\"stream\":true");
    }
    h.append('}');
    return new Frame(h.toString().getBytes(StandardCharsets.UTF_8), payload.bytes());
  }

  static String quote(String s) {
    return Json.writeString(new Value.Str(s));
  }

  static Frame init(ActorId id, Value.Obj args, AppPlan plan, boolean restored) {
    Map<String, Value> env = new LinkedHashMap<>();
    plan.env().forEach((k, v) -> env.put(k, new Value.Str(v)));
    Value.Obj config =
        Value.Obj.builder()
            .put("actor_id", id.address())
            .put("app_id", id.app().name())
            .put("type", id.type())
            .put("key", id.key())
            .put("args", args)
            .put("env", new Value.Obj(env))
            .put("restored", restored)
            .build();
    Value.Obj header =
        Value.Obj.builder().put("type", id.type()).put("actor_id", id.address()).build();
    return Frame.of(header, Json.write(config));
  }

  static Payload reply(Frame frame) {
    // Only an opaque reply, or a stream's, says anything in its header.
    if (frame.header().length <= 2) {
      return Payload.json(frame.body());
    }
    return new Payload(
        frame.body(), frame.headerObject().string("content_type", Payload.JSON_TYPE));
  }
}
