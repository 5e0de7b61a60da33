package io.plexspaces.store;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.journal.Recovered;
import io.plexspaces.api.journal.TurnRecord;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Reads what a restart needs out of an open journal. */
final class JournalReader {
  /** How many turns back gaps are looked for where no full state is nearer. */
  private static final long CHECKED_TURNS = 1000;

  private final JournalFile file;

  JournalReader(JournalFile file) {
    this.file = file;
  }

  /** Where a journal stands. */
  record Position(boolean hasMeta, long lastSeq, int pendingEffects) {}

  Position position() throws SQLException {
    return new Position(
        number("select count(*) from meta") == 1,
        number("select coalesce(max(seq), 0) from turn"),
        Math.toIntExact(number("select count(*) from effect where state = 'pending'")));
  }

  /**
   * What a restart needs; {@code chain} goes on from its state.
   *
   * @throws HostException DATA_LOSS if turns are missing or the state does not fit them
   */
  Recovered recover(StateChain chain) throws SQLException {
    long lastSeq = number("select coalesce(max(seq), 0) from turn");
    if (lastSeq == 0) {
      chain.reset();
      return Recovered.NONE;
    }
    long epoch = number("select epoch from meta");
    long fullSeq =
        number("select coalesce((select seq from state where kind = 'full' order by seq desc), 0)");
    if (fullSeq > lastSeq) {
      throw damaged("it has a state of turn " + fullSeq + " after the last, " + lastSeq);
    }
    checkNoGap(Math.max(fullSeq, lastSeq - CHECKED_TURNS), lastSeq);
    return new Recovered(
        lastSeq,
        epoch,
        number("select coalesce(max(number), 0) from effect"),
        fullSeq == 0 ? null : state(fullSeq, lastSeq, chain),
        pending(),
        List.of());
  }

  private void checkNoGap(long after, long lastSeq) throws SQLException {
    PreparedStatement s = file.statement("select count(*) from turn where seq > ?");
    s.setLong(1, after);
    try (ResultSet r = s.executeQuery()) {
      if (!r.next() || r.getLong(1) != lastSeq - after) {
        throw damaged("turns are missing between " + after + " and " + lastSeq);
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
          throw damaged("it has a state of turn " + r.getLong(1) + " after the last, " + lastSeq);
        }
        state =
            switch (r.getString(2)) {
              case StateChain.FULL -> row;
              case StateChain.FIELDS -> patched(r.getLong(1), state, row);
              default -> throw damaged("it has a state of kind \"" + r.getString(2) + "\"");
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
      throw damaged("the state of turn " + seq + ": " + e.error().message());
    }
  }

  private List<TurnRecord.Outgoing> pending() throws SQLException {
    List<TurnRecord.Outgoing> pending = new ArrayList<>();
    PreparedStatement s =
        file.statement(
            "select number, n, message_id, target, op, payload_type, payload, client, seq"
                + " from effect where state = 'pending' order by number");
    try (ResultSet r = s.executeQuery()) {
      while (r.next()) {
        byte[] id = JournalFile.orEmpty(r.getBytes(3));
        if (id.length != 16) {
          throw damaged("effect " + r.getInt(2) + " of turn " + r.getLong(9) + " has no id");
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

  private long number(String query) throws SQLException {
    try (ResultSet r = file.statement(query).executeQuery()) {
      if (!r.next()) {
        throw damaged("\"" + query + "\" finds nothing");
      }
      return r.getLong(1);
    }
  }

  private HostException damaged(String what) {
    return new HostException(ErrorCode.DATA_LOSS, file.path() + " is damaged: " + what);
  }
}
