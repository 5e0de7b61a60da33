package io.plexspaces.store;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.api.upkeep.EffectQuery;
import io.plexspaces.api.upkeep.JournalQuery;
import io.plexspaces.api.upkeep.JournalViews;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Shows what one journal holds, by plain SQL on its tables; {@link
 * io.plexspaces.api.upkeep.JournalViews} says in which form. Platform threads, one at a time.
 */
final class JournalInspector implements AutoCloseable {
  /** Contents beyond this are left for the next page; one turn alone may be larger. */
  private static final long PAGE_BYTES = 16L << 20;

  private final Path path;
  private final String shownPath;
  private final Connection connection;

  /**
   * @param connection in a transaction, and closed with this
   * @param shownPath how the file is called in what is shown
   */
  JournalInspector(Path path, String shownPath, Connection connection) {
    this.path = path;
    this.shownPath = shownPath;
    this.connection = connection;
  }

  /**
   * @throws HostException DATA_LOSS if it is no journal or another actor's, FAILED_PRECONDITION if
   *     its format is another
   */
  void requireOwner(ActorId actor) throws SQLException {
    if (number("pragma application_id") != JournalSchema.APPLICATION_ID) {
      throw damaged("it is no journal");
    }
    long format = number("pragma user_version");
    if (format != JournalSchema.FORMAT) {
      throw new HostException(
          ErrorCode.FAILED_PRECONDITION,
          path
              + " has journal format "
              + format
              + (format > JournalSchema.FORMAT
                  ? ", this version knows up to " + JournalSchema.FORMAT
                  : ": a node brings it forward when the actor is next active"));
    }
    try (PreparedStatement s =
            connection.prepareStatement("select tenant, app, type, key from meta");
        ResultSet r = s.executeQuery()) {
      if (r.next()
          && !(text(r, 1).equals(actor.app().tenant())
              && text(r, 2).equals(actor.app().name())
              && text(r, 3).equals(actor.type())
              && text(r, 4).equals(actor.key()))) {
        throw damaged(
            "it holds the journal of "
                + (text(r, 1) + ":" + text(r, 2) + "/" + text(r, 3) + "/" + text(r, 4)));
      }
    }
  }

  /** Empty if the file's first turn was never committed. */
  Optional<Value.Obj> turns(String address, JournalQuery q) throws SQLException {
    Value.Obj.Builder b = Value.Obj.builder().put("actor", address);
    if (!head(b)) {
      return Optional.empty();
    }
    List<Long> seqs = seqs(q, q.limit() + 1);
    boolean more = seqs.size() > q.limit();
    if (more) {
      seqs.remove(q.from() > 0 ? seqs.size() - 1 : 0);
    }
    List<Value> turns = new ArrayList<>();
    long bytes = 0;
    // From the end that was asked for, so that what is left out is at the other.
    for (long seq : q.from() > 0 ? seqs : seqs.reversed()) {
      if (bytes > PAGE_BYTES) {
        more = true;
        break;
      }
      Turn t = turn(seq, q);
      bytes += t.bytes();
      turns.add(t.shown());
    }
    b.put("turns", new Value.Arr(q.from() > 0 ? turns : turns.reversed()));
    return Optional.of(b.put("more", more).build());
  }

  private boolean head(Value.Obj.Builder b) throws SQLException {
    try (PreparedStatement s =
            connection.prepareStatement("select format, epoch, created_at from meta");
        ResultSet r = s.executeQuery()) {
      if (!r.next()) {
        return false;
      }
      b.put("epoch", r.getLong(2)).put("format", r.getInt(1)).put("created_at", time(r.getLong(3)));
    }
    b.put("first_seq", number("select coalesce(min(seq), 0) from turn"))
        .put("last_seq", number("select coalesce(max(seq), 0) from turn"))
        .put("pending", number("select count(*) from effect where state = 'pending'"))
        .put("dead", number("select count(*) from effect where state = 'dead'"))
        .put("timers", number("select count(*) from timer"))
        .put("file", shownPath)
        .put("file_bytes", number("pragma page_count") * number("pragma page_size"));
    return true;
  }

  private List<Long> seqs(JournalQuery q, int limit) throws SQLException {
    String sql =
        "select seq from turn where seq >= ? and (? = 0 or seq <= ?) and (? is null or op = ?)"
            + " order by seq "
            + (q.from() > 0 ? "asc" : "desc")
            + " limit ?";
    List<Long> seqs = new ArrayList<>();
    try (PreparedStatement s = connection.prepareStatement(sql)) {
      s.setLong(1, q.from());
      s.setLong(2, q.to());
      s.setLong(3, q.to());
      s.setString(4, q.op());
      s.setString(5, q.op());
      s.setInt(6, limit);
      try (ResultSet r = s.executeQuery()) {
        while (r.next()) {
          seqs.add(r.getLong(1));
        }
      }
    }
    return q.from() > 0 ? seqs : new ArrayList<>(seqs.reversed());
  }

