package io.plexspaces.store;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import io.plexspaces.api.upkeep.Finding;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Looks for damage in one journal, through a connection of its own. Platform threads. */
final class JournalCheck {
  /** How many findings of one kind are told of a file; a broken one would have thousands. */
  private static final int EACH = 5;

  static final String RESTORE =
      "restore it from a backup, or move it away: the actor then begins anew";
  private static final String KINDS =
      "'call', 'cast', 'init', 'stream', 'resume', 'accept', 'timer', 'early', 'dead'";

  private final Connection connection;
  private final String file;
  private final List<Finding> findings = new ArrayList<>();

  JournalCheck(Connection connection, String file) {
    this.connection = connection;
    this.file = file;
  }

  /**
   * What a check has learned.
   *
   * @param owner whose journal it is; null if it has no turn or does not tell
   * @param work whether it has pending effects or timers
   * @param received the senders that the inbox names
   */
  record Outcome(
      List<Finding> findings,
      @Nullable ActorId owner,
      long epoch,
      long lastSeq,
      long lastNumber,
      boolean work,
      List<Sender> received) {}

  /** What an inbox says of a sender: it had this epoch and sent at least so many messages. */
  record Sender(String address, long epoch, long number) {}

  /**
   * @param expected whose journal belongs at this place; null where the name was cut
   */
  Outcome run(@Nullable ActorId expected) {
    ActorId owner = null;
    long epoch = 0;
    long lastSeq = 0;
    long lastNumber = 0;
    boolean work = false;
    List<Sender> received = new ArrayList<>();
    try {
      if (!identity()) {
        return new Outcome(findings, null, 0, 0, 0, false, received);
      }
      if (!schema()) {
        return new Outcome(findings, null, 0, 0, 0, false, received);
      }
      integrity();
      Optional<ActorId> found = owner();
      owner = found.orElse(null);
      epoch = number("select coalesce(max(epoch), 0) from meta");
      if (owner != null && expected != null && !owner.equals(expected)) {
        found(
            "it holds the journal of " + owner + ", and lies at the place of " + expected,
            "move it to its own place, or " + RESTORE);
      }
      lastSeq = number("select coalesce(max(seq), 0) from turn");
      lastNumber = number("select coalesce(max(number), 0) from effect");
      work =
          number(
                  "select exists (select 1 from effect where state = 'pending')"
                      + " or exists (select 1 from timer)")
              != 0;
      turns(lastSeq, found.isPresent());
      effects();
      states(lastSeq);
      inbox(received);
      small();
      kinds();
      checksums();
    } catch (SQLException e) {
      HostException h = SqliteErrors.of(Path.of(file), e);
      String message = h.error().message();
      found(message.startsWith(file) ? message.substring(file.length()).strip() : message, RESTORE);
    } catch (HostException e) {
      found(e.error().message(), RESTORE);
    }
    return new Outcome(findings, owner, epoch, lastSeq, lastNumber, work, received);
  }

  private boolean identity() throws SQLException {
    long id = number("pragma application_id");
    if (id != JournalSchema.APPLICATION_ID) {
      found("it is a database, and no journal: its application_id is " + id, RESTORE);
      return false;
    }
    long format = number("pragma user_version");
    if (format > JournalSchema.FORMAT) {
      found(
          "it has journal format " + format + ", this version knows up to " + JournalSchema.FORMAT,
          "use the version of PlexSpaces that wrote it");
      return false;
    }
    if (format < 1) {
      found("its format is " + format, RESTORE);
      return false;
    }
    if (format < JournalSchema.FORMAT) {
      findings.add(
          Finding.note(
              file,
              "it has format " + format + " and is brought forward when its actor is next active",
              "verify it again then"));
      return false;
    }
    return true;
  }

  /** The columns and indexes that a journal of this format has. */
  private boolean schema() throws SQLException {
    List<String> wanted = JournalSchema.shape();
    List<String> there = JournalSchema.shape(connection);
    for (String s : wanted) {
      if (!there.contains(s)) {
        found("it has no " + s, RESTORE);
      }
    }
    for (String s : there) {
      if (!wanted.contains(s)) {
        found("it has a " + s + " that no journal has", RESTORE);
      }
    }
    return findings.isEmpty();
  }

