package io.plexspaces.store;

import io.plexspaces.api.MessageId;
import io.plexspaces.api.journal.Recovered;
import io.plexspaces.api.journal.TimerChange;
import io.plexspaces.api.journal.TurnRecord;
import io.plexspaces.api.journal.Watermark;
import io.plexspaces.store.log.LogRecord;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The turns of one actor that are in the log and that its file may not have. What is read of the
 * actor is read through it. Not thread-safe: its owner's lock guards it.
 */
final class Overlay {
  /**
   * A turn that is on disk, but not in the file.
   *
   * @param position in the log; 0 if it is kept elsewhere and the log may forget it
   */
  record Entry(long position, TurnRecord turn) {}

  private final Deque<Entry> entries = new ArrayDeque<>();

  /** Of the turns in {@link #entries}; 0 if there are none. */
  private long epoch;

  boolean isEmpty() {
    return entries.isEmpty();
  }

  int size() {
    return entries.size();
  }

  long epoch() {
    return epoch;
  }

  /** Of the last turn, 0 if there is none. */
  long lastSeq() {
    return entries.isEmpty() ? 0 : entries.getLast().turn().seq();
  }

  /** The turns that the log has, in their order. */
  List<Entry> entries(int most) {
    List<Entry> list = new ArrayList<>(Math.min(most, entries.size()));
    Iterator<Entry> it = entries.iterator();
    while (list.size() < most && it.hasNext()) {
      list.add(it.next());
    }
    return list;
  }

  /** The position of the first entry that the log must keep, 0 if there is none. */
  long firstPosition() {
    for (Entry e : entries) {
      if (e.position() != 0) {
        return e.position();
      }
    }
    return 0;
  }

  /** The turn is on disk in the log. */
  void add(long position, long turnsEpoch, TurnRecord turn) {
    epoch = turnsEpoch;
    entries.add(new Entry(position, turn));
  }

  /**
   * A record found in the log at the start. It may belong to an earlier life of the actor.
   *
   * @return whether it is one of the turns now
   */
  boolean replayed(long position, LogRecord.Turn r) {
    if (!entries.isEmpty()) {
      if (r.epoch() < epoch
          || (r.epoch() == epoch && r.turn().seq() <= entries.getLast().turn().seq())) {
        return false;
      }
      if (r.epoch() > epoch) {
        clear();
      }
    }
    add(position, r.epoch(), r.turn());
    return true;
  }

  /** The file has the first {@code n}. */
  void applied(int n) {
    for (int i = 0; i < n; i++) {
      entries.removeFirst();
    }
  }

  /** The first {@code n} are kept elsewhere: the log may forget them. */
  void keptElsewhere(int n) {
    List<Entry> old = List.copyOf(entries);
    entries.clear();
    for (int i = 0; i < old.size(); i++) {
      entries.add(i < n ? new Entry(0, old.get(i).turn()) : old.get(i));
    }
  }

  /** Turns that were kept elsewhere; those that the log has as well are left out. */
  void addKept(List<LogRecord.Turn> kept) {
    for (LogRecord.Turn t : kept.reversed()) {
      Entry first = entries.peekFirst();
      if (first == null || (t.epoch() == epoch && t.turn().seq() == first.turn().seq() - 1)) {
        epoch = t.epoch();
        entries.addFirst(new Entry(0, t.turn()));
      }
    }
  }

  void clear() {
    entries.clear();
    epoch = 0;
  }

  /** The latest turn for which {@code wanted} holds. */
  @Nullable TurnRecord last(Predicate<TurnRecord> wanted) {
    for (Iterator<Entry> it = entries.descendingIterator(); it.hasNext(); ) {
      TurnRecord t = it.next().turn();
      if (wanted.test(t)) {
        return t;
      }
    }
    return null;
  }

  static Predicate<TurnRecord> handled(MessageId message) {
    return t -> t.repeatable() && t.message().equals(message);
  }

  static Predicate<TurnRecord> under(String key) {
    return t -> key.equals(t.idempotencyKey());
  }

  List<TurnRecord> turns() {
    return entries.stream().map(Entry::turn).toList();
  }

  /** What the turns leave to be done. */
  PendingIndex.Work work() {
    PendingIndex.Work work = PendingIndex.Work.NONE;
    for (Entry e : entries) {
      work = work.and(work(e.turn()));
    }
    return work;
  }

  private static PendingIndex.Work work(TurnRecord t) {
    long due = Long.MAX_VALUE;
    for (TimerChange change : t.timers()) {
      if (change instanceof TimerChange.Set set) {
        due = Math.min(due, set.dueMillis());
      }
    }
    return new PendingIndex.Work(!t.effects().isEmpty(), due);
  }

  /** The watermark of a sender after {@code turn}, which it may know already. */
  static Watermark watermark(Watermark before, String sender, TurnRecord turn) {
    TurnRecord.Received r = turn.received();
    return r != null && r.sender().equals(sender) ? before.with(r) : before;
  }

  /**
   * What is recovered after {@code turns}, which follow what the file has.
   *
   * @param epoch of the journal
   * @param done effects that receivers have taken and the file does not know of
   */
  static Recovered recovered(
      Recovered file, long epoch, List<TurnRecord> turns, Collection<Long> done) {
    Map<Long, TurnRecord.Outgoing> pending = new LinkedHashMap<>();
    file.pending().forEach(e -> pending.put(e.number(), e));
    Map<String, TimerChange.Set> timers = new LinkedHashMap<>();
    file.timers().forEach(t -> timers.put(t.id(), t));
    var state = file.state();
    long lastSeq = file.lastSeq();
    long lastNumber = file.lastNumber();
    for (TurnRecord t : turns) {
      lastSeq = t.seq();
      state = t.state() == null ? state : t.state();
      for (TurnRecord.Outgoing e : t.effects()) {
        pending.put(e.number(), e);
        lastNumber = Math.max(lastNumber, e.number());
      }
      t.undeliverable().forEach(d -> pending.remove(d.number()));
      for (TimerChange change : t.timers()) {
        switch (change) {
          case TimerChange.Set set -> timers.put(set.id(), set);
          case TimerChange.Cancelled c -> timers.remove(c.id());
        }
      }
    }
    done.forEach(pending::remove);
    return new Recovered(
        lastSeq,
        epoch,
        lastNumber,
        state,
        List.copyOf(pending.values()),
        List.copyOf(timers.values()));
  }
}
