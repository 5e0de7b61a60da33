package io.plexspaces.engine;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.RequestContext;
import io.plexspaces.api.journal.IdempotentResult;
import io.plexspaces.api.journal.TurnRecord.Received;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A message in a mailbox.
 *
 * @param from the sending actor, or null for a client
 * @param reply where the reply goes; null for a send
 * @param receipt what the sender's outbox is told once; null for what no outbox sent
 * @param redelivered whether the receiver may have handled it already
 * @param repeatable whether it may be asked again under the same id, by a turn that runs again
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
    boolean repeatable,
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
    this(
        id,
        from,
        kind,
        op,
        payload,
        context,
        reply,
        idempotencyKey,
        receipt,
        redelivered,
        false,
        false);
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

  /** The same message under another id. */
  Message withId(MessageId other) {
    return new Message(
        other,
        from,
        kind,
        op,
        payload,
        context,
        reply,
        idempotencyKey,
        receipt,
        redelivered,
        repeatable,
        unchecked);
  }

  /** What is asked, as {@link IdempotentResult#digest}. */
  String digest() {
    return IdempotentResult.digest(op, kind == Kind.SEND, payload.bytes());
  }

  /** Whether a turn of it may have run before and got lost, with what it asked others. */
  boolean mayHaveRun() {
    return redelivered || idempotencyKey != null;
  }

  /** Whether its turn may run again under the same id. */
  boolean mayComeAgain() {
    return repeatable || receipt != null || idempotencyKey != null;
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

  /**
   * What becomes of a message that an outbox sent: exactly one of the methods without an answer is
   * called, once. Any thread.
   */
  interface Receipt {
    /** What the outbox says of it. */
    Received received();

    /** How many turns of it have failed so far. */
    int failures();

    /** The receiver has it, durably, or does not want it: it is never sent again. */
    void accepted();

    /** The receiver could not take it now: send it again later. */
    void returned();

    /** The receiver's turn failed: send it again, unless it has failed too often. */
    void failed(String why, int maxDeliveries);

    /** Nobody will ever take it. */
    void rejected(String why);
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
