package io.plexspaces.store;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.Json;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.api.journal.TimerChange;
import io.plexspaces.api.journal.TurnOutcome;
import io.plexspaces.api.journal.TurnRecord;
import io.plexspaces.api.journal.Watermark;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes what a turn leaves into an open journal; the caller holds a transaction open. */
final class TurnRows {
  static final String REPLIED = "replied";
  static final String REFUSED = "refused";

  private final JournalFile file;

  TurnRows(JournalFile file) {
    this.file = file;
  }

  /** The only row of {@code meta}, written with the first turn. */
  void insertMeta(ActorId actor, long epoch, long createdAt) throws SQLException {
    PreparedStatement s =
        file.statement(
            "insert into meta (format, tenant, app, type, key, epoch, created_at, crc)"
                + " values (?, ?, ?, ?, ?, ?, ?, ?)");
    s.setInt(1, JournalSchema.FORMAT);
    s.setString(2, actor.app().tenant());
    s.setString(3, actor.app().name());
    s.setString(4, actor.type());
    s.setString(5, actor.key());
    s.setLong(6, epoch);
    s.setLong(7, createdAt);
    s.setLong(8, crcOfMeta(actor, epoch, createdAt));
    s.executeUpdate();
  }

  /** Writes a page without changing anything. */
  void touch() throws SQLException {
    file.statement("pragma user_version = " + JournalSchema.FORMAT).execute();
  }

  /**
   * @param state the row for the turn's state, null if it has none
   */
  void insert(TurnRecord t, StateChain.@Nullable Row state, long keyExpiresAt) throws SQLException {
    insertTurn(t);
    for (TurnRecord.Step step : t.steps()) {
      insert(t.seq(), step);
    }
    for (TurnRecord.Outgoing effect : t.effects()) {
      insert(t.seq(), effect);
    }
    if (state != null) {
      PreparedStatement p = file.statement("insert into state values (?, ?, ?, ?, ?)");
      p.setLong(1, t.seq());
      p.setString(2, state.kind());
      p.setString(3, state.payload().contentType());
      p.setBytes(4, state.payload().bytes());
      p.setLong(5, new RowCrc().add(t.seq()).add(state.kind()).add(state.payload()).value());
      p.executeUpdate();
    }
    if (t.idempotencyKey() != null) {
      PreparedStatement p =
          file.statement("insert or replace into idempotency values (?, ?, ?, ?, ?)");
      String digest = t.requestDigest() == null ? "" : t.requestDigest();
      p.setString(1, t.idempotencyKey());
      p.setString(2, digest);
      p.setLong(3, t.seq());
      p.setLong(4, keyExpiresAt);
      p.setLong(
          5,
          new RowCrc().add(t.idempotencyKey()).add(digest).add(t.seq()).add(keyExpiresAt).value());
      p.executeUpdate();
    }
    if (t.received() != null) {
      received(t.received());
    }
    for (TimerChange change : t.timers()) {
      write(change);
    }
  }

