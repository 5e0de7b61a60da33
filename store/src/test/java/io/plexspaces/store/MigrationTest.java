package io.plexspaces.store;

import static io.plexspaces.store.Turns.APP;
import static io.plexspaces.store.Turns.actor;
import static io.plexspaces.store.Turns.commit;
import static io.plexspaces.store.Turns.message;
import static io.plexspaces.store.Turns.turn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.Payload;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.JournalStore.Pending;
import io.plexspaces.api.journal.Recovered;
import io.plexspaces.api.journal.TurnOutcome;
import io.plexspaces.api.journal.TurnRecord;
import io.plexspaces.api.journal.Watermark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Journals of format 1, as they were written, are brought to the present format. */
class MigrationTest {
  private static final List<String> FORMAT_1 =
      List.of(
          "pragma journal_mode = wal",
          "pragma application_id = 1349285962",
          "pragma user_version = 1",
          """
          create table meta (
            format integer not null, tenant text not null, app text not null, type text not null,
            key text not null, epoch integer not null, created_at integer not null)\
          """,
          """
          create table turn (
            seq integer primary key, at integer not null, message_id blob not null, sender text,
            op text not null, kind text not null, input_type text not null, input blob not null,
            outcome text not null, reply_type text not null, reply blob not null,
            code text not null, trace text not null)\
          """,
          "create unique index turn_message on turn (message_id)",
          """
          create table step (
            seq integer not null, n integer not null, op text not null,
            request_digest text not null, failed integer not null, result_type text not null,
            result blob not null, primary key (seq, n)) without rowid\
          """,
          """
          create table effect (
            seq integer not null, n integer not null, message_id blob not null,
            target text not null, op text not null, payload_type text not null,
            payload blob not null, state text not null, primary key (seq, n)) without rowid\
          """,
          "create index effect_pending on effect (seq, n) where state = 'pending'",
          """
          create table state (
            seq integer primary key, kind text not null, content_type text not null,
            bytes blob not null)\
          """,
          """
          create table idempotency (
            key text primary key, request_digest text not null, seq integer not null,
            expires_at integer not null) without rowid\
          """,
          "create index idempotency_expires on idempotency (expires_at)",
          "insert into meta values (1, 'acme', 'shop', 'counter', 'a', 1, 77)",
          "insert into turn values (1, 1001, x'00000000000000070000000000000001', null, 'add',"
              + " 'call', 'application/json', '{}', 'replied', 'application/json', '{\"n\":1}',"
              + " 'sha256:code', 'trace')",
          "insert into turn values (2, 1002, x'00000000000000070000000000000002', 'shop/f/1',"
              + " 'add', 'call', 'application/json', '{}', 'replied', 'application/json',"
              + " '{\"n\":2}', 'sha256:code', 'trace')",
          "insert into step values (2, 0, 'ask', 'd', 0, 'application/json', '1')",
          // In another order than that of their turns, as an index might give them back.
          "insert into effect values (2, 1, x'00000000000000080000000000000004', 'shop/s/1', 'c',"
              + " 'application/json', '4', 'pending')",
          "insert into effect values (2, 0, x'00000000000000080000000000000003', 'shop/s/1', 'b',"
              + " 'application/json', '3', 'done')",
          "insert into effect values (1, 0, x'00000000000000080000000000000001', 'shop/s/1', 'a',"
              + " 'application/json', '1', 'pending')",
          "insert into state values (1, 'full', 'application/json', '{\"n\":1}')",
          "insert into state values (2, 'fields', 'application/json', '{\"set\":{\"n\":2}}')",
          "insert into idempotency values ('add' || char(10) || 'k', 'd1', 2, 9000)");

  @TempDir Path root;

  @Test
  void aJournalOfFormat1GoesOnWithAllThatItHeld() throws Exception {
    Path file = format1();
    try (Store store = new Store(root);
        Journal j = store.journal("a")) {
      Recovered r = j.recover();
      assertThat(r)
          .isEqualTo(
              new Recovered(
                  2,
                  1,
                  3,
                  Payload.json("{\"n\":2}"),
                  List.of(effect(0, 1, 1, "a"), effect(1, 3, 4, "c")),
                  List.of()));
      assertThat(j.findTurn(message(1)))
          .contains(new TurnOutcome.Replied(Payload.json("{\"n\":1}")));
      assertThat(j.findIdempotent("add\nk").orElseThrow().requestDigest()).isEqualTo("d1");
      assertThat(j.watermark("shop/f/1")).isEqualTo(Watermark.NONE);
      j.effectDone(1);
      commit(j, turn(3));
    }
    assertThat(Store.query(file, "select group_concat(number || state) from effect"))
        .isEqualTo("1done,2done,3pending");
    assertThat(Store.query(file, "select format || created_at from meta")).isEqualTo("277");
    assertThat(Store.query(file, "pragma user_version")).isEqualTo("2");
    assertThat(Store.query(file, "pragma integrity_check")).isEqualTo("ok");
  }

  @Test
  void aMigrationThatFailsLeavesTheOldFile() throws Exception {
    Path file = format1();
    // In the way of a table that the new format has.
    Store.update(file, "create table timer (mine)");
    try (Store store = new Store(root)) {
      assertThatThrownBy(() -> store.journal("a")).hasMessageContaining(file.toString());
    }
    assertThat(Store.query(file, "pragma user_version")).isEqualTo("1");
    assertThat(Store.query(file, "select count(*) from effect where seq = 2")).isEqualTo("2");
    Store.update(file, "drop table timer");
    try (Store store = new Store(root);
        Journal j = store.journal("a")) {
      assertThat(j.recover().lastSeq()).isEqualTo(2);
    }
  }

  @Test
  void anIndexOfFormat1NamesItsActorsStill() {
    Store.update(
        root.resolve("pending.db"),
        "create table pending (tenant text not null, app text not null, type text not null,"
            + " key text not null, primary key (tenant, app, type, key)) without rowid");
    Store.update(
        root.resolve("pending.db"), "insert into pending values ('acme', 'shop', 'counter', 'a')");
    Store.update(root.resolve("pending.db"), "pragma user_version = 1");
    try (Store store = new Store(root)) {
      assertThat(store.journals.pending(APP))
          .containsExactly(new Pending(actor("a"), true, Long.MAX_VALUE));
    }
  }

  private Path format1() throws IOException, SQLException {
    Path file = Store.file(root, "a");
    Files.createDirectories(file.getParent());
    try (Connection c = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement s = c.createStatement()) {
      for (String sql : FORMAT_1) {
        s.execute(sql);
      }
    }
    return file;
  }

  private static TurnRecord.Outgoing effect(int n, long number, long id, String op) {
    return new TurnRecord.Outgoing(
        n,
        number,
        new io.plexspaces.api.MessageId(8, id),
        "shop/s/1",
        op,
        Payload.json(Long.toString(id)),
        false);
  }
}
