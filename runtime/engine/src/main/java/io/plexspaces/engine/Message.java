package io.plexspaces.engine;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.RequestContext;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A message in a mailbox.
 *
 * @param from the sending actor, or null for a client
 * @param reply where the reply goes; null for a send
 * @param receipt what the sender's outbox is told once; null for what no outbox sent
 * @param redelivered whether the receiver may have handled it already
 * @param unchecked whether nobody has compared its payload with what the operation takes
 */
record Message(
    MessageId id,
    @Nullable ActorId from,
    Kind kind,
    String op,
    Payload payload,
    RequestContext context,
    @Nullable ReplySlot reply,
    @Nullable String idempotencyKey,
    @Nullable Receipt receipt,
    boolean redelivered,
    boolean unchecked) {

  /** A message whose payload was checked where it was sent, or needs no check. */
  Message(
      MessageId id,
      @Nullable ActorId from,
      Kind kind,
      String op,
      Payload payload,
      RequestContext context,
      @Nullable ReplySlot reply,
      @Nullable String idempotencyKey,
      @Nullable Receipt receipt,
      boolean redelivered) {
    this(id, from, kind, op, payload, context, reply, idempotencyKey, receipt, redelivered, false);
  }

  enum Kind {
    ASK,
    SEND,
    /** Opens a stream, and runs it to its first value. */
    STREAM,
    /** Lets an open stream go on, or end. */
    RESUME,
    /** Reads the declared state. */
    STATE;

    /** As metrics name it. */
    private final String label =
        name().equals("RESUME") ? "stream" : name().toLowerCase(Locale.ROOT);

    String label() {
      return label;
    }
  }

  /** The stream that this message begins or continues, or null. */
  @Nullable StreamPipe stream() {
    return reply == null ? null : reply.stream();
  }

  void reply(Reply r) {
    if (reply != null) {
      reply.complete(r);
    }
  }

  /** What becomes of a message that an outbox sent; exactly one of these, once. */
  interface Receipt {
    /** The receiver will not need it again. */
    void accepted();

    /** The receiver could not take it now: send it again later. */
    void returned();
  }

  void acknowledge() {
    if (receipt != null) {
      receipt.accepted();
    }
  }

  void giveBack() {
    if (receipt != null) {
      receipt.returned();
    }
  }
}
