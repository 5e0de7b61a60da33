package io.plexspaces.store;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.HostException;
import io.plexspaces.api.upkeep.Finding;
import io.plexspaces.api.upkeep.Verification.Result;
import io.plexspaces.api.upkeep.Verification.Scope;
import io.plexspaces.store.log.LogRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Verifies journals and, where everything is meant, what lies beside them. One run; platform
 * threads.
 */
final class NodeCheck {
  private static final String SUFFIX = ".db";

  /** The index is written some time after a file, while a node runs. */
  private static final int LOOKS = 5;

  private final DataDirectory data;
  private final JournalTree tree;
  private final StoreUpkeep.Access access;
  private final List<Finding> findings = new ArrayList<>();

  /** The journals that other journals' inboxes made us look at. */
  private final Map<Path, Optional<JournalFacts>> senders = new HashMap<>();

  NodeCheck(DataDirectory data, JournalTree tree, StoreUpkeep.Access access) {
    this.data = data;
    this.tree = tree;
    this.access = access;
  }

  Result run(Scope scope) {
    boolean first = scope.after().isEmpty();
    LogContents log = access.log();
    if (first && scope.app() == null) {
      findings.addAll(log.findings());
      new SideFilesCheck(data, access, findings).run();
    }
    List<Path> all = journals(scope, first);
    int begin = 0;
    while (begin < all.size() && shown(all.get(begin)).compareTo(scope.after()) <= 0) {
      begin++;
    }
    int end = Math.min(all.size(), begin + scope.limit());
    PendingNames pending = end > begin ? PendingNames.read(data, access) : PendingNames.NONE;
    for (Path file : all.subList(begin, end)) {
      journal(file, pending, log);
    }
    if (end == all.size()) {
      missing(scope, log, pending);
    }
    return new Result(
        findings, end - begin, all.size(), end < all.size() ? shown(all.get(end - 1)) : "");
  }

  /** The journals of a scope by file, and what lies between them and is none. */
  private List<Path> journals(Scope scope, boolean first) {
    AppId app = scope.app();
    if (app != null && scope.actor() != null) {
      ActorId actor = ActorId.parse(app.tenant(), app.name() + "/" + scope.actor());
      Path file = tree.path(actor);
      return Files.exists(file) ? List.of(file) : List.of();
    }
    Path root = app == null ? data.journals() : FileNames.directory(data.journals(), app);
    List<Path> files = new ArrayList<>();
    try {
      for (Path f : LiveTree.files(root)) {
        String name = String.valueOf(f.getFileName());
        if (name.endsWith(SUFFIX) && data.journals().relativize(f).getNameCount() == 4) {
          files.add(f);
        } else if (first) {
          strange(f, name);
        }
      }
    } catch (IOException e) {
      findings.add(
          Finding.damage(
              shown(root), "it cannot be read: " + e.getMessage(), "check its permissions"));
    }
    files.sort((a, b) -> shown(a).compareTo(shown(b)));
    return files;
  }

  /** A WAL without its file holds turns that nobody finds. */
  private void strange(Path f, String name) {
    if (name.endsWith(".new") || name.endsWith("-shm") || name.endsWith(Unapplied.SUFFIX)) {
      return; // left by a crash, and made anew; or seen with its journal
    }
    boolean wal = name.endsWith(SUFFIX + "-wal");
    Path main = f.resolveSibling(wal ? name.substring(0, name.length() - 4) : name);
    if (wal && Files.exists(main)) {
      return;
    }
    try {
      if (wal && Files.size(f) > 0) {
        findings.add(
            Finding.damage(
                shown(f),
                "it holds turns of a journal that is missing: " + main.getFileName(),
                "restore that journal from a backup"));
      } else if (!wal) {
        findings.add(
            Finding.note(shown(f), "it is no file of a node", "move it away if nobody needs it"));
      }
    } catch (NoSuchFileException gone) {
      // A node closes and deletes journals meanwhile.
    } catch (IOException e) {
      findings.add(Finding.note(shown(f), "it cannot be read: " + e.getMessage(), "look at it"));
    }
  }

