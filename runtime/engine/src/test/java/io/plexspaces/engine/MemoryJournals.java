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
import io.plexspaces.api.journal.TurnRecord.Outgoing;
import io.plexspaces.api.journal.Watermark;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Journals in memory whose commits happen when the test says so. As strict as real ones: turns and
 * effects are numbered without gaps, nothing is received twice, only what is pending can be a dead
 * letter, and a journal is open once.
 */
final class MemoryJournals implements JournalStore {
  private final Map<ActorId, File> files = new ConcurrentHashMap<>();
  private final Map<ActorId, Long> epochs = new ConcurrentHashMap<>();
  private final Set<ActorId> failOnce = ConcurrentHashMap.newKeySet();
  private final List<String> faults = new ArrayList<>();
  private volatile boolean full;
  private volatile boolean onlyWork;
  private final AtomicInteger refused = new AtomicInteger();
  private boolean held;

  static final class File {
    final long epoch;
    final List<TurnRecord> turns = new ArrayList<>();
    final Set<Long> done = new HashSet<>();
    final Map<Long, String> dead = new TreeMap<>();
    final Map<String, Watermark> inbox = new LinkedHashMap<>();
    final Set<String> expired = new HashSet<>();
    boolean open;

    File(long epoch) {
      this.epoch = epoch;
    }

    Stream<Outgoing> effects() {
      return turns.stream().flatMap(t -> t.effects().stream());
    }

    List<Outgoing> pending() {
      return effects()
          .filter(e -> !done.contains(e.number()) && !dead.containsKey(e.number()))
          .toList();
    }

    List<TimerChange.Set> timers() {
      Map<String, TimerChange.Set> set = new TreeMap<>();
      for (TurnRecord t : turns) {
        for (TimerChange c : t.timers()) {
          switch (c) {
            case TimerChange.Set s -> set.put(s.id(), s);
            case TimerChange.Cancelled(String id) -> set.remove(id);
          }
        }
      }
      return List.copyOf(set.values());
    }

    long nextDue() {
      return timers().stream().mapToLong(TimerChange.Set::dueMillis).min().orElse(Long.MAX_VALUE);
    }

    private void add(TurnRecord turn) {
      turns.add(turn);
      TurnRecord.Received r = turn.received();
      if (r != null) {
        inbox.merge(r.sender(), Watermark.NONE.with(r), (old, fresh) -> old.with(r));
      }
      turn.undeliverable().forEach(d -> dead.put(d.number(), d.reason()));
    }

    /** Why a real journal would have to be broken to hold this; null if it would not. */
    private @Nullable String fault(TurnRecord turn) {
      if (turn.seq() != turns.size() + 1) {
        return "turn " + turn.seq() + " after " + turns.size();
      }
      long last = effects().mapToLong(Outgoing::number).max().orElse(0);
      for (Outgoing e : turn.effects()) {
        if (e.number() != ++last) {
          return "effect " + e.number() + " where " + last + " was due";
        }
      }
      TurnRecord.Received r = turn.received();
      if (r != null
          && (r.low() > r.number() || inbox.getOrDefault(r.sender(), Watermark.NONE).covers(r))) {
        return "received twice: " + r;
      }
      for (TurnRecord.DeadLetter d : turn.undeliverable()) {
        if (pending().stream().noneMatch(e -> e.number() == d.number())) {
          return "a dead letter that is not pending: " + d;
        }
      }
      return null;
    }

    private File copy(boolean withTicks) {
      File f = new File(epoch);
      turns.forEach(f::add);
      f.expired.addAll(expired);
      if (withTicks) {
        f.done.addAll(done);
      }
      return f;
    }
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
    while (true) {
      Waiting w;
      synchronized (this) {
        w = waiting.poll();
        if (w == null) {
          held = false; // not before: what comes meanwhile must not overtake
          return;
        }
      }
      commit(w.file, w.turn, w.listener);
    }
  }

  private void commit(File file, TurnRecord turn, CommitListener listener) {
    String fault;
    synchronized (file) {
      fault = file.fault(turn);
      if (fault == null) {
        file.add(turn);
      }
    }
    if (fault != null) {
      synchronized (faults) {
        faults.add(fault);
      }
    }
    listener.committed(
        fault == null ? null : new HostException(ErrorCode.FAILED_PRECONDITION, fault));
  }

  /** What should never have been appended. */
  List<String> faults() {
    synchronized (faults) {
      return List.copyOf(faults);
    }
  }

  /** How many appends have failed. */
  int refusedAppends() {
    return refused.get();
  }

  /** From now on only actors that have something to send count as such, as on a real disk. */
  void forgetPendingEffects() {
    onlyWork = true;
  }

  /** The reminders that the committed turns leave. */
  List<TimerChange.Set> timers(ActorId id) {
    File f = file(id);
    synchronized (f) {
      return f.timers();
    }
  }

  /** The next append of this actor fails. */
  void failOnce(ActorId actor) {
    failOnce.add(actor);
  }

