package io.plexspaces.api.journal;

import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * All that one committed turn leaves in the journal; written in one piece, there in full or not at
 * all. Everything that changes a durable actor is a turn, also what runs no handler; {@code kind}
 * tells: "accept" takes in a client's send, "timer" is a reminder that fell due, "early" has sends
 * that leave before their turn ends because it asks their receiver, and "dead" notes messages that
 * nobody will take.
 *
 * @param seq 1, 2, 3, .. without gaps within an actor
 * @param atMillis the host's clock at the turn's begin
 * @param from the sender's address, or null for a client
 * @param kind call, cast, init, stream, resume, accept, timer, early, dead
 * @param state the declared state after the turn, or null if it did not change
 * @param idempotencyKey or null
 * @param requestDigest hex SHA-256 of operation and payload; null without a key
 * @param repeatable whether {@code message} may come again under the same id, so that {@link
 *     Journal#findTurn} must find this turn
 * @param received what the outbox of a durable sender said of the message; null for what no outbox
 *     sent
 * @param undeliverable effects of earlier turns that became dead letters
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
    boolean repeatable,
    @Nullable Received received,
    List<TimerChange> timers,
    List<TupleChange> tuples,
    List<DeadLetter> undeliverable,
    String codeVersion,
    String trace) {

  public TurnRecord {
    steps = List.copyOf(steps);
    effects = List.copyOf(effects);
    timers = List.copyOf(timers);
    tuples = List.copyOf(tuples);
    undeliverable = List.copyOf(undeliverable);
  }

  /** A turn of which the rest is still to be said. */
  public static Builder builder(long seq, long atMillis, MessageId message) {
    return new Builder(seq, atMillis, message);
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
   * @param number its number within the actor and its epoch: 1, 2, 3, .. in the order of turns and
   *     of {@code n}; what receivers know duplicates by
   * @param target the receiver's address {@code app/type/key}
   * @param client whether a client sent it to this actor, which took it in for itself: its receiver
   *     sees no sender
   */
  public record Outgoing(
      int n,
      long number,
      MessageId id,
      String target,
      String op,
      Payload payload,
      boolean client) {}

  /**
   * What the outbox of a durable sender says of a message.
   *
   * @param sender its address, {@code app/type/key}
   * @param epoch of the sender's journal
   * @param number of the effect
   * @param low every effect for this receiver with a smaller number has been acknowledged and will
   *     never be sent again; at most {@code number}
   */
  public record Received(String sender, long epoch, long number, long low) {}

  /**
   * An effect that no receiver will ever take.
   *
   * @param number of the effect
   * @param reason for people
   */
  public record DeadLetter(long number, String reason) {}

  /** Collects a record. Not thread-safe. */
  public static final class Builder {
    private final long seq;
    private final long atMillis;
    private final MessageId message;
    private @Nullable String from;
    private String op = "";
    private String kind = "call";
    private Payload input = Payload.EMPTY_OBJECT;
    private TurnOutcome outcome = new TurnOutcome.Replied(Payload.NULL);
    private @Nullable Payload state;
    private List<Step> steps = List.of();
    private List<Outgoing> effects = List.of();
    private @Nullable String idempotencyKey;
    private @Nullable String requestDigest;
    private boolean repeatable;
    private @Nullable Received received;
    private List<TimerChange> timers = List.of();
    private List<TupleChange> tuples = List.of();
    private List<DeadLetter> undeliverable = List.of();
    private String codeVersion = "";
    private String trace = "";

    private Builder(long seq, long atMillis, MessageId message) {
      this.seq = seq;
      this.atMillis = atMillis;
      this.message = message;
    }

    public Builder from(@Nullable String address) {
      this.from = address;
      return this;
    }

    public Builder operation(String name, String recordedKind, Payload payload) {
      this.op = name;
      this.kind = recordedKind;
      this.input = payload;
      return this;
    }

    public Builder outcome(TurnOutcome o) {
      this.outcome = o;
      return this;
    }

    public Builder state(@Nullable Payload changed) {
      this.state = changed;
      return this;
    }

    public Builder steps(List<Step> all) {
      this.steps = all;
      return this;
    }

    public Builder effects(List<Outgoing> all) {
      this.effects = all;
      return this;
    }

    /**
     * @param digest hex SHA-256 of operation and payload; null if and only if there is no key
     */
    public Builder key(@Nullable String key, @Nullable String digest) {
      this.idempotencyKey = key;
      this.requestDigest = digest;
      return this;
    }

    public Builder repeatable(boolean yes) {
      this.repeatable = yes;
      return this;
    }

    public Builder received(@Nullable Received r) {
      this.received = r;
      return this;
    }

    public Builder timers(List<TimerChange> all) {
      this.timers = all;
      return this;
    }

    public Builder tuples(List<TupleChange> all) {
      this.tuples = all;
      return this;
    }

    public Builder undeliverable(List<DeadLetter> all) {
      this.undeliverable = all;
      return this;
    }

    public Builder code(String digest, String traceId) {
      this.codeVersion = Objects.requireNonNull(digest);
      this.trace = traceId;
      return this;
    }

    public TurnRecord build() {
      return new TurnRecord(
          seq,
          atMillis,
          message,
          from,
          op,
          kind,
          input,
          outcome,
          state,
          steps,
          effects,
          idempotencyKey,
          requestDigest,
          repeatable,
          received,
          timers,
          tuples,
          undeliverable,
          codeVersion,
          trace);
    }
  }
}
