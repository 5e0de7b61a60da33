package io.plexspaces.system.crash;

import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Compares what the clients were told with what the files of a stopped bank say, after every
 * request was answered and no message is under way. Knows nothing of engine and store.
 */
final class Checker {
  /** A change of one account. */
  private record Move(String account, Books.Row row, long amount) {}

  private final Books books;
  private final ClientLog log;
  private final List<String> violations = new ArrayList<>();
  private final Map<String, List<Move>> debits = new HashMap<>();
  private final Map<String, List<Move>> credits = new HashMap<>();
  private final Map<String, List<Move>> refusals = new HashMap<>();
  private final Map<String, List<Move>> accepted = new HashMap<>();
  private final Map<String, List<Bank.Standing>> standings = new HashMap<>();
  private final Map<String, List<Books.Row>> changes = new HashMap<>();
  private long money;

  private Checker(Books books, ClientLog log) {
    this.books = books;
    this.log = log;
  }

  /** All that is wrong; nothing if all is well. */
  static List<String> check(Path data, ClientLog log) throws IOException {
    Books books = Books.read(data);
    Checker c = new Checker(books, log);
    c.violations.addAll(books.damages());
    for (int i = 0; i < Bank.ACCOUNTS; i++) {
      c.account(Bank.account(i));
    }
    if (c.money != Bank.ALL_MONEY) {
      c.violations.add("there is " + c.money + " in all accounts, not " + Bank.ALL_MONEY);
    }
    log.meant().forEach(c::request);
    c.debits.keySet().forEach(c::meant);
    c.refusals.keySet().forEach(c::meant);
    c.credits.forEach(c::arrived);
    log.seen().forEach(c::saw);
    return c.violations;
  }

  /** Follows an account from its first turn to its last. */
  private void account(String account) {
    Books.Journal j = books.journals().get(account);
    List<Bank.Standing> history = new ArrayList<>(List.of(Bank.Standing.NEW));
    List<Books.Row> rows = new ArrayList<>();
    standings.put(account, history);
    changes.put(account, rows);
    if (j == null) {
      money += Bank.OPENING;
      return;
    }
    long seq = 0;
    for (Books.Row r : j.rows()) {
      if (r.seq() != ++seq) {
        violations.add(account + ": turn " + r.seq() + " where " + seq + " should be");
        seq = r.seq();
      }
      change(account, r, history, rows);
    }
    Bank.Standing last = history.getLast();
    money += last.balance();
    if (last.balance() < 0) {
      violations.add(account + " has less than nothing");
    }
    j.state()
        .filter(s -> !s.equals(last.payload().text()))
        .ifPresent(
            s -> violations.add(account + " has the state " + s + ", its turns say " + last));
    if (j.pending() > 0) {
      violations.add(account + " has " + j.pending() + " messages that nobody has taken");
    }
    if (j.dead() > 0) {
      violations.add(account + " has " + j.dead() + " dead letters");
    }
  }

  private void change(
      String account, Books.Row r, List<Bank.Standing> history, List<Books.Row> rows) {
    if (r.kind().equals("accept")) {
      accepted
          .computeIfAbsent(r.input().string("id", ""), _ -> new ArrayList<>())
          .add(new Move(account, r, 0));
    }
    if (!r.ran()) {
      return; // what was taken in, a timer that fell due, ..: what comes of it is a turn too
    }
    boolean debit = Bank.DEBITS.contains(r.op());
    if (!debit && !r.op().equals(Bank.CREDIT) && !r.op().equals(Bank.COLLECT)) {
      violations.add(account + ": turn " + r.seq() + " does " + r.op() + ", which changes nothing");
      return;
    }
    Value.Obj reply = Json.readObject(r.reply().getBytes(StandardCharsets.UTF_8));
    Value.Obj what = r.op().equals(Bank.COLLECT) ? reply : r.input();
    String id = what.string("id", "");
    long amount = what.integer("amount", 0);
    if (id.isEmpty() && r.op().equals(Bank.COLLECT)) {
      requireSame(account, r, history.getLast(), reply); // there was nothing to collect
      return;
    }
    Map<String, List<Move>> kind = !r.done() ? refusals : debit ? debits : credits;
    kind.computeIfAbsent(id, _ -> new ArrayList<>()).add(new Move(account, r, amount));
    if (!r.done()) {
      return;
    }
    Bank.Standing now = history.getLast().changed(id, debit ? -amount : amount);
    requireSame(account, r, now, reply);
    history.add(now);
    rows.add(r);
  }

