package io.plexspaces.system.crash;

import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The files of a bank that has stopped, as an auditor reads them: with SQL, knowing the documented
 * format and nothing of the code that wrote them.
 */
final class Books {
  /**
   * @param at when, in ms
   * @param kind call or cast where a handler ran
   * @param input of what was taken in (kind accept), what the actor sent to itself for it
   * @param reply what was answered, or the error
   */
  record Row(
      long seq, long at, String op, String kind, Value.Obj input, boolean done, String reply) {
    boolean ran() {
      return kind.equals("call") || kind.equals("cast");
    }
  }

  /**
   * @param state the last one that was written in full, if it is the last one
   */
  record Journal(String account, List<Row> rows, Optional<String> state, long pending, long dead) {}

  private final Map<String, Journal> journals = new TreeMap<>();
  private final List<String> damages = new ArrayList<>();

  static Books read(Path data) throws IOException {
    Books books = new Books();
    List<Path> files;
    try (Stream<Path> all = Files.walk(data)) {
      files = all.filter(f -> f.toString().endsWith(".db")).sorted().toList();
    }
    for (Path file : files) {
      try (Connection c = DriverManager.getConnection("jdbc:sqlite:" + file)) {
        books.read(data.relativize(file), c);
      } catch (SQLException e) {
        books.damages.add(data.relativize(file) + ": " + e.getMessage());
      }
    }
    return books;
  }

  private void read(Path file, Connection c) throws SQLException {
    List<String> found = strings(c, "pragma integrity_check");
    if (!found.equals(List.of("ok"))) {
      damages.add(file + ": pragma integrity_check says " + found);
      return;
    }
    if (!file.startsWith("journals")) {
      return;
    }
    List<String> names = strings(c, "select type || '/' || key from meta");
    List<Row> rows = new ArrayList<>();
    try (Statement s = c.createStatement();
        ResultSet r =
            s.executeQuery(
                "select t.seq, t.at, t.op, t.kind, coalesce(e.payload, t.input), t.outcome, t.reply"
                    + " from turn t left join effect e on t.kind = 'accept' and e.seq = t.seq"
                    + " order by t.seq")) {
      while (r.next()) {
        rows.add(
            new Row(
                r.getLong(1),
                r.getLong(2),
                r.getString(3),
                r.getString(4),
                input(r.getBytes(5)),
                r.getString(6).equals("replied"),
                new String(r.getBytes(7), StandardCharsets.UTF_8)));
      }
    }
    if (names.size() != 1) {
      if (!rows.isEmpty() || !names.isEmpty()) {
        damages.add(file + ": " + rows.size() + " turns of " + names);
      }
      return;
    }
    List<String> state =
        strings(
            c,
            "select cast(bytes as text) from state where kind = 'full'"
                + " and seq = (select max(seq) from state)");
    journals.put(
        names.getFirst(),
        new Journal(
            names.getFirst(),
            rows,
            state.stream().findFirst(),
            count(c, "pending"),
            count(c, "dead")));
  }

  private static Value.Obj input(byte[] bytes) {
    return Json.read(bytes) instanceof Value.Obj o ? o : Value.Obj.EMPTY;
  }

  private static long count(Connection c, String state) throws SQLException {
    return Long.parseLong(
        strings(c, "select count(*) from effect where state = '" + state + "'").getFirst());
  }

  private static List<String> strings(Connection c, String sql) throws SQLException {
    List<String> all = new ArrayList<>();
    try (Statement s = c.createStatement();
        ResultSet r = s.executeQuery(sql)) {
      while (r.next()) {
        all.add(r.getString(1));
      }
    }
    return all;
  }

  Map<String, Journal> journals() {
    return journals;
  }

  /** Whether there are messages that their receivers may not have. */
  boolean hasPending() {
    return journals.values().stream().anyMatch(j -> j.pending() > 0);
  }

  /** What cannot be read, or is not as SQLite or the format has it. */
  List<String> damages() {
    return damages;
  }
}