  private void journal(Path file, PendingNames pending, LogContents log) {
    ActorId expected = expected(file);
    String name = shown(file);
    JournalCheck.Outcome o = check(file, expected);
    findings.addAll(o.findings());
    ActorId owner = o.owner();
    if (owner == null || (expected != null && !owner.equals(expected))) {
      return;
    }
    if (expected == null && !tree.path(owner).equals(file)) {
      findings.add(
          Finding.damage(
              name,
              "it holds the journal of " + owner + ", whose place is " + shown(tree.path(owner)),
              "move it there, or " + JournalCheck.RESTORE));
      return;
    }
    List<LogContents.Run> beyond = new ArrayList<>(unapplied(file, name));
    beyond.addAll(log.turns().getOrDefault(owner, List.of()));
    follows(name, o, beyond);
    if (o.work()
        && !pending.covers(owner)
        && !log.turns().containsKey(owner)
        && isForgotten(owner, file)) {
      findings.add(
          Finding.damage(
              "pending.db",
              "it does not name " + owner + ", which has undelivered effects or timers",
              "delete pending.db while no node runs: it is rebuilt at the next start"));
    }
    for (JournalCheck.Sender s : o.received()) {
      sender(name, owner, s);
    }
  }

  /** Turns that the file could not take, and that are kept beside it. */
  private List<LogContents.Run> unapplied(Path file, String name) {
    if (!Unapplied.exists(file)) {
      return List.of();
    }
    try {
      List<LogRecord.Turn> turns = Unapplied.read(file);
      findings.add(
          Finding.note(
              name + Unapplied.SUFFIX,
              "it keeps " + turns.size() + " turns that the journal could not take",
              "the node takes them over when the journal is in order and its actor is active"));
      return turns.isEmpty()
          ? List.of()
          : List.of(
              new LogContents.Run(
                  turns.getFirst().epoch(),
                  turns.getFirst().turn().seq(),
                  turns.getLast().turn().seq()));
    } catch (HostException e) {
      findings.add(Finding.damage(name + Unapplied.SUFFIX, "it is damaged", JournalCheck.RESTORE));
      return List.of();
    }
  }

  /** The log goes on where the file ends. */
  private void follows(String name, JournalCheck.Outcome o, List<LogContents.Run> runs) {
    long last = o.lastSeq();
    for (LogContents.Run run : runs) {
      if (run.epoch() == o.epoch() && run.first() > last + 1) {
        findings.add(
            Finding.damage(
                name,
                "it ends with turn "
                    + last
                    + ", and the commit log goes on with turn "
                    + run.first(),
                JournalCheck.RESTORE));
        return;
      }
      if (run.epoch() > o.epoch()) {
        return; // deleted and begun anew: the file is of the life before
      }
      last = run.epoch() == o.epoch() ? Math.max(last, run.last()) : last;
    }
  }

  /**
   * Whether a journal has work that the index does not name. An actor is named from before it has
   * work until after; while a node runs, each look sees another moment, so it takes several.
   */
  private boolean isForgotten(ActorId owner, Path file) {
    for (int look = 0; look < LOOKS; look++) {
      if (look > 0 && access.running()) {
        pause();
      }
      if (PendingNames.read(data, access).covers(owner) || !check(file, owner).work()) {
        return false;
      }
    }
    return true;
  }

  private static void pause() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private JournalCheck.Outcome check(Path file, @Nullable ActorId expected) {
    String name = shown(file);
    try (Connection c = access.open(file)) {
      return new JournalCheck(c, name).run(expected);
    } catch (SQLException e) {
      if (access.running() && !Files.exists(file)) {
        return new JournalCheck.Outcome(List.of(), null, 0, 0, 0, false, List.of()); // deleted now
      }
      String message = SqliteErrors.of(Path.of(name), e).error().message();
      Finding f =
          Finding.damage(name, message.substring(name.length()).strip(), JournalCheck.RESTORE);
      return new JournalCheck.Outcome(List.of(f), null, 0, 0, 0, false, List.of());
    }
  }

