package io.plexspaces.engine;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.GuestReply;
import io.plexspaces.api.guest.GuestTrap;
import io.plexspaces.api.guest.ModuleDescription.Operation;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The streams that one actor produces. Each value is a turn: the first by the message that opens
 * the stream, every other, and the end, by a resumption that queues behind the actor's messages.
 * Used by the worker that runs the cell, but for what says otherwise.
 */
final class StreamTurns {
  /** Open streams of one actor; so many resumptions may exceed its mailbox's capacity. */
  static final int MAX_PER_ACTOR = 1000;

  private final ActorCell cell;

  /** Most actors never stream. */
  private volatile @Nullable Map<MessageId, StreamPipe> open;

  StreamTurns(ActorCell cell) {
    this.cell = cell;
  }

  /** Any thread. */
  boolean isEmpty() {
    Map<MessageId, StreamPipe> all = open;
    return all == null || all.isEmpty();
  }

  private List<StreamPipe> all() {
    Map<MessageId, StreamPipe> all = open;
    return all == null ? List.of() : List.copyOf(all.values());
  }

  /**
   * A stream is about to begin.
   *
   * @throws HostException RESOURCE_EXHAUSTED if there are too many
   */
  void begin(StreamPipe s) {
    Map<MessageId, StreamPipe> all = open;
    if (all == null) {
      all = new ConcurrentHashMap<>();
      open = all;
    }
    if (all.size() >= MAX_PER_ACTOR) {
      throw new HostException(
          ErrorCode.RESOURCE_EXHAUSTED,
          cell.id().address() + " has " + MAX_PER_ACTOR + " open streams already");
    }
    cell.app().streamOpened();
    all.put(s.id(), s);
    s.producer(cell);
  }

  /** Its end is told by the turn that runs, not by what becomes of the others. */
  void remove(StreamPipe s) {
    Map<MessageId, StreamPipe> all = open;
    if (all != null && all.remove(s.id()) != null) {
      cell.app().streamEnded();
    }
  }

  /** Runs the guest to the next value or to the end. */
  GuestReply call(Message m, Operation op, GuestInstance guest, Turn turn, boolean closing) {
    if (m.kind() == Message.Kind.STREAM) {
      return guest.call(GuestOp.HANDLE, GuestFrames.handle(cell.app(), m, op), turn);
    }
    StreamPipe s = turn.producing();
    if (s == null) {
      throw new IllegalStateException("a resumption without a stream");
    }
    Value.Obj.Builder header = Value.Obj.builder().put("id", s.id().toString());
    if (closing) {
      header.put("close", true);
    }
    return guest.call(GuestOp.RESUME_STREAM, Frame.of(header.build()), turn);
  }

  /**
   * The value that the guest answered, or empty at the end; what it answers to a close is no value.
   */
  Optional<Payload> value(Frame answer, boolean closing) {
    if (!(answer.headerObject().get("more") instanceof Value.Bool more)) {
      throw new GuestTrap(
          HostError.of(
              ErrorCode.INTERNAL,
              "the module's answer does not say whether its stream goes on (\"more\")"));
    }
    return more.value() && !closing ? Optional.of(GuestFrames.reply(answer)) : Optional.empty();
  }

  /** Charges a value for the time until it is read. */
  void reserve(StreamPipe s, Payload value) {
    try {
      s.reserve(value);
    } catch (HostException e) {
      throw new GuestTrap(e.error());
    }
  }

  /** What becomes of a value, or of the end, when the commit of its turn is known. */
  static Answer answer(StreamPipe s, Optional<Payload> value) {
    return new Answer() {
      @Override
      public void give() {
        value.ifPresentOrElse(s::release, s::finish);
      }

      @Override
      public void fail(HostError why) {
        value.ifPresent(s::drop);
        s.fail(why);
      }
    };
  }

  /** A turn of {@code s} has yielded a value or come to its end. */
  void turnOver(StreamPipe s, boolean more) {
    if (more) {
      s.turnOver(true);
    } else {
      end(s);
    }
  }

  /**
   * A turn of {@code s} has failed and was undone.
   *
   * @param held whether the guest still holds the generator, as it was before that turn: then it is
   *     closed in a turn, as the first failure of its cleanup never happened
   */
  void turnFailed(StreamPipe s, boolean held) {
    if (!held) {
      end(s);
      return;
    }
    Map<MessageId, StreamPipe> all = open;
    if (all != null && all.put(s.id(), s) == null) {
      cell.app().streamReopened();
    }
    s.cancel();
    s.turnOver(true);
  }

  private void end(StreamPipe s) {
    remove(s);
    s.inner().closeAll();
    s.turnOver(false);
  }

  /** The guest's memory is gone: the readers get {@code why}, behind what is being committed. */
  void endAll(HostError why) {
    for (StreamPipe s : all()) {
      remove(s);
      s.lost();
      s.inner().closeAll();
      failInOrder(s, why);
    }
  }

  /** Ends what is open, each in a turn of its own, before the actor says goodbye. */
  void closeAll(TurnRunner runner, Worker worker, HostError why) {
    for (StreamPipe s : all()) {
      failInOrder(s, why);
      s.cancel();
      if (s.isLive()) {
        runner.handle(s.resumption(), worker);
      }
    }
  }

  /** As {@link #closeAll}, by turns that are queued. Any thread. */
  void cancelAll(HostError why) {
    for (StreamPipe s : all()) {
      failInOrder(s, why);
      s.cancel();
    }
  }

  private void failInOrder(StreamPipe s, HostError why) {
    CommitPipeline pipeline = cell.pipeline();
    if (pipeline == null) {
      s.fail(why);
      return;
    }
    pipeline.gate(
        new CommitPipeline.Gated() {
          @Override
          public void released() {
            s.fail(why);
          }

          @Override
          public void cancelled(HostError lost) {
            s.fail(lost);
          }
        });
  }
}