  private void requireSame(String account, Books.Row r, Bank.Standing now, Value.Obj reply) {
    if (!now.equals(Bank.Standing.of(reply))) {
      violations.add(
          account + ": turn " + r.seq() + " answered " + r.reply() + ", its history says " + now);
    }
  }

  /** What a client meant to do is done once, as it was told. */
  private void request(ClientLog.Meant m) {
    List<Move> done = debits.getOrDefault(m.key(), List.of());
    List<Move> refused = refusals.getOrDefault(m.key(), List.of());
    ClientLog.Told told = log.told(m.key());
    if (done.size() + refused.size() != 1) {
      violations.add(
          m.key()
              + (told == null ? "" : ", answered " + told.text() + ",")
              + " was done "
              + done.size()
              + " times and refused "
              + refused.size()
              + " times");
      return;
    }
    Move move = done.isEmpty() ? refused.getFirst() : done.getFirst();
    if (!move.account().equals(m.account()) || !asMeant(m, move.row())) {
      violations.add(m.key() + " is not what was meant: " + move);
    }
    if (told == null) {
      violations.add(m.key() + " was not answered");
    } else if (m.sent()) {
      taken(told);
    } else if (told.done() == done.isEmpty()
        || (told.done() && !told.text().equals(move.row().reply()))) {
      violations.add(m.key() + " was answered " + told.text() + "; the journal says " + move);
    } else if (lifeOf(move.row().at()) > told.life()) {
      violations.add(m.key() + " was answered before it was done: " + move);
    }
    if (!done.isEmpty()) {
      sent(m, done.getFirst());
    }
  }

  /** What a client has sent was taken in once, before the client was told. */
  private void taken(ClientLog.Told told) {
    List<Move> taken = accepted.getOrDefault(told.key(), List.of());
    if (taken.size() != 1) {
      violations.add(told.key() + " was taken in " + taken.size() + " times");
    } else if (lifeOf(taken.getFirst().row().at()) > told.life()) {
      violations.add(told.key() + " was answered before it was taken in: " + taken.getFirst());
    }
  }

  private static boolean asMeant(ClientLog.Meant m, Books.Row r) {
    return r.op().equals(m.op()) && r.input().equals(m.payload().value());
  }

  /** What left an account is at its receiver, once, and not before it had left. */
  private void sent(ClientLog.Meant m, Move debit) {
    List<Move> arrived = credits.getOrDefault(m.key(), List.of());
    if (arrived.size() != 1) {
      violations.add(m.key() + " arrived " + arrived.size() + " times");
      return;
    }
    Move credit = arrived.getFirst();
    String to = ((Value.Obj) m.payload().value()).string("to", "");
    if (!credit.account().equals(to) || credit.amount() != debit.amount()) {
      violations.add(m.key() + " arrived as " + credit);
    }
    if (lifeOf(credit.row().at()) < lifeOf(debit.row().at())) {
      violations.add(m.key() + " arrived before it had left: " + credit + ", " + debit);
    }
  }

  private void meant(String id) {
    if (log.meant(id) == null) {
      violations.add(id + " was asked for by nobody");
    }
  }

  private void arrived(String id, List<Move> moves) {
    if (!debits.containsKey(id)) {
      violations.add(id + " came from nowhere: " + moves);
    }
  }

  /** What was read is what the account was, and was on disk when it was read. */
  private void saw(ClientLog.Saw s) {
    Bank.Standing then =
        Bank.Standing.of(Json.readObject(s.reply().getBytes(StandardCharsets.UTF_8)));
    List<Bank.Standing> history = standings.getOrDefault(s.account(), List.of());
    int n = Math.toIntExact(then.changes());
    if (n >= history.size() || !history.get(n).equals(then)) {
      violations.add(s.account() + " was seen as " + then + ", which it never was");
    } else if (n > 0 && lifeOf(at(s.account(), n)) > s.life()) {
      violations.add(s.account() + " was seen as " + then + " before it was");
    }
  }

  private long at(String account, int change) {
    return changes.getOrDefault(account, List.of()).get(change - 1).at();
  }

  /** Which of the nodes was there then. */
  private int lifeOf(long millis) {
    int life = 0;
    while (life + 1 < log.lives().size() && log.lives().get(life + 1) <= millis) {
      life++;
    }
    return life;
  }
}
