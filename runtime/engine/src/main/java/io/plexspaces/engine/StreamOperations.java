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
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@code ask_stream}, {@code stream_next} and {@code stream_close}: a turn reads what another actor
 * yields. A stream that an ordinary turn opens ends with it; one that a streaming handler opens
 * lives as long as that handler's own stream.
 */
final class StreamOperations {
  private static final Frame NULL = Frame.ofBody(Json.write(Value.NULL));
  private static final Frame END = Frame.of(Value.Obj.builder().put("more", false).build());

  private StreamOperations() {}

  static List<HostOperation> all() {
    return List.of(
        new HostOperation("ask_stream", Effect.IMMEDIATE, (t, r) -> open((Turn) t, r)),
        new HostOperation("stream_next", Effect.IMMEDIATE, (t, r) -> next((Turn) t, r)),
        new HostOperation("stream_close", Effect.IMMEDIATE, (t, r) -> close((Turn) t, r)));
  }

  private static Frame open(Turn turn, Frame request) {
    Arguments args =
        Arguments.of(
            "ask_stream", request, Set.of("target", "op", "timeout_ms", MessagingOperations.TYPE));
    String target = args.string("target");
    Payload payload = MessagingOperations.payload(request, args);
    long timeout = args.millis("timeout_ms", MessagingOperations.DEFAULT_TIMEOUT_MILLIS, 1);
    turn.streams().requireRoom();
    MessagingOperations.releaseEarlierSends(turn, target);
    ActorEngine engine = turn.cell().app().engine();
    RequestContext context = MessagingOperations.context(turn, timeout);
    MessageId id = turn.nextEffectId();
    StreamPipe pipe =
        new StreamPipe(engine, id, turn.self(), args.string("op"), context, turn.again());
    ActorCell cell = engine.deliver(turn.cell().app(), target, pipe.opening(payload), turn);
    turn.streams().add(new OpenStreams.Reader(pipe, cell, timeout));
    return Frame.ofBody(Json.write(new Value.Str(pipe.id().toString())));
  }

  private static Frame next(Turn turn, Frame request) {
    Arguments args = Arguments.of("stream_next", request, Set.of("stream", "timeout_ms"));
    String id = args.string("stream");
    OpenStreams.Reader r = turn.streams().find(id);
    if (r == null) {
      throw new HostException(
          ErrorCode.NOT_FOUND,
          "there is no open stream \""
              + id
              + "\" here: one that a turn opens ends with it, and one that has ended is gone");
    }
    long timeout = args.millis("timeout_ms", r.timeoutMillis(), 1);
    long deadline = MessagingOperations.context(turn, timeout).deadlineNanos();
    StreamPipe pipe = r.pipe();
    if (!pipe.isReady()) {
      var _ = turn.await(new ActorCell[] {r.producer()}, () -> pipe.awaitReady(deadline));
    }
    if (!pipe.isReady()) {
      throw new HostException(
          ErrorCode.DEADLINE_EXCEEDED,
          r.producer().id().address() + " did not bring the next value in time");
    }
    try {
      Optional<Payload> value = pipe.next(deadline);
      if (value.isPresent()) {
        return frame(value.get());
      }
    } catch (HostException e) {
      turn.streams().close(id);
      throw e;
    }
    turn.streams().close(id);
    return END;
  }

  private static Frame frame(Payload value) {
    Value.Obj.Builder header = Value.Obj.builder().put("more", true);
    if (!value.isJson()) {
      header.put(MessagingOperations.TYPE, value.contentType());
    }
    return Frame.of(header.build(), value.bytes());
  }

  private static Frame close(Turn turn, Frame request) {
    Arguments args = Arguments.of("stream_close", request, Set.of("stream"));
    turn.streams().close(args.string("stream"));
    return NULL;
  }
}