  private void insertTurn(TurnRecord t) throws SQLException {
    PreparedStatement s =
        file.statement("insert into turn values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    s.setLong(1, t.seq());
    s.setLong(2, t.atMillis());
    s.setBytes(3, JournalFile.bytes(t.message()));
    s.setString(4, t.from());
    s.setString(5, t.op());
    s.setString(6, t.kind());
    s.setString(7, t.input().contentType());
    s.setBytes(8, t.input().bytes());
    Payload reply = reply(t.outcome());
    s.setString(9, t.outcome() instanceof TurnOutcome.Replied ? REPLIED : REFUSED);
    s.setString(10, reply.contentType());
    s.setBytes(11, reply.bytes());
    s.setString(12, t.codeVersion());
    s.setString(13, t.trace());
    s.setBoolean(14, t.repeatable());
    s.setLong(15, crcOf(t));
    s.executeUpdate();
  }

  private static Payload reply(TurnOutcome outcome) {
    return switch (outcome) {
      case TurnOutcome.Replied r -> r.reply();
      case TurnOutcome.Refused r -> Payload.json(Json.write(r.error().toValue()));
    };
  }

  /** Of the row in {@code turn} and those in {@code step}, which live as long. */
  private static long crcOf(TurnRecord t) {
    RowCrc crc =
        new RowCrc()
            .add(t.seq())
            .add(t.atMillis())
            .add(JournalFile.bytes(t.message()))
            .add(t.from())
            .add(t.op())
            .add(t.kind())
            .add(t.input())
            .add(t.outcome() instanceof TurnOutcome.Replied ? REPLIED : REFUSED)
            .add(reply(t.outcome()))
            .add(t.codeVersion())
            .add(t.trace())
            .add(t.repeatable());
    for (TurnRecord.Step s : t.steps()) {
      crc.add(s.n()).add(s.operation()).add(s.requestDigest()).add(s.failed()).add(s.result());
    }
    return crc.value();
  }

  private static long crcOfMeta(ActorId actor, long epoch, long createdAt) {
    return new RowCrc()
        .add(actor.app().tenant())
        .add(actor.app().name())
        .add(actor.type())
        .add(actor.key())
        .add(epoch)
        .add(createdAt)
        .value();
  }

  private void insert(long seq, TurnRecord.Step step) throws SQLException {
    PreparedStatement s = file.statement("insert into step values (?, ?, ?, ?, ?, ?, ?)");
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
        file.statement("insert into effect values (?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', null, ?)");
    s.setLong(1, effect.number());
    s.setLong(2, seq);
    s.setInt(3, effect.n());
    s.setBytes(4, JournalFile.bytes(effect.id()));
    s.setString(5, effect.target());
    s.setString(6, effect.op());
    s.setString(7, effect.payload().contentType());
    s.setBytes(8, effect.payload().bytes());
    s.setBoolean(9, effect.client());
    s.setLong(
        10,
        new RowCrc()
            .add(effect.number())
            .add(seq)
            .add(effect.n())
            .add(JournalFile.bytes(effect.id()))
            .add(effect.target())
            .add(effect.op())
            .add(effect.payload())
            .add(effect.client())
            .value());
    s.executeUpdate();
  }

  private void received(TurnRecord.Received r) throws SQLException {
    Watermark before = new JournalReader(file).watermark(r.sender());
    Watermark after = before.with(r);
    if (after.equals(before)) {
      return;
    }
    PreparedStatement s = file.statement("insert or replace into inbox values (?, ?, ?, ?, ?)");
    String above = numbers(after.above());
    s.setString(1, r.sender());
    s.setLong(2, after.epoch());
    s.setLong(3, after.low());
    s.setString(4, above);
    s.setLong(
        5, new RowCrc().add(r.sender()).add(after.epoch()).add(after.low()).add(above).value());
    s.executeUpdate();
  }

  private static String numbers(List<Long> numbers) {
    List<Value> values = numbers.stream().<Value>map(Value.Int::new).toList();
    return Payload.json(Json.write(new Value.Arr(values))).text();
  }

  private void write(TimerChange change) throws SQLException {
    switch (change) {
      case TimerChange.Set t -> {
        PreparedStatement s =
            file.statement("insert or replace into timer values (?, ?, ?, ?, ?, ?, ?, ?)");
        s.setString(1, t.id());
        s.setLong(2, t.dueMillis());
        s.setString(3, t.target());
        s.setString(4, t.op());
        s.setString(5, t.payload().contentType());
        s.setBytes(6, t.payload().bytes());
        s.setString(7, t.rule());
        s.setLong(
            8,
            new RowCrc()
                .add(t.id())
                .add(t.dueMillis())
                .add(t.target())
                .add(t.op())
                .add(t.payload())
                .add(t.rule())
                .value());
        s.executeUpdate();
      }
      case TimerChange.Cancelled t -> {
        PreparedStatement s = file.statement("delete from timer where id = ?");
        s.setString(1, t.id());
        s.executeUpdate();
      }
    }
  }

  /** Whether the effect was pending. */
  boolean markDone(long number) throws SQLException {
    PreparedStatement s =
        file.statement("update effect set state = 'done' where number = ? and state = 'pending'");
    s.setLong(1, number);
    return s.executeUpdate() == 1;
  }

  /** Whether the effect was pending. */
  boolean markDead(TurnRecord.DeadLetter dead) throws SQLException {
    PreparedStatement s =
        file.statement(
            "update effect set state = 'dead', reason = ? where number = ? and state = 'pending'");
    s.setString(1, dead.reason());
    s.setLong(2, dead.number());
    return s.executeUpdate() == 1;
  }

  void deleteExpired(long nowMillis) throws SQLException {
    PreparedStatement s = file.statement("delete from idempotency where expires_at <= ?");
    s.setLong(1, nowMillis);
    s.executeUpdate();
  }
}