  private void integrity() throws SQLException {
    try (Statement s = connection.createStatement();
        ResultSet r = s.executeQuery("pragma integrity_check(" + EACH + ")")) {
      while (r.next()) {
        String line = String.valueOf(r.getString(1));
        if (!line.equals("ok")) {
          found("SQLite finds: " + line.replaceAll("\\s*\\R\\s*", " "), RESTORE);
        }
      }
    }
  }

  /** A value of another kind reads the same and compares as another. */
  private void kinds() throws SQLException {
    List<String> queries = new ArrayList<>();
    try (Statement s = connection.createStatement();
        ResultSet r =
            s.executeQuery(
                "select m.name, c.name, lower(c.type) from sqlite_schema m"
                    + " join pragma_table_xinfo(m.name) c where m.type = 'table'"
                    + " and m.name not like 'sqlite%'")) {
      while (r.next()) {
        queries.add(
            "select '%1$s.%2$s' from %1$s where typeof(%2$s) not in ('%3$s', 'null') limit 1"
                .formatted(r.getString(1), r.getString(2), r.getString(3)));
      }
    }
    for (String q : queries) {
      each(q, r -> "a value in " + text(r, 1) + " is of another kind");
    }
  }

  private Optional<ActorId> owner() throws SQLException {
    if (number("select count(*) from meta") > 1) {
      found("meta has more than one row", RESTORE);
    }
    try (Statement s = connection.createStatement();
        ResultSet r = s.executeQuery("select tenant, app, type, key, format, epoch from meta")) {
      if (!r.next()) {
        return Optional.empty();
      }
      if (r.getInt(5) != JournalSchema.FORMAT || r.getLong(6) < 1) {
        found("meta says format " + r.getString(5) + ", epoch " + r.getString(6), RESTORE);
      }
      return Optional.of(new ActorId(new AppId(text(r, 1), text(r, 2)), text(r, 3), text(r, 4)));
    }
  }

  private void turns(long lastSeq, boolean hasMeta) throws SQLException {
    if (lastSeq > 0 && !hasMeta) {
      found("it has turns, and meta has no row", RESTORE);
    }
    // Up to here turns were removed on purpose; those whose results are still given are there.
    long pruned = number("select coalesce(max(pruned), 0) from meta");
    if (pruned < 0 || pruned >= Math.max(1, lastSeq)) {
      found("meta says that it was pruned up to " + pruned + " of " + lastSeq, RESTORE);
      pruned = 0;
    }
    if (lastSeq > 0 && number("select count(*) from turn where seq = " + (pruned + 1)) == 0) {
      long first = number("select min(seq) from turn where seq > " + pruned);
      found("turns " + range(pruned + 1, first - 1) + " are missing", RESTORE);
    }
    each(
        "select seq + 1, (select min(n.seq) from turn n where n.seq > t.seq) - 1 from turn t"
            + " where not exists (select 1 from turn n where n.seq = t.seq + 1) and seq > "
            + pruned
            + " and seq < "
            + lastSeq,
        r -> "turns " + range(r.getLong(1), r.getLong(2)) + " are missing");
    each(
        "select seq from turn where length(message_id) <> 16 or kind not in ("
            + KINDS
            + ") or outcome not in ('replied', 'refused') or repeatable not in (0, 1) or seq < 1",
        r -> "turn " + r.getLong(1) + " is malformed");
    each(
        "select distinct seq from step where seq not in (select seq from turn)",
        r -> "there are steps of turn " + r.getLong(1) + ", and no such turn");
    each(
        "select seq, count(*), max(n) from step group by seq having count(*) <> max(n) + 1",
        r ->
            "turn " + r.getLong(1) + " has " + r.getLong(2) + " steps, up to number " + text(r, 3));
  }

  private static String range(long first, long last) {
    return first == last ? Long.toString(first) : first + " to " + last;
  }

  private void effects() throws SQLException {
    each(
        "select number from effect where number < 1 or n < 0 or length(message_id) <> 16"
            + " or state not in ('pending', 'done', 'dead') or client not in (0, 1)",
        r -> "effect " + r.getLong(1) + " is malformed");
    each(
        "select number, seq from effect where seq not in (select seq from turn)"
            + " and seq > (select coalesce(max(pruned), 0) from meta)",
        r -> "effect " + r.getLong(1) + " is of turn " + r.getLong(2) + ", and no such turn");
    each(
        "select a.number + 1 from effect a join turn t on t.seq = a.seq"
            + " where a.seq > (select coalesce(max(pruned), 0) from meta)"
            + " and a.number < (select max(number) from effect)"
            + " and not exists (select 1 from effect b where b.number = a.number + 1)",
        r -> "effect " + r.getLong(1) + " is missing");
    each(
        "select a.number from effect a join effect b on b.number ="
            + " (select min(number) from effect where number > a.number)"
            + " where b.seq < a.seq or (b.seq = a.seq and b.n <= a.n)",
        r -> "effect " + r.getLong(1) + " is out of the order of turns");
  }

