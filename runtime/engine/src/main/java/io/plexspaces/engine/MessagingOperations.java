package io.plexspaces.engine;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.RequestContext;
import io.plexspaces.api.Value;
import io.plexspaces.api.op.Effect;
import io.plexspaces.api.op.HostOperation;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** {@code ask}, {@code ask_all} and {@code send}. */
final class MessagingOperations {
  static final long DEFAULT_TIMEOUT_MILLIS = 5000;
  private static final int MAX_ASKS = 10_000;
  static final String TYPE = "content_type";

  private MessagingOperations() {}

  static List<HostOperation> all() {
    return List.of(
        new HostOperation("ask", Effect.IMMEDIATE, (t, r) -> ask((Turn) t, r)),
        new HostOperation("ask_all", Effect.IMMEDIATE, (t, r) -> askAll((Turn) t, r)),
        new HostOperation("send", Effect.DEFERRED, (t, r) -> send((Turn) t, r)));
  }

  private record Asked(ReplySlot slot, ActorCell cell) {}

  private static Frame ask(Turn turn, Frame request) {
    Arguments args = Arguments.of("ask", request, Set.of("target", "op", "timeout_ms", TYPE));
    RequestContext context = context(turn, args);
    Asked asked =
        post(turn, context, args.string("target"), args.string("op"), payload(request, args));
    Payload reply = await(turn, context, asked).orThrow();
    return frame(reply);
  }

  private static Frame frame(Payload reply) {
    return reply.isJson()
        ? Frame.ofBody(reply.bytes())
        : Frame.of(Value.Obj.builder().put(TYPE, reply.contentType()).build(), reply.bytes());
  }

  private static RequestContext context(Turn turn, Arguments args) {
    return context(turn, args.millis("timeout_ms", DEFAULT_TIMEOUT_MILLIS, 1));
  }

