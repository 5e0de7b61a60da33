package io.plexspaces.store;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.journal.IdempotentResult;
import io.plexspaces.api.journal.TurnOutcome;
import io.plexspaces.api.journal.TurnRecord;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One open journal: a connection and its statements. Platform threads only, one at a time; the
 * caller maps {@link SQLException} with {@link SqliteErrors}.
 */
final class JournalFile implements AutoCloseable {
  private static final String REPLIED = "replied";
  private static final String REFUSED = "refused";

  private final Path path;
  private final Connection connection;
  private final Map<String, PreparedStatement> statements = new HashMap<>();

  private JournalFile(Path path, Connection connection) {
    this.path = path;
    this.connection = connection;
  }

  /**
   * Opens a journal that exists.
   *
   * @throws HostException DATA_LOSS if the file is no journal or another actor's,
   *     FAILED_PRECONDITION if it was written by a later version
   */
  static JournalFile open(Path path, ActorId actor, SqliteFiles settings) throws SQLException {
    JournalFile file = new JournalFile(path, settings.open(path, false));
    try {
      Optional<ActorId> owner = file.owner();
      if (owner.isPresent() && !owner.get().equals(actor)) {
        throw new HostException(
            ErrorCode.DATA_LOSS,
            path + " holds the journal of " + owner.get() + ", not that of " + actor);
      }
      return file;
    } catch (SQLException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** Whose journal {@code path} is; empty if its first turn was never committed. */
  static Optional<ActorId> owner(Path path, SqliteFiles settings) throws SQLException {
    JournalFile file = new JournalFile(path, settings.open(path, false));
    try (file) {
      return file.owner();
    }
  }

  private Optional<ActorId> owner() throws SQLException {
    try (Statement s = connection.createStatement()) {
      try (ResultSet r = s.executeQuery("pragma application_id")) {
        if (!r.next() || r.getInt(1) != JournalSchema.APPLICATION_ID) {
          throw new HostException(ErrorCode.DATA_LOSS, path + " is damaged: it is no journal");
        }
      }
      try (ResultSet r = s.executeQuery("pragma user_version")) {
        int format = r.next() ? r.getInt(1) : 0;
        if (format > JournalSchema.FORMAT) {
          throw newer(format);
        }
      }
      try (ResultSet r = s.executeQuery("select format, tenant, app, type, key from meta")) {
        if (!r.next()) {
          return Optional.empty();
        }
        if (r.getInt(1) > JournalSchema.FORMAT) {
          throw newer(r.getInt(1));
        }
        return Optional.of(
            new ActorId(
                new io.plexspaces.api.AppId(r.getString(2), r.getString(3)),
                r.getString(4),
                r.getString(5)));
      }
    }
  }

  private HostException newer(int format) {
    return new HostException(
        ErrorCode.FAILED_PRECONDITION,
        path
            + " has journal format "
            + format
            + ", this version knows up to "
            + JournalSchema.FORMAT
            + ": it was written by a later version");
  }

  Path path() {
    return path;
  }

  PreparedStatement statement(String sql) throws SQLException {
    PreparedStatement s = statements.get(sql);
    if (s == null) {
      s = connection.prepareStatement(sql);
      statements.put(sql, s);
    }
    return s;
  }

  void begin() throws SQLException {
    statement("begin immediate").execute();
  }

  void commit() throws SQLException {
    statement("commit").execute();
  }

  /** The only row of {@code meta}, written with the first turn. */
  void insertMeta(ActorId actor, long createdAt) throws SQLException {
    PreparedStatement s =
        statement(
            "insert into meta (format, tenant, app, type, key, epoch, created_at)"
                + " values (?, ?, ?, ?, ?, 1, ?)");
    s.setInt(1, JournalSchema.FORMAT);
    s.setString(2, actor.app().tenant());
    s.setString(3, actor.app().name());
    s.setString(4, actor.type());
    s.setString(5, actor.key());
    s.setLong(6, createdAt);
    s.executeUpdate();
  }

  void insert(TurnRecord t, StateChain.@Nullable Row state, long keyExpiresAt) throws SQLException {
    PreparedStatement s =
        statement("insert into turn values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    s.setLong(1, t.seq());
    s.setLong(2, t.atMillis());
    s.setBytes(3, bytes(t.message()));
    s.setString(4, t.from());
    s.setString(5, t.op());
    s.setString(6, t.kind());
    s.setString(7, t.input().contentType());
    s.setBytes(8, t.input().bytes());
    Payload reply =
        switch (t.outcome()) {
          case TurnOutcome.Replied r -> r.reply();
          case TurnOutcome.Refused r -> Payload.json(Json.write(r.error().toValue()));
        };
    s.setString(9, t.outcome() instanceof TurnOutcome.Replied ? REPLIED : REFUSED);
    s.setString(10, reply.contentType());
    s.setBytes(11, reply.bytes());
    s.setString(12, t.codeVersion());
    s.setString(13, t.trace());
    s.executeUpdate();
    for (TurnRecord.Step step : t.steps()) {
      insert(t.seq(), step);
    }
    for (TurnRecord.Outgoing effect : t.effects()) {
      insert(t.seq(), effect);
    }
    if (state != null) {
      PreparedStatement p = statement("insert into state values (?, ?, ?, ?)");
      p.setLong(1, t.seq());
      p.setString(2, state.kind());
      p.setString(3, state.payload().contentType());
      p.setBytes(4, state.payload().bytes());
      p.executeUpdate();
    }
    if (t.idempotencyKey() != null) {
      PreparedStatement p = statement("insert or replace into idempotency values (?, ?, ?, ?)");
      p.setString(1, t.idempotencyKey());
      p.setString(2, t.requestDigest() == null ? "" : t.requestDigest());
      p.setLong(3, t.seq());
      p.setLong(4, keyExpiresAt);
      p.executeUpdate();
    }
  }

  private void insert(long seq, TurnRecord.Step step) throws SQLException {
    PreparedStatement s = statement("insert into step values (?, ?, ?, ?, ?, ?, ?)");
    s.setLong(1, seq);
    s.setInt(2, step.n());
    s.setString(3, step.operation());
    s.setString(4, step.requestDigest());
    s.setBoolean(5, step.failed());
    s.setString(6, step.result().contentType());
    s.setBytes(7, step.result().bytes());
    s.executeUpdate();
  }

  private void insert(long seq, TurnRecord.Outgoing effect) throws SQLException {
    PreparedStatement s =
        statement("insert into effect values (?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending')");
    s.setLong(1, effect.number());
    s.setLong(2, seq);
    s.setInt(3, effect.n());
    s.setBytes(4, bytes(effect.id()));
    s.setString(5, effect.target());
    s.setString(6, effect.op());
    s.setString(7, effect.payload().contentType());
    s.setBytes(8, effect.payload().bytes());
    s.setBoolean(9, effect.client());
    s.executeUpdate();
  }

  /** Whether the effect was pending. */
  boolean markDone(long number) throws SQLException {
    PreparedStatement s =
        statement("update effect set state = 'done' where number = ? and state = 'pending'");
    s.setLong(1, number);
    return s.executeUpdate() == 1;
  }

  void deleteExpired(long nowMillis) throws SQLException {
    PreparedStatement s = statement("delete from idempotency where expires_at <= ?");
    s.setLong(1, nowMillis);
    s.executeUpdate();
  }

  Optional<TurnOutcome> findTurn(MessageId message) throws SQLException {
    PreparedStatement s =
        statement("select outcome, reply_type, reply from turn where message_id = ?");
    s.setBytes(1, bytes(message));
    try (ResultSet r = s.executeQuery()) {
      return r.next()
          ? Optional.of(outcome(r.getString(1), r.getString(2), r.getBytes(3)))
          : Optional.empty();
    }
  }

  record FoundKey(long expiresAt, IdempotentResult result) {}

  Optional<FoundKey> findKey(String key) throws SQLException {
    PreparedStatement s =
        statement(
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
    byte[] bytes = orEmpty(reply);
    return switch (kind) {
      case REPLIED -> new TurnOutcome.Replied(new Payload(bytes, type));
      case REFUSED -> new TurnOutcome.Refused(HostError.fromValue(Json.read(bytes)));
      default ->
          throw new HostException(
              ErrorCode.DATA_LOSS, path + " is damaged: a turn's outcome is \"" + kind + "\"");
    };
  }

  /** SQLite gives an empty blob back as null. */
  static byte[] orEmpty(byte @Nullable [] blob) {
    return blob == null ? new byte[0] : blob;
  }

  static MessageId messageId(byte[] sixteen) {
    ByteBuffer b = ByteBuffer.wrap(sixteen);
    return new MessageId(b.getLong(), b.getLong());
  }

  private static byte[] bytes(MessageId id) {
    return ByteBuffer.allocate(16).putLong(id.high()).putLong(id.low()).array();
  }

  /** Undoes an open transaction, syncs the WAL into the file and closes it. */
  @Override
  public void close() throws SQLException {
    // Closing the connection finalises its statements and rolls back what is open.
    connection.close();
  }
}