  private void states(long lastSeq) throws SQLException {
    each(
        "select seq from state where seq > " + lastSeq,
        r -> "it has a state of turn " + r.getLong(1) + ", after the last, " + lastSeq);
    each(
        "select seq from state where seq > (select coalesce(max(pruned), 0) from meta)"
            + " and seq not in (select seq from turn)",
        r -> "it has a state of turn " + r.getLong(1) + ", and no such turn");
    int[] told = {0};
    new StateHistory(connection)
        .each((seq, failure) -> {
          if (!failure.isEmpty() && told[0]++ < EACH) {
            found(failure, RESTORE);
          }
        });
  }

  private void inbox(List<Sender> received) throws SQLException {
    try (Statement s = connection.createStatement();
        ResultSet r = s.executeQuery("select sender, epoch, low, above from inbox")) {
      while (r.next()) {
        String sender = text(r, 1);
        try {
          ActorId.parse(AppId.DEFAULT_TENANT, sender);
          long highest = above(text(r, 4), r.getLong(3));
          if (r.getLong(2) < 1 || r.getLong(3) < 0) {
            throw new HostException(ErrorCode.DATA_LOSS, "numbers below 1");
          }
          received.add(new Sender(sender, r.getLong(2), Math.max(highest, r.getLong(3) - 1)));
        } catch (HostException e) {
          found(
              "what it says of sender \"" + sender + "\" is malformed: " + e.getMessage(), RESTORE);
        }
      }
    }
  }

  /** The highest number of a watermark's list, or 0. */
  private static long above(String json, long low) {
    long last = low - 1;
    if (!(Json.read(json) instanceof Value.Arr numbers)) {
      throw new HostException(ErrorCode.DATA_LOSS, "above is no list");
    }
    for (Value v : numbers.items()) {
      if (!(v instanceof Value.Int n) || n.value() <= last) {
        throw new HostException(ErrorCode.DATA_LOSS, "above does not rise from low on");
      }
      last = n.value();
    }
    return numbers.items().isEmpty() ? 0 : last;
  }

  private void small() throws SQLException {
    each(
        "select key, seq from idempotency where seq not in (select seq from turn)"
            // What has expired may go in two steps.
            + " and (seq > (select max(seq) from turn) or expires_at > "
            + System.currentTimeMillis()
            + ")",
        r -> "the key of turn " + r.getLong(2) + " has no such turn");
    each(
        "select id from timer where id = '' or due < 0 or target not like '%/%/%'",
        r -> "timer \"" + text(r, 1) + "\" is malformed");
  }

  private void checksums() throws SQLException {
    int[] told = {0};
    new CrcCheck(
            connection,
            wrong -> {
              if (told[0]++ < EACH) {
                found(wrong, RESTORE);
              }
            })
        .run();
  }

  private interface Sentence {
    String of(ResultSet r) throws SQLException;
  }

  private void each(String query, Sentence sentence) throws SQLException {
    String bounded = query.endsWith(" limit 1") ? query : query + " limit " + (EACH + 1);
    try (PreparedStatement s = connection.prepareStatement(bounded);
        ResultSet r = s.executeQuery()) {
      for (int n = 0; r.next(); n++) {
        if (n == EACH) {
          found("there is more of the last kind", RESTORE);
          return;
        }
        found(sentence.of(r), RESTORE);
      }
    }
  }

  private long number(String query) throws SQLException {
    try (Statement s = connection.createStatement();
        ResultSet r = s.executeQuery(query)) {
      return r.next() ? r.getLong(1) : 0;
    }
  }

  private static String text(ResultSet r, int column) throws SQLException {
    String s = r.getString(column);
    return s == null ? "" : s;
  }

  private void found(String what, String remedy) {
    findings.add(Finding.damage(file, what, remedy));
  }
}