  private record Turn(Value.Obj shown, long bytes) {}

  private Turn turn(long seq, JournalQuery q) throws SQLException {
    Value.Obj.Builder b = Value.Obj.builder();
    long bytes = 0;
    try (PreparedStatement s =
        connection.prepareStatement(
            "select t.at, t.message_id, t.sender, t.op, t.kind, t.input_type, t.input, t.outcome,"
                + " t.reply_type, t.reply, t.code, t.trace,"
                + " exists (select 1 from state s where s.seq = t.seq)"
                + " from turn t where t.seq = ?")) {
      s.setLong(1, seq);
      try (ResultSet r = s.executeQuery()) {
        if (!r.next()) {
          throw damaged("turn " + seq + " is in the index and not in the table");
        }
        Payload input = payload(r, 6);
        Payload reply = payload(r, 9);
        bytes += q.payloads() ? input.size() + reply.size() : 0;
        b.put("seq", seq).put("at", time(r.getLong(1))).put("message_id", hex(r.getBytes(2)));
        if (r.getString(3) != null) {
          b.put("sender", r.getString(3));
        }
        b.put("op", text(r, 4))
            .put("kind", text(r, 5))
            .put("input", content(input, q.payloads()))
            .put("outcome", text(r, 8))
            .put("reply", content(reply, q.payloads()))
            .put("code", text(r, 11))
            .put("trace", text(r, 12));
        if (r.getBoolean(13)) {
          b.put("state", true);
        }
      }
    }
    if (q.steps()) {
      List<Value> steps = steps(seq, q.payloads());
      b.put("steps", new Value.Arr(steps));
      bytes += sizes(steps, "result");
    }
    if (q.effects()) {
      List<Value> effects =
          effects("where e.seq = ? order by e.n", List.of(seq), q.payloads(), false);
      b.put("effects", new Value.Arr(effects));
      bytes += sizes(effects, "payload");
    }
    return new Turn(b.build(), bytes);
  }

  private static long sizes(List<Value> items, String content) {
    long sum = 0;
    for (Value v : items) {
      if (v instanceof Value.Obj o && o.object(content).get("value") != null) {
        sum += o.object(content).integer("size", 0);
      }
    }
    return sum;
  }

  private List<Value> steps(long seq, boolean payloads) throws SQLException {
    List<Value> steps = new ArrayList<>();
    try (PreparedStatement s =
        connection.prepareStatement(
            "select n, op, failed, result_type, result from step where seq = ? order by n")) {
      s.setLong(1, seq);
      try (ResultSet r = s.executeQuery()) {
        while (r.next()) {
          steps.add(
              Value.Obj.builder()
                  .put("n", r.getInt(1))
                  .put("op", text(r, 2))
                  .put("failed", r.getBoolean(3))
                  .put("result", content(payload(r, 4), payloads))
                  .build());
        }
      }
    }
    return steps;
  }

  /** Messages of the outbox, by number. */
  Value.Obj effects(String address, EffectQuery q) throws SQLException {
    List<Value> effects =
        effects(
            "where e.state = ? and e.number > ? order by e.number limit ?",
            List.of(q.state(), q.after(), q.limit() + 1),
            q.payloads(),
            true);
    boolean more = effects.size() > q.limit();
    return Value.Obj.builder()
        .put("actor", address)
        .put("effects", new Value.Arr(more ? effects.subList(0, q.limit()) : effects))
        .put("more", more)
        .build();
  }

  private List<Value> effects(String where, List<Object> arguments, boolean payloads, boolean turn)
      throws SQLException {
    List<Value> effects = new ArrayList<>();
    try (PreparedStatement s =
        connection.prepareStatement(
            "select e.number, e.n, e.message_id, e.target, e.op, e.payload_type, e.payload,"
                + " e.client, e.state, e.reason, e.seq, t.at"
                + " from effect e left join turn t on t.seq = e.seq "
                + where)) {
      for (int i = 0; i < arguments.size(); i++) {
        s.setObject(i + 1, arguments.get(i));
      }
      try (ResultSet r = s.executeQuery()) {
        while (r.next()) {
          Value.Obj.Builder b = Value.Obj.builder().put("number", r.getLong(1));
          if (turn) {
            b.put("seq", r.getLong(11));
            long at = r.getLong(12);
            if (!r.wasNull()) {
              b.put("at", time(at)); // the turn may be pruned
            }
          }
          b.put("n", r.getInt(2))
              .put("message_id", hex(r.getBytes(3)))
              .put("target", text(r, 4))
              .put("op", text(r, 5))
              .put("payload", content(payload(r, 6), payloads))
              .put("client", r.getBoolean(8))
              .put("state", text(r, 9));
          if (r.getString(10) != null) {
            b.put("reason", r.getString(10));
          }
          effects.add(b.build());
        }
      }
    }
    return effects;
  }

