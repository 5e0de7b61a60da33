package io.plexspaces.bench;

import io.plexspaces.api.Frame;
import io.plexspaces.api.Json;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.engine.NativeModule;
import io.plexspaces.engine.NativeModule.NativeActor;
import io.plexspaces.engine.NativeModule.NativeContext;

/** What the guests do, in Java. It reads and writes JSON as they do. */
final class NativeCounter implements NativeActor {
  private long value;

  static NativeModule module() {
    return NativeModule.builder()
        .type(Guests.TYPE, NativeCounter::new, "increment", "stamp", "delegate")
        .build();
  }

  @Override
  public Payload handle(NativeContext context, String op, Payload payload) {
    Value.Obj in = (Value.Obj) payload.value();
    Value.Obj.Builder out = Value.Obj.builder();
    switch (op) {
      case "increment" -> {
        value += in.integer("by", 1);
        out.put("value", value);
      }
      case "stamp" -> {
        value += in.integer("by", 1);
        out.put("value", value).put("at", Json.read(context.call("now_ms", Frame.EMPTY).body()));
      }
      default -> {
        Payload question = Payload.json(Value.Obj.builder().put("n", in.integer("n", 0)).build());
        Payload reply =
            context.ask(in.string("service", ""), "work", question, in.integer("timeout_ms", 0));
        value++;
        out.put("value", value).put("answer", ((Value.Obj) reply.value()).integer("answer", 0));
      }
    }
    return Payload.json(out.build());
  }
}
