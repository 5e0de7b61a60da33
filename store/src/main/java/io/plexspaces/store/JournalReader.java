package io.plexspaces.store;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.api.journal.IdempotentResult;
import io.plexspaces.api.journal.Recovered;
import io.plexspaces.api.journal.TimerChange;
import io.plexspaces.api.journal.TurnOutcome;
import io.plexspaces.api.journal.TurnRecord;
import io.plexspaces.api.journal.Watermark;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads an open journal. */
final class JournalReader {
  /** How many turns back gaps are looked for where no full state is nearer. */
  private static final long CHECKED_TURNS = 1000;

  private final JournalFile file;

  JournalReader(JournalFile file) {
    this.file = file;
  }

  /**
   * Where a journal stands.
   *
   * @param epoch 0 if it never had a turn
   * @param nextDueMillis of the timer that falls due first; {@link Long#MAX_VALUE} if none is set
   */
  record Position(long epoch, long lastSeq, int pendingEffects, long nextDueMillis) {}

  Position position() throws SQLException {
    return new Position(
        file.number("select coalesce(max(epoch), 0) from meta"),
        lastSeq(),
        Math.toIntExact(file.number("select count(*) from effect where state = 'pending'")),
        nextDue());
  }

  /** When the first timer falls due; {@link Long#MAX_VALUE} if none is set. */
  long nextDue() throws SQLException {
    return file.number("select coalesce(min(due), " + Long.MAX_VALUE + ") from timer");
  }

  private long lastSeq() throws SQLException {
    return file.number("select coalesce(max(seq), 0) from turn");
  }

  /**
   * What a restart needs; {@code chain} goes on from its state.
   *
   * @param newEpoch of a journal whose first turn is still to be written
   * @throws HostException DATA_LOSS if turns are missing or the state does not fit them
   */
  Recovered recover(StateChain chain, long newEpoch) throws SQLException {
    long lastSeq = lastSeq();
    if (lastSeq == 0) {
      chain.reset();
      return new Recovered(0, newEpoch, 0, null, List.of(), List.of());
    }
    long epoch = file.number("select coalesce(max(epoch), 0) from meta");
    if (epoch < 1) {
      throw file.damaged("it has turns, but its row of meta is missing");
    }
    long fullSeq =
        file.number(
            "select coalesce((select seq from state where kind = 'full' order by seq desc), 0)");
    if (fullSeq > lastSeq) {
      throw file.damaged("it has a state of turn " + fullSeq + " after the last, " + lastSeq);
    }
    long pruned = file.number("select max(pruned) from meta");
    checkNoGap(Math.max(Math.max(fullSeq, pruned), lastSeq - CHECKED_TURNS), lastSeq);
    return new Recovered(
        lastSeq,
        epoch,
        file.number("select coalesce(max(number), 0) from effect"),
        fullSeq == 0 ? null : state(fullSeq, lastSeq, chain),
        pending(),
        timers());
  }

  private void checkNoGap(long after, long lastSeq) throws SQLException {
    PreparedStatement s = file.statement("select count(*) from turn where seq > ?");
    s.setLong(1, after);
    try (ResultSet r = s.executeQuery()) {
      if (!r.next() || r.getLong(1) != lastSeq - after) {
        throw file.damaged("turns are missing between " + after + " and " + lastSeq);
      }
    }
  }

  private Payload state(long fullSeq, long lastSeq, StateChain chain) throws SQLException {
    PreparedStatement s =
        file.statement(
            "select seq, kind, content_type, bytes from state where seq >= ? order by seq");
    s.setLong(1, fullSeq);
    Payload state = Payload.NULL;
    try (ResultSet r = s.executeQuery()) {
      while (r.next()) {
        Payload row = new Payload(JournalFile.orEmpty(r.getBytes(4)), r.getString(3));
        if (r.getLong(1) > lastSeq) {
          throw file.damaged(
              "it has a state of turn " + r.getLong(1) + " after the last, " + lastSeq);
        }
        state =
            switch (r.getString(2)) {
              case StateChain.FULL -> row;
              case StateChain.FIELDS -> patched(r.getLong(1), state, row);
              default -> throw file.damaged("it has a state of kind \"" + r.getString(2) + "\"");
            };
      }
    }
    chain.resume(fullSeq, state);
    return state;
  }

  private Payload patched(long seq, Payload state, Payload patch) {
    try {
      return StateChain.patched(state, patch);
    } catch (HostException e) {
      throw file.damaged("the state of turn " + seq + ": " + e.error().message());
    }
  }

