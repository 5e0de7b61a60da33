package io.plexspaces.store;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The declared states that a journal's rows stand for. Platform threads, one at a time. */
final class StateHistory {
  private final Connection connection;

  StateHistory(Connection connection) {
    this.connection = connection;
  }

  /**
   * @param seq the turn that wrote it
   */
  record At(long seq, Payload payload) {}

  /** Told of each state in turn. */
  interface Visitor {
    /**
     * @param failure why it does not rebuild, or empty
     */
    void state(long seq, String failure);
  }

  /**
   * The state after turn {@code seq}; empty if no full row is so early.
   *
   * @throws HostException DATA_LOSS if it does not rebuild
   */
  Optional<At> at(long seq) throws SQLException {
    try (PreparedStatement s =
        connection.prepareStatement(
            "select seq, kind, content_type, bytes from state where seq <= ? and seq >="
                + " (select max(seq) from state where kind = 'full' and seq <= ?) order by seq")) {
      s.setLong(1, seq);
      s.setLong(2, seq);
      At last = null;
      try (ResultSet r = s.executeQuery()) {
        while (r.next()) {
          last = next(last, r);
        }
      }
      return Optional.ofNullable(last);
    }
  }

  /** Rebuilds every state; after one that fails, goes on with the next full row. */
  void each(Visitor visitor) throws SQLException {
    try (PreparedStatement s =
            connection.prepareStatement(
                "select seq, kind, content_type, bytes from state order by seq");
        ResultSet r = s.executeQuery()) {
      At last = null;
      boolean broken = false;
      while (r.next()) {
        long seq = r.getLong(1);
        if (broken && !StateChain.FULL.equals(r.getString(2))) {
          continue; // follows from what was told
        }
        try {
          last = next(last, r);
          broken = false;
          visitor.state(seq, "");
        } catch (HostException e) {
          last = null;
          broken = true;
          visitor.state(seq, e.error().message());
        }
      }
    }
  }

  private static At next(@Nullable At before, ResultSet r) throws SQLException {
    long seq = r.getLong(1);
    String kind = String.valueOf(r.getString(2));
    String type = r.getString(3);
    Payload row = new Payload(JournalFile.orEmpty(r.getBytes(4)), type == null ? "" : type);
    if (kind.equals(StateChain.FULL)) {
      return new At(seq, row);
    }
    if (!kind.equals(StateChain.FIELDS)) {
      throw lost("the state of turn " + seq + " is of kind \"" + kind + "\"");
    }
    if (before == null) {
      throw lost("the state of turn " + seq + " is a patch, and the full one before it is missing");
    }
    try {
      return new At(seq, StateChain.patched(before.payload(), row));
    } catch (HostException e) {
      throw lost("the state of turn " + seq + ": " + e.error().message());
    }
  }

  private static HostException lost(String what) {
    return new HostException(ErrorCode.DATA_LOSS, what);
  }
}