  static RequestContext context(Turn turn, long timeout) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeout);
    long outer = turn.request().deadlineNanos();
    return turn.request()
        .withDeadline(turn.request().hasDeadline() && outer - deadline < 0 ? outer : deadline);
  }

  static Payload payload(Frame request, Arguments args) {
    if (args.header().get(TYPE) != null) {
      return new Payload(request.body(), args.string(TYPE));
    }
    return request.body().length == 0 ? Payload.EMPTY_OBJECT : Payload.json(request.body());
  }

  private static Asked post(
      Turn turn, RequestContext context, String target, String op, Payload payload) {
    ActorEngine engine = turn.cell().app().engine();
    MessageId id = turn.nextEffectId();
    releaseEarlierSends(turn, target);
    ReplySlot slot = new ReplySlot();
    Message m =
        new Message(
            id,
            turn.self(),
            Message.Kind.ASK,
            op,
            payload,
            context,
            slot,
            null,
            null,
            turn.durable() && turn.again(),
            turn.durable() && turn.repeatable(),
            false);
    return new Asked(slot, engine.deliver(turn.cell().app(), target, m, turn));
  }

  /** An ask comes after what this turn sent to the same target before. */
  static void releaseEarlierSends(Turn turn, String target) {
    if (turn.durable()) {
      turn.sendEarly(turn.cell().app().addressOf(target));
    }
    if (!turn.cell().outbox().isEmpty()
        && turn.cell().outbox().isStalled(turn.cell().app().addressOf(target))) {
      throw new HostException(
          ErrorCode.UNAVAILABLE, target + " has not taken what this actor sent to it before");
    }
  }

  private static Reply await(Turn turn, RequestContext context, Asked asked) {
    try {
      return turn.await(
          new ActorCell[] {asked.cell},
          () -> {
            Reply r =
                asked.slot.await(context.deadlineNanos(), turn.cell().app().engine().replyTimer());
            return r != null ? r : late(asked);
          });
    } catch (HostException e) {
      asked.slot.abandon();
      throw e;
    }
  }

  private static Reply late(Asked asked) {
    return Reply.failed(
        ErrorCode.DEADLINE_EXCEEDED, asked.cell.id().address() + " did not reply in time");
  }

  private static Frame askAll(Turn turn, Frame request) {
    Arguments args = Arguments.of("ask_all", request, Set.of("calls", "timeout_ms"));
    RequestContext context = context(turn, args);
    List<Value> calls = args.header().array("calls");
    if (!(args.header().get("calls") instanceof Value.Arr)) {
      throw args.bad("calls", "must be a list of {target, op, payload}");
    }
    if (calls.size() > MAX_ASKS) {
      throw args.bad("calls", "has " + calls.size() + " items, the limit is " + MAX_ASKS);
    }
    List<Object> asked = new ArrayList<>(calls.size());
    List<ActorCell> cells = new ArrayList<>(calls.size());
    for (Value call : calls) {
      if (!(call instanceof Value.Obj o)) {
        throw args.bad("calls", "must be a list of {target, op, payload}");
      }
      Value p = o.get("payload");
      try {
        Asked a =
            post(
                turn,
                context,
                o.string("target", ""),
                o.string("op", ""),
                p == null ? Payload.EMPTY_OBJECT : Payload.json(p));
        asked.add(a);
        cells.add(a.cell);
      } catch (HostException e) {
        asked.add(new Reply.Failed(e.error()));
      }
    }
    List<Reply> replies = awaitAll(turn, context, asked, cells);
    List<Value> results = new ArrayList<>(replies.size());
    for (Reply r : replies) {
      results.add(
          switch (r) {
            case Reply.Ok(Payload p) -> Value.Obj.builder().put("ok", value(p)).build();
            case Reply.Failed(var error) -> {
              turn.note(error);
              yield Value.Obj.builder().put("error", error.toValue()).build();
            }
          });
    }
    return Frame.ofBody(Json.write(new Value.Arr(results)));
  }

  private static Value value(Payload p) {
    return p.isJson() ? p.value() : new Value.Bytes(p.bytes());
  }

  private static List<Reply> awaitAll(
      Turn turn, RequestContext context, List<Object> asked, List<ActorCell> cells) {
    ReplyTimer timer = turn.cell().app().engine().replyTimer();
    try {
      return turn.<List<Reply>>await(
          cells.toArray(ActorCell[]::new),
          () -> {
            List<Reply> replies = new ArrayList<>(asked.size());
            for (Object a : asked) {
              if (a instanceof Asked one) {
                Reply r = one.slot.await(context.deadlineNanos(), timer);
                replies.add(r != null ? r : late(one));
              } else {
                replies.add((Reply) a);
              }
            }
            return replies;
          });
    } catch (HostException e) {
      for (Object a : asked) {
        if (a instanceof Asked one) {
          one.slot.abandon();
        }
      }
      throw e;
    }
  }

  private static Frame send(Turn turn, Frame request) {
    Arguments args = Arguments.of("send", request, Set.of("target", "op", TYPE));
    MessageId id = send(turn, args.string("target"), args.string("op"), payload(request, args));
    return Frame.ofBody(Json.write(new Value.Str(id.toString())));
  }

  /** Sends without a frame, for the native guest too. */
  static MessageId send(Turn turn, String target, String op, Payload payload) {
    AppRuntime app = turn.cell().app();
    if (turn.durable()) {
      turn.cell().outbox().requireRoom();
      String address = app.addressOf(target);
      app.engine().checkEffect(app, address, op, payload);
      return turn.addEffect(address, op, payload);
    }
    MessageId id = turn.nextEffectId();
    app.engine().sendNow(app, target, id, op, payload, turn);
    return id;
  }

  /** For the native guest, which has no frames; one that records its steps makes some. */
  static Payload ask(Turn turn, String target, String op, Payload payload, long timeoutMillis) {
    if (!turn.durable()) {
      return turn.direct(() -> {
        RequestContext context = context(turn, timeoutMillis);
        return await(turn, context, post(turn, context, target, op, payload)).orThrow();
      });
    }
    Frame f =
        turn.call(
            "ask",
            Frame.of(
                Value.Obj.builder()
                    .put("target", target)
                    .put("op", op)
                    .put("timeout_ms", timeoutMillis)
                    .build(),
                payload.bytes()));
    return Payload.json(f.body());
  }
}