  private List<TurnRecord.Outgoing> pending() throws SQLException {
    List<TurnRecord.Outgoing> pending = new ArrayList<>();
    PreparedStatement s =
        file.statement(
            "select number, n, message_id, target, op, payload_type, payload, client"
                + " from effect where state = 'pending' order by number");
    try (ResultSet r = s.executeQuery()) {
      while (r.next()) {
        byte[] id = JournalFile.orEmpty(r.getBytes(3));
        if (id.length != 16) {
          throw file.damaged("effect " + r.getLong(1) + " has no message id");
        }
        pending.add(
            new TurnRecord.Outgoing(
                r.getInt(2),
                r.getLong(1),
                JournalFile.messageId(id),
                r.getString(4),
                r.getString(5),
                new Payload(JournalFile.orEmpty(r.getBytes(7)), r.getString(6)),
                r.getBoolean(8)));
      }
    }
    return pending;
  }

  private List<TimerChange.Set> timers() throws SQLException {
    List<TimerChange.Set> timers = new ArrayList<>();
    PreparedStatement s =
        file.statement(
            "select id, due, target, op, payload_type, payload, rule from timer order by id");
    try (ResultSet r = s.executeQuery()) {
      while (r.next()) {
        timers.add(
            new TimerChange.Set(
                r.getString(1),
                r.getLong(2),
                r.getString(3),
                r.getString(4),
                new Payload(JournalFile.orEmpty(r.getBytes(6)), r.getString(5)),
                r.getString(7)));
      }
    }
    return timers;
  }

  Optional<TurnOutcome> findTurn(MessageId message) throws SQLException {
    PreparedStatement s =
        file.statement(
            "select outcome, reply_type, reply from turn"
                + " where message_id = ? and repeatable = 1 order by seq desc limit 1");
    s.setBytes(1, JournalFile.bytes(message));
    try (ResultSet r = s.executeQuery()) {
      return r.next()
          ? Optional.of(outcome(r.getString(1), r.getString(2), r.getBytes(3)))
          : Optional.empty();
    }
  }

  record FoundRequest(long at, IdempotentResult result) {}

  Optional<FoundRequest> findRequest(MessageId message) throws SQLException {
    PreparedStatement s =
        file.statement(
            "select at, op, input, outcome, reply_type, reply from turn"
                + " where message_id = ? and repeatable = 1 order by seq desc limit 1");
    s.setBytes(1, JournalFile.bytes(message));
    try (ResultSet r = s.executeQuery()) {
      if (!r.next()) {
        return Optional.empty();
      }
      String digest =
          IdempotentResult.digest(r.getString(2), false, JournalFile.orEmpty(r.getBytes(3)));
      TurnOutcome outcome = outcome(r.getString(4), r.getString(5), r.getBytes(6));
      return Optional.of(new FoundRequest(r.getLong(1), new IdempotentResult(digest, outcome)));
    }
  }

  record FoundKey(long expiresAt, IdempotentResult result) {}

  Optional<FoundKey> findKey(String key) throws SQLException {
    PreparedStatement s =
        file.statement(
            "select i.expires_at, i.request_digest, t.outcome, t.reply_type, t.reply"
                + " from idempotency i join turn t on t.seq = i.seq where i.key = ?");
    s.setString(1, key);
    try (ResultSet r = s.executeQuery()) {
      if (!r.next()) {
        return Optional.empty();
      }
      TurnOutcome outcome = outcome(r.getString(3), r.getString(4), r.getBytes(5));
      return Optional.of(new FoundKey(r.getLong(1), new IdempotentResult(r.getString(2), outcome)));
    }
  }

  private TurnOutcome outcome(String kind, String type, byte @Nullable [] reply) {
    byte[] bytes = JournalFile.orEmpty(reply);
    return switch (kind) {
      case TurnRows.REPLIED -> new TurnOutcome.Replied(new Payload(bytes, type));
      case TurnRows.REFUSED -> new TurnOutcome.Refused(HostError.fromValue(Json.read(bytes)));
      default -> throw file.damaged("a turn's outcome is \"" + kind + "\"");
    };
  }

  Watermark watermark(String sender) throws SQLException {
    PreparedStatement s = file.statement("select epoch, low, above from inbox where sender = ?");
    s.setString(1, sender);
    try (ResultSet r = s.executeQuery()) {
      return r.next()
          ? new Watermark(r.getLong(1), r.getLong(2), numbers(sender, r.getString(3)))
          : Watermark.NONE;
    }
  }

  private List<Long> numbers(String sender, String json) {
    List<Long> numbers = new ArrayList<>();
    try {
      if (Json.read(json) instanceof Value.Arr array) {
        for (Value v : array.items()) {
          if (!(v instanceof Value.Int n)) {
            throw new HostException(ErrorCode.DATA_LOSS, "no number");
          }
          numbers.add(n.value());
        }
        return numbers;
      }
    } catch (HostException e) {
      // Reported below, with the file's name.
    }
    throw file.damaged("what was received of " + sender + " is \"" + json + "\"");
  }
}