  /** What a journal says of itself, for those that received from it. */
  private record JournalFacts(long epoch, long lastNumber) {}

  private void sender(String file, ActorId receiver, JournalCheck.Sender s) {
    ActorId sender = ActorId.parse(receiver.app().tenant(), s.address());
    Path path = tree.path(sender);
    Optional<JournalFacts> facts = senders.computeIfAbsent(path, p -> facts(p));
    if (!Files.exists(path)) {
      findings.add(
          Finding.note(
              shown(path),
              receiver.address()
                  + " has received messages of "
                  + s.address()
                  + ", which has no journal: it was deleted, or its file is lost",
              "if nobody deleted it, restore it from a backup"));
      return;
    }
    facts.ifPresent(f -> {
      if (f.epoch() < s.epoch() || (f.epoch() == s.epoch() && f.lastNumber() < s.number())) {
        findings.add(
            Finding.damage(
                shown(path),
                receiver.address()
                    + " has received message "
                    + s.number()
                    + " of epoch "
                    + s.epoch()
                    + " from it, and it has sent "
                    + f.lastNumber()
                    + " in epoch "
                    + f.epoch()
                    + ": it is older than "
                    + file,
                "restore all journals from one backup"));
      }
    });
  }

  private Optional<JournalFacts> facts(Path path) {
    if (!Files.exists(path)) {
      return Optional.empty();
    }
    try (Connection c = access.open(path);
        var s = c.createStatement();
        var r =
            s.executeQuery(
                "select (select epoch from meta), (select coalesce(max(number), 0) from effect)")) {
      return r.next()
          ? Optional.of(new JournalFacts(r.getLong(1), r.getLong(2)))
          : Optional.empty();
    } catch (SQLException e) {
      return Optional.empty(); // told where the file itself is verified
    }
  }

  /** Journals that the index or the log names, and that are not there. */
  private void missing(Scope scope, LogContents log, PendingNames pending) {
    Set<ActorId> told = new HashSet<>();
    log.turns()
        .forEach((actor, runs) -> {
          LogContents.Run first = runs.getFirst();
          if (inScope(scope, actor)
              && first.first() > 1
              && !Files.exists(tree.path(actor))
              && told.add(actor)) {
            findings.add(
                Finding.damage(
                    shown(tree.path(actor)),
                    "it is missing, and the commit log goes on with its turn " + first.first(),
                    "restore it from a backup"));
          }
        });
    for (ActorId actor : pending.names()) {
      if (inScope(scope, actor)
          && !Files.exists(tree.path(actor))
          && !log.turns().containsKey(actor)
          && told.add(actor)) {
        findings.add(
            Finding.note(
                shown(tree.path(actor)),
                "it is missing, and pending.db says that it may have work to do: it never had a"
                    + " turn, or its file is lost",
                "if the actor is known to have lived, restore it from a backup"));
      }
    }
  }

  private static boolean inScope(Scope scope, ActorId actor) {
    AppId app = scope.app();
    return app == null
        || (actor.app().equals(app)
            && (scope.actor() == null || actor.localAddress().equals(scope.actor())));
  }

  /** Whose journal belongs here; null where the key was cut. */
  private @Nullable ActorId expected(Path file) {
    Path p = data.journals().relativize(file);
    String name = p.getName(3).toString();
    Optional<String> tenant = FileNames.decode(p.getName(0).toString());
    Optional<String> app = FileNames.decode(p.getName(1).toString());
    Optional<String> type = FileNames.decode(p.getName(2).toString());
    Optional<String> key = FileNames.decode(name.substring(0, name.length() - SUFFIX.length()));
    if (tenant.isEmpty() || app.isEmpty() || type.isEmpty() || key.isEmpty()) {
      return null;
    }
    try {
      return new ActorId(new AppId(tenant.get(), app.get()), type.get(), key.get());
    } catch (HostException e) {
      return null;
    }
  }

  private String shown(Path file) {
    return StoreUpkeep.shown(data.root(), file);
  }
}