  /** From now on every append fails, or none. */
  void full(boolean yes) {
    full = yes;
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

  /**
   * What a process that was killed now would leave.
   *
   * @param withTicks whether it was written down what receivers have
   */
  MemoryJournals image(boolean withTicks) {
    MemoryJournals copy = new MemoryJournals();
    files.forEach((id, f) -> {
      synchronized (f) {
        copy.files.put(id, f.copy(withTicks));
      }
    });
    copy.epochs.putAll(epochs);
    return copy;
  }

  /** As if the retention of every key had passed. */
  void expireKeys(ActorId id) {
    File f = file(id);
    synchronized (f) {
      f.turns.forEach(t -> f.expired.add(t.idempotencyKey() + " " + t.seq()));
    }
  }

  List<TurnRecord> turns(ActorId id) {
    File f = file(id);
    synchronized (f) {
      return List.copyOf(f.turns);
    }
  }

  /** Effects that their receivers have, as {@code turn.n}. */
  Set<String> done(ActorId id) {
    File f = file(id);
    synchronized (f) {
      Set<String> all = new HashSet<>();
      for (TurnRecord t : f.turns) {
        for (Outgoing e : t.effects()) {
          if (f.done.contains(e.number())) {
            all.add(t.seq() + "." + e.n());
          }
        }
      }
      return all;
    }
  }

  List<Outgoing> pending(ActorId id) {
    File f = file(id);
    synchronized (f) {
      return f.pending();
    }
  }

  /** Reasons by the effect's number. */
  Map<Long, String> dead(ActorId id) {
    File f = file(id);
    synchronized (f) {
      return Map.copyOf(f.dead);
    }
  }

  void forgetDone(ActorId id) {
    File f = file(id);
    synchronized (f) {
      f.done.clear();
    }
  }

  private File file(ActorId id) {
    return files.computeIfAbsent(id, k -> new File(epochs.getOrDefault(k, 1L)));
  }

  @Override
  public Journal journal(ActorId actor, JournalOptions options) {
    File f = file(actor);
    synchronized (f) {
      if (f.open) {
        throw new IllegalStateException("the journal of " + actor + " is open already");
      }
      f.open = true;
    }
    return new MemoryJournal(actor, f);
  }

  private final class MemoryJournal implements Journal {
    private final ActorId actor;
    private final File f;
    private volatile boolean closed;

    MemoryJournal(ActorId actor, File f) {
      this.actor = actor;
      this.f = f;
    }

    @Override
    public Recovered recover() {
      synchronized (f) {
        Payload state = null;
        for (TurnRecord t : f.turns) {
          state = t.state() == null ? state : t.state();
        }
        return new Recovered(
            f.turns.size(),
            f.epoch,
            f.effects().mapToLong(Outgoing::number).max().orElse(0),
            state,
            f.pending(),
            f.timers());
      }
    }

    @Override
    public void append(TurnRecord turn, CommitListener listener) {
      if (closed) {
        throw new HostException(ErrorCode.UNAVAILABLE, "the journal is closed");
      }
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
      return findRequest(message).map(IdempotentResult::outcome);
    }

    @Override
    public Optional<IdempotentResult> findRequest(MessageId message) {
      synchronized (f) {
        return f.turns.reversed().stream()
            .filter(t -> t.repeatable() && t.message().equals(message))
            .map(t -> new IdempotentResult(digest(t), t.outcome()))
            .findFirst();
      }
    }

    private static String digest(TurnRecord t) {
      return Digests.sha256(
          t.op().getBytes(StandardCharsets.UTF_8), new byte[] {0}, t.input().bytes());
    }

    @Override
    public Optional<IdempotentResult> findIdempotent(String key) {
      synchronized (f) {
        return f.turns.reversed().stream()
            .filter(t -> key.equals(t.idempotencyKey()) && !f.expired.contains(key + " " + t.seq()))
            .map(t -> new IdempotentResult(Objects.requireNonNull(t.requestDigest()), t.outcome()))
            .findFirst();
      }
    }

    @Override
    public Watermark watermark(String sender) {
      Watermark mark;
      synchronized (f) {
        mark = f.inbox.getOrDefault(sender, Watermark.NONE);
      }
      synchronized (MemoryJournals.this) {
        for (Waiting w : waiting) {
          TurnRecord.Received r = w.turn.received();
          if (w.file == f && r != null && r.sender().equals(sender)) {
            mark = mark.with(r);
          }
        }
      }
      return mark;
    }

    @Override
    public void effectDone(long number) {
      synchronized (f) {
        f.done.add(number);
      }
    }

    @Override
    public void close() {
      closed = true;
      synchronized (f) {
        f.open = false;
      }
    }
  }

  @Override
  public List<Pending> pending(AppId app) {
    List<Pending> all = new ArrayList<>();
    for (ActorId a : actors(app)) {
      File f = file(a);
      synchronized (f) {
        boolean effects = !onlyWork || !f.pending().isEmpty();
        if (effects || f.nextDue() != Long.MAX_VALUE) {
          all.add(new Pending(a, effects, f.nextDue()));
        }
      }
    }
    return all;
  }

  @Override
  public List<ActorId> actors(AppId app) {
    return files.keySet().stream().filter(a -> a.app().equals(app)).toList();
  }

  @Override
  public boolean delete(ActorId actor) {
    File f = files.get(actor);
    if (f == null) {
      return false;
    }
    synchronized (f) {
      if (f.open) {
        throw new HostException(ErrorCode.FAILED_PRECONDITION, actor + " has its journal open");
      }
    }
    files.remove(actor);
    epochs.merge(actor, 2L, (old, two) -> old + 1);
    return !f.turns.isEmpty();
  }

  @Override
  public void purge(AppId app) {
    files.keySet().removeIf(a -> a.app().equals(app));
  }

  @Override
  public void close() {}
}
