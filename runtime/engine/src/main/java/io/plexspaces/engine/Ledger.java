package io.plexspaces.engine;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.JournalOptions;
import io.plexspaces.api.journal.Recovered;
import io.plexspaces.api.journal.TurnRecord;
import io.plexspaces.api.journal.TurnRecord.Outgoing;
import io.plexspaces.api.journal.TurnRecord.Received;
import io.plexspaces.api.journal.Watermark;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A durable actor's journal as the actor writes it: gives turns and effects their numbers, and
 * hands records to the {@link CommitPipeline}. Used by the worker that runs the cell, but for what
 * says otherwise.
 */
final class Ledger {
  /** Whose watermarks are kept in memory. */
  static final int MAX_SENDERS = 1000;

  private final ActorCell cell;
  private final JournalOptions options;
  private final CommitPipeline pipeline;
  private final DurableTimers reminders;
  private @Nullable Journal journal;

  /** Whether the numbers below are those of the journal. */
  private boolean recovered;

  /** Written by the running worker; readers may see a value that is a moment old. */
  private long seq;

  /** Of the last effect. */
  private long lastNumber;

  /** Read by threads that deliver. */
  private volatile long epoch = 1;

  private @Nullable Payload lastState;

  /** What was received of senders, those heard last; what is missing is read from the journal. */
  private final Map<String, Watermark> received =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Watermark> eldest) {
          return size() > MAX_SENDERS;
        }
      };

  Ledger(ActorCell cell, JournalOptions options) {
    this.cell = cell;
    this.options = options;
    this.pipeline = new CommitPipeline(() -> cell.command(new ActorCell.Command.Reload()));
    this.reminders = new DurableTimers(cell, this);
  }

  CommitPipeline pipeline() {
    return pipeline;
  }

  DurableTimers reminders() {
    return reminders;
  }

  /** Of the last effect that was appended. */
  long lastNumber() {
    return lastNumber;
  }

  /** Of the last turn that was appended. Any thread, perhaps a moment late. */
  long sequence() {
    return seq;
  }

  /** Any thread. */
  long epoch() {
    return epoch;
  }

  /** The journal, opened if need be. */
  Journal journal() {
    Journal j = journal;
    if (j == null) {
      j = cell.app().engine().journals().journal(cell.id(), options);
      journal = j;
    }
    return j;
  }

  /** The journal, for whom it may leave memory; null if it is not open. */
  @Nullable Journal take() {
    Journal j = journal;
    journal = null;
    recovered = false;
    lastState = null;
    received.clear();
    return j;
  }

  /** Runs what blocks with the worker's place given away. */
  <T> T parked(Worker worker, Supplier<T> blocking) {
    Dispatcher d = cell.app().engine().dispatcher();
    d.blockBegin(worker);
    try {
      return blocking.get();
    } finally {
      d.blockEnd(worker);
    }
  }

  /**
   * Reads what a restart needs, behind all that was appended.
   *
   * @throws HostException DATA_LOSS, UNAVAILABLE
   */
  Recovered recover(Worker worker) {
    Journal j = journal();
    Recovered r =
        parked(
            worker,
            () -> {
              awaitInFlight();
              return j.recover();
            });
    pipeline.reset();
    seq = r.lastSeq();
    lastNumber = r.lastNumber();
    epoch = r.epoch();
    lastState = r.state();
    reminders.recovered(r.timers(), r.lastNumber());
    received.clear();
    recovered = true;
    return r;
  }

  /** Makes sure that turns can be appended, also where no guest is in memory. */
  void require(Worker worker) {
    if (!recovered || pipeline.hasFailed()) {
      var _ = recover(worker);
    }
  }

  /** What was appended before a crash of the guest is committed all the same. */
  private void awaitInFlight() {
    try {
      pipeline.awaitAtMost(0);
    } catch (InterruptedException e) {
      throw new HostException(ErrorCode.CANCELLED, "interrupted while waiting for commits");
    } catch (HostException e) {
      // A failed commit is why this actor reloads: recovery goes on from what is durable.
      return;
    }
  }

  /** Many commits in flight already: the disk sets the pace. */
  void awaitDisk(Worker worker) {
    if (!pipeline.isFull()) {
      return;
    }
    ActorEngine engine = cell.app().engine();
    engine.dispatcher().blockBegin(worker);
    try {
      pipeline.awaitAtMost(CommitPipeline.maxInFlight() / 2);
    } catch (InterruptedException e) {
      // Only kill() interrupts a worker; it has marked the cell, so the turn ends by itself.
      engine.debug("interrupted while waiting for the disk: " + cell.id());
    } catch (HostException e) {
      engine.debug("the pipeline of " + cell.id() + " failed: " + e.getMessage());
    } finally {
      engine.dispatcher().blockEnd(worker);
    }
  }

  /** Whether that message was handled, by a turn that is appended at least. */
  boolean covers(Received r, Worker worker) {
    Watermark mark = received.get(r.sender());
    if (mark == null) {
      Journal j = journal();
      mark = seq == 0 ? Watermark.NONE : parked(worker, () -> j.watermark(r.sender()));
      received.put(r.sender(), mark);
    }
    return mark.covers(r);
  }

  /** Whether {@code state} differs from what the journal has. */
  boolean isNews(Payload state) {
    return !state.equals(lastState);
  }

  /**
   * Begins the record of the next turn.
   *
   * @param began the host's clock
   */
  TurnRecord.Builder next(long began, MessageId message) {
    return TurnRecord.builder(++seq, began, message);
  }

  /** Gives the effects of the turn that is appended now their numbers. */
  List<Outgoing> numbered(List<Outgoing> effects) {
    if (effects.isEmpty()) {
      return effects;
    }
    List<Outgoing> all = new ArrayList<>(effects.size());
    for (Outgoing e : effects) {
      all.add(
          new Outgoing(e.n(), ++lastNumber, e.id(), e.target(), e.op(), e.payload(), e.client()));
    }
    return all;
  }

  /**
   * Appends a turn.
   *
   * @param outputs what its commit releases; the effects are the outbox's own concern
   */
  void append(TurnRecord record, CommitPipeline.Gated outputs) {
    if (record.state() != null) {
      lastState = record.state();
    }
    Received from = record.received();
    if (from != null) {
      received.computeIfPresent(from.sender(), (s, w) -> w.with(from));
    }
    pipeline.append(journal(), record, reminders.appended(record.timers(), outputs));
  }

  /** Appends a turn that runs no handler. */
  void append(SilentTurn.Note note, SilentTurn turn) {
    append(
        note,
        new CommitPipeline.Gated() {
          @Override
          public void released() {
            turn.recorded();
          }

          @Override
          public void cancelled(HostError why) {
            turn.failed(why);
          }
        });
  }

  /**
   * Appends a turn that runs no handler; answers its effects with their numbers.
   *
   * @param outputs told after what it sends has left
   */
  List<Outgoing> append(SilentTurn.Note note, CommitPipeline.Gated outputs) {
    Journal j = journal();
    List<Outgoing> effects = numbered(note.effects());
    TurnRecord.Builder b =
        next(cell.app().engine().clock().millis(), note.message())
            .operation(note.op(), note.kind(), note.input())
            .effects(effects)
            .code(cell.app().module().digest(), "");
    note.rest().addTo(b);
    append(
        b.build(),
        new CommitPipeline.Gated() {
          @Override
          public void released() {
            if (!effects.isEmpty()) {
              cell.outbox().dispatch(j, epoch, effects);
            }
            outputs.released();
          }

          @Override
          public void cancelled(HostError why) {
            outputs.cancelled(why);
          }
        });
    return effects;
  }
}
