package io.plexspaces.api.journal;

import io.plexspaces.api.HostException;
import io.plexspaces.api.MessageId;
import java.util.Optional;

/**
 * The journal of one durable actor. Calls come from one thread at a time, but for {@link
 * #effectDone}. Blocking calls do their I/O on platform threads and park the (virtual) caller.
 */
public interface Journal extends AutoCloseable {
  /**
   * What a restart needs. Blocking.
   *
   * @throws HostException DATA_LOSS naming the file if it is damaged, UNAVAILABLE if it is busy
   */
  Recovered recover();

  /**
   * Appends a turn. Returns at once; turns become durable in the order of the calls, many with one
   * sync. After a failure every later turn fails too, until {@link #recover} is called again.
   */
  void append(TurnRecord turn, CommitListener listener);

  /**
   * The outcome of the turn that handled {@code message}, if one was committed as {@linkplain
   * TurnRecord#repeatable repeatable} and is still kept. Blocking.
   */
  Optional<TurnOutcome> findTurn(MessageId message);

  /**
   * As {@link #findTurn}, with what was asked: the digest (hex SHA-256) of operation, a zero byte
   * and payload, or "" where the journal cannot tell. Only while a result under a key would be kept
   * too. Blocking.
   */
  default Optional<IdempotentResult> findRequest(MessageId message) {
    return findTurn(message).map(outcome -> new IdempotentResult("", outcome));
  }

  /** The finished result under an idempotency key, unless it has expired. Blocking. */
  Optional<IdempotentResult> findIdempotent(String key);

  /** What was received of a sender, in all turns appended so far. Blocking. */
  Watermark watermark(String sender);

  /** The receiver has the effect of that number. Any thread; made durable lazily. */
  void effectDone(long number);

  /** Drains what is pending and closes the file. Blocking. */
  @Override
  void close();
}
