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
 * @param accepted told once the receiver will not need this message again: the sender's outbox row
 *     may go
 * @param redelivered whether the receiver may have handled it already
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
    @Nullable Runnable accepted,
    boolean redelivered) {

  enum Kind {
    ASK,
    SEND,
    /** Reads the declared state. */
    STATE;

    /** As metrics name it. */
    private final String label = name().toLowerCase(Locale.ROOT);

    String label() {
      return label;
    }
  }

  void reply(Reply r) {
    if (reply != null) {
      reply.complete(r);
    }
  }

  void acknowledge() {
    if (accepted != null) {
      accepted.run();
    }
  }
}