  Optional<JournalViews.Letter> deadLetter(long number) throws SQLException {
    try (PreparedStatement s =
        connection.prepareStatement(
            "select target, op, payload_type, payload from effect"
                + " where number = ? and state = 'dead'")) {
      s.setLong(1, number);
      try (ResultSet r = s.executeQuery()) {
        return r.next()
            ? Optional.of(new JournalViews.Letter(text(r, 1), text(r, 2), payload(r, 3)))
            : Optional.empty();
      }
    }
  }

  Value.Obj timers(String address, boolean payloads) throws SQLException {
    List<Value> timers = new ArrayList<>();
    try (PreparedStatement s =
            connection.prepareStatement(
                "select id, due, target, op, payload_type, payload, rule from timer"
                    + " order by due, id");
        ResultSet r = s.executeQuery()) {
      while (r.next()) {
        timers.add(
            Value.Obj.builder()
                .put("id", text(r, 1))
                .put("due", time(r.getLong(2)))
                .put("target", text(r, 3))
                .put("op", text(r, 4))
                .put("payload", content(payload(r, 5), payloads))
                .put("rule", text(r, 7))
                .build());
      }
    }
    return Value.Obj.builder().put("actor", address).put("timers", new Value.Arr(timers)).build();
  }

  Value.Obj inbox(String address) throws SQLException {
    List<Value> inbox = new ArrayList<>();
    try (PreparedStatement s =
            connection.prepareStatement(
                "select sender, epoch, low, above from inbox order by sender");
        ResultSet r = s.executeQuery()) {
      while (r.next()) {
        inbox.add(
            Value.Obj.builder()
                .put("sender", text(r, 1))
                .put("epoch", r.getLong(2))
                .put("low", r.getLong(3))
                .put("above", value(Payload.json(text(r, 4))))
                .build());
      }
    }
    return Value.Obj.builder().put("actor", address).put("inbox", new Value.Arr(inbox)).build();
  }

  /**
   * The state after turn {@code at}, rebuilt from the last full row and the patches after it.
   *
   * @param at 0 for the last
   * @throws HostException NOT_FOUND if there is none so early, DATA_LOSS if it does not rebuild
   */
  Value.Obj state(String address, long at) throws SQLException {
    long last = number("select coalesce(max(seq), 0) from turn");
    long first = number("select coalesce(min(seq), 0) from turn");
    long to = at == 0 ? last : at;
    if (to > last) {
      throw new HostException(
          ErrorCode.NOT_FOUND, address + " has no turn " + to + ": its last is " + last);
    }
    StateHistory.At state =
        new StateHistory(connection)
            .at(to)
            .orElseThrow(() ->
                new HostException(
                    ErrorCode.NOT_FOUND,
                    address
                        + " has no state after turn "
                        + to
                        + (first > 1
                            ? ": what is before turn " + first + " was pruned"
                            : ": none was declared so early")));
    return Value.Obj.builder()
        .put("actor", address)
        .put("seq", state.seq())
        .put("state", content(state.payload(), true))
        .build();
  }

  private long number(String query) throws SQLException {
    try (PreparedStatement s = connection.prepareStatement(query);
        ResultSet r = s.executeQuery()) {
      return r.next() ? r.getLong(1) : 0;
    }
  }

  private static Payload payload(ResultSet r, int typeColumn) throws SQLException {
    return new Payload(JournalFile.orEmpty(r.getBytes(typeColumn + 1)), text(r, typeColumn));
  }

  private static String text(ResultSet r, int column) throws SQLException {
    String s = r.getString(column);
    return s == null ? "" : s;
  }

  /** What is no JSON, whatever its type says, is bytes. */
  static Value.Obj content(Payload p, boolean shown) {
    Value.Obj.Builder b = Value.Obj.builder().put("type", p.contentType()).put("size", p.size());
    if (shown) {
      b.put("value", value(p));
    }
    return b.build();
  }

  private static Value value(Payload p) {
    if (p.isJson()) {
      try {
        return p.value();
      } catch (HostException notJson) {
        return new Value.Bytes(p.bytes());
      }
    }
    return new Value.Bytes(p.bytes());
  }

  static String time(long millis) {
    try {
      return Instant.ofEpochMilli(millis).toString();
    } catch (DateTimeException e) {
      return Long.toString(millis);
    }
  }

  private static String hex(byte @Nullable [] id) {
    return HexFormat.of().formatHex(JournalFile.orEmpty(id));
  }

  private HostException damaged(String what) {
    return new HostException(ErrorCode.DATA_LOSS, path + " is damaged: " + what);
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
