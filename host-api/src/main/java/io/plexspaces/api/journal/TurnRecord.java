package io.plexspaces.api.journal;

import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that one committed turn leaves in the journal; written in one transaction.
 *
 * @param seq 1, 2, 3, .. without gaps within an actor
 * @param atMillis the host's clock at the turn's begin
 * @param from the sender's address, or null for a client
 * @param kind call, cast, init
 * @param state the declared state after the turn, or null if it did not change
 * @param idempotencyKey or null
 * @param requestDigest hex SHA-256 of operation and payload; null without a key
 * @param codeVersion the module's digest
 */
public record TurnRecord(
    long seq,
    long atMillis,
    MessageId message,
    @Nullable String from,
    String op,
    String kind,
    Payload input,
    TurnOutcome outcome,
    @Nullable Payload state,
    List<Step> steps,
    List<Outgoing> effects,
    @Nullable String idempotencyKey,
    @Nullable String requestDigest,
    String codeVersion,
    String trace) {

  public TurnRecord {
    steps = List.copyOf(steps);
    effects = List.copyOf(effects);
  }

  /**
   * The result of a host call.
   *
   * @param n its number within the turn, from 0
   * @param requestDigest hex SHA-256 of the request frame
   * @param result the encoded result frame, or the error as JSON if {@code failed}
   */
  public record Step(
      int n, String operation, String requestDigest, Payload result, boolean failed) {}

  /**
   * A message that leaves with the commit.
   *
   * @param n its number within the turn, from 0
   * @param target the receiver's address {@code app/type/key}
   */
  public record Outgoing(int n, MessageId id, String target, String op, Payload payload) {}
}
