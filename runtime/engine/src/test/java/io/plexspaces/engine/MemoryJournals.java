package io.plexspaces.engine;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.journal.CommitListener;
import io.plexspaces.api.journal.IdempotentResult;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.JournalOptions;
import io.plexspaces.api.journal.JournalStore;
import io.plexspaces.api.journal.Recovered;
import io.plexspaces.api.journal.TimerChange;
import io.plexspaces.api.journal.TurnOutcome;
import io.plexspaces.api.journal.TurnRecord;
import io.plexspaces.api.journal.Watermark;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Journals in memory whose commits happen when the test says so. */
final class MemoryJournals implements JournalStore {
  private final Map<ActorId, File> files = new ConcurrentHashMap<>();
  private final Set<ActorId> failOnce = ConcurrentHashMap.newKeySet();
  private boolean held;
  private volatile boolean full;
  private volatile boolean onlyWork;
  private final AtomicInteger refused = new AtomicInteger();

  static final class File {
    final List<TurnRecord> turns = new ArrayList<>();
    final Set<String> done = new HashSet<>();
  }

  private record Waiting(File file, TurnRecord turn, CommitListener listener) {}

  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();

  /** From now on appends wait for {@link #release} or {@link #fail}. */
  synchronized void hold() {
    held = true;
  }

  synchronized int waitingCommits() {
    return waiting.size();
  }

  void release() {
    List<Waiting> all;
    synchronized (this) {
      held = false;
      all = List.copyOf(waiting);
      waiting.clear();
    }
    all.forEach(w -> {
      synchronized (w.file) {
        w.file.turns.add(w.turn);
      }
      w.listener.committed(null);
    });
  }

  /** As strict as a real journal: no gaps, no message twice. */
  private static void commit(File file, TurnRecord turn, CommitListener listener) {
    HostException refused = null;
    synchronized (file) {
      long last = file.turns.isEmpty() ? 0 : file.turns.getLast().seq();
      if (turn.seq() != last + 1) {
        refused = new HostException(ErrorCode.FAILED_PRECONDITION, "turn " + turn.seq());
      } else if (file.turns.stream().anyMatch(t -> t.message().equals(turn.message()))) {
        refused = new HostException(ErrorCode.ALREADY_EXISTS, "message " + turn.message());
      } else {
        file.turns.add(turn);
      }
    }
    listener.committed(refused);
  }

  /** From now on every append fails, or none any more. */
  void full(boolean yes) {
    full = yes;
  }

  /** How many appends have failed. */
  int refusedAppends() {
    return refused.get();
  }

  /** From now on an actor counts as one that has sent everything, as it does on a real disk. */
  void forgetPendingEffects() {
    onlyWork = true;
  }

  private boolean hasEffects(ActorId actor) {
    return !onlyWork || !journal(actor, JournalOptions.DEFAULT).recover().pending().isEmpty();
  }

  /** The reminders that the committed turns leave. */
  List<TimerChange.Set> timers(ActorId id) {
    File f = file(id);
    synchronized (f) {
      return timers(f);
    }
  }

  private static List<TimerChange.Set> timers(File f) {
    Map<String, TimerChange.Set> set = new TreeMap<>();
    for (TurnRecord t : f.turns) {
      for (TimerChange c : t.timers()) {
        switch (c) {
          case TimerChange.Set s -> set.put(s.id(), s);
          case TimerChange.Cancelled(String id) -> set.remove(id);
        }
      }
    }
    return List.copyOf(set.values());
  }

  private static long nextDue(File f) {
    synchronized (f) {
      return timers(f).stream().mapToLong(TimerChange.Set::dueMillis).min().orElse(Long.MAX_VALUE);
    }
  }

  /** The next append of this actor fails. */
  void failOnce(ActorId actor) {
    failOnce.add(actor);
  }

  void fail() {
    List<Waiting> all;
    synchronized (this) {
      held = false;
      all = List.copyOf(waiting);
      waiting.clear();
    }
    all.forEach(
        w -> w.listener.committed(new HostException(ErrorCode.UNAVAILABLE, "the disk is full")));
  }

  List<TurnRecord> turns(ActorId id) {
    File f = file(id);
    synchronized (f) {
      return List.copyOf(f.turns);
    }
  }

  Set<String> done(ActorId id) {
    File f = file(id);
    synchronized (f) {
      return Set.copyOf(f.done);
    }
  }

  void forgetDone(ActorId id) {
    File f = file(id);
    synchronized (f) {
      f.done.clear();
    }
  }

  private File file(ActorId id) {
    return files.computeIfAbsent(id, k -> new File());
  }

  @Override
  public Journal journal(ActorId actor, JournalOptions options) {
    File f = file(actor);
    return new Journal() {
      @Override
      public Recovered recover() {
        synchronized (f) {
          if (f.turns.isEmpty()) {
            return Recovered.NONE;
          }
          Payload state = null;
          List<TurnRecord.Outgoing> pending = new ArrayList<>();
          for (TurnRecord t : f.turns) {
            state = t.state() == null ? state : t.state();
            for (TurnRecord.Outgoing e : t.effects()) {
              if (!f.done.contains(t.seq() + "." + e.n())) {
                pending.add(e);
              }
            }
          }
          long number =
              f.turns.stream()
                  .flatMap(t -> t.effects().stream())
                  .mapToLong(TurnRecord.Outgoing::number)
                  .max()
                  .orElse(0);
          return new Recovered(f.turns.getLast().seq(), 1, number, state, pending, timers(f));
        }
      }

      @Override
      public void append(TurnRecord turn, CommitListener listener) {
        if (full || failOnce.remove(actor)) {
          refused.incrementAndGet();
          listener.committed(new HostException(ErrorCode.UNAVAILABLE, "the disk is full"));
          return;
        }
        synchronized (MemoryJournals.this) {
          if (held) {
            waiting.add(new Waiting(f, turn, listener));
            return;
          }
        }
        commit(f, turn, listener);
      }

      @Override
      public Optional<TurnOutcome> findTurn(MessageId message) {
        synchronized (f) {
          return f.turns.stream()
              .filter(t -> t.message().equals(message))
              .map(TurnRecord::outcome)
              .findFirst();
        }
      }

      @Override
      public Optional<IdempotentResult> findIdempotent(String key) {
        synchronized (f) {
          return f.turns.stream()
              .filter(t -> key.equals(t.idempotencyKey()))
              .map(t -> new IdempotentResult(String.valueOf(t.requestDigest()), t.outcome()))
              .findFirst();
        }
      }

      @Override
      public Watermark watermark(String sender) {
        return Watermark.NONE;
      }

      @Override
      public void effectDone(long number) {
        synchronized (f) {
          f.turns.stream()
              .flatMap(t ->
                  t.effects().stream()
                      .filter(e -> e.number() == number)
                      .map(e -> t.seq() + "." + e.n()))
              .forEach(f.done::add);
        }
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public List<Pending> pending(AppId app) {
    return actors(app).stream().map(a -> new Pending(a, hasEffects(a), nextDue(file(a)))).toList();
  }

  @Override
  public List<ActorId> actors(AppId app) {
    return files.keySet().stream().filter(a -> a.app().equals(app)).toList();
  }

  @Override
  public boolean delete(ActorId actor) {
    return files.remove(actor) != null;
  }

  @Override
  public void purge(AppId app) {
    files.keySet().removeIf(a -> a.app().equals(app));
  }

  @Override
  public void close() {}
}
