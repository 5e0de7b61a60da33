package io.plexspaces.store;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.journal.CommitListener;
import io.plexspaces.api.journal.IdempotentResult;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.Recovered;
import io.plexspaces.api.journal.TurnOutcome;
import io.plexspaces.api.journal.TurnRecord;
import io.plexspaces.api.journal.Watermark;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The queue before one actor's journal. Appends and blocking calls run in the order they were made,
 * one task of the pool at a time; appends that wait together share a transaction.
 */
final class SqliteJournal implements Journal {
  private static final System.Logger LOG = System.getLogger(SqliteJournal.class.getName());

  /** Bounds a transaction, so that a long queue does not delay its first listener for ever. */
  private static final int MAX_BATCH = 1024;

  private sealed interface Work {
    record Append(TurnRecord turn, CommitListener listener) implements Work {}

    record Call(Runnable body) implements Work {}
  }

  private final ActorId actor;
  private final IoPool pool;
  private final Runnable onClose;

  /** Held while the file is used: by the task of this journal, or by another that closes it. */
  private final ReentrantLock fileLock = new ReentrantLock();

  private final JournalWriter writer;

  private final ReentrantLock queueLock = new ReentrantLock();
  private final Deque<Work> queue = new ArrayDeque<>();
  private boolean scheduled;
  private @Nullable CompletableFuture<Void> closed;

  SqliteJournal(ActorId actor, JournalWriter writer, IoPool pool, Runnable onClose) {
    this.actor = actor;
    this.writer = writer;
    this.pool = pool;
    this.onClose = onClose;
  }

  @Override
  public Recovered recover() {
    return call(() -> writer.recover(this));
  }

  @Override
  public void append(TurnRecord turn, CommitListener listener) {
    queueLock.lock();
    try {
      if (closed != null) {
        throw closedError();
      }
      enqueue(new Work.Append(turn, listener));
    } finally {
      queueLock.unlock();
    }
  }

  @Override
  public Optional<TurnOutcome> findTurn(MessageId message) {
    return call(() -> writer.findTurn(this, message));
  }

  @Override
  public Optional<IdempotentResult> findIdempotent(String key) {
    return call(() -> writer.findIdempotent(this, key));
  }

  @Override
  public Watermark watermark(String sender) {
    return call(() -> writer.watermark(this, sender));
  }

  @Override
  public void effectDone(long number) {
    writer.effectDone(number);
  }

  @Override
  public void close() {
    IoPool.refuseIoThread();
    IoPool.await(startClose());
  }

  /** Closes after what is queued, without waiting. */
  CompletableFuture<Void> startClose() {
    queueLock.lock();
    try {
      if (closed == null) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        enqueue(new Work.Call(() -> finish(done)));
        closed = done;
      }
      return closed;
    } finally {
      queueLock.unlock();
    }
  }

  private void finish(CompletableFuture<Void> done) {
    fileLock.lock();
    try {
      writer.close(this);
      onClose.run();
      done.complete(null);
    } catch (RuntimeException | Error e) {
      onClose.run();
      done.completeExceptionally(e);
    } finally {
      fileLock.unlock();
    }
  }

  boolean tryLockFile() {
    return fileLock.tryLock();
  }

  /** After {@link #tryLockFile}, on a thread of another journal. */
  void closeIdleFileAndUnlock() {
    try {
      writer.closeFile();
    } catch (HostException e) {
      LOG.log(System.Logger.Level.WARNING, "closing the idle journal of " + actor, e);
    } finally {
      fileLock.unlock();
    }
  }

  private <T> T call(Supplier<T> body) {
    IoPool.refuseIoThread();
    CompletableFuture<T> result = new CompletableFuture<>();
    queueLock.lock();
    try {
      if (closed != null) {
        throw closedError();
      }
      enqueue(new Work.Call(() -> run(body, result)));
    } finally {
      queueLock.unlock();
    }
    return IoPool.await(result);
  }

  private <T> void run(Supplier<T> body, CompletableFuture<T> result) {
    fileLock.lock();
    try {
      result.complete(body.get());
    } catch (RuntimeException | Error e) {
      // Whatever it was, somebody waits for it.
      result.completeExceptionally(e);
    } finally {
      fileLock.unlock();
    }
  }

  /** The caller holds the queue lock. */
  private void enqueue(Work work) {
    queue.add(work);
    if (!scheduled) {
      try {
        pool.execute(this::drain);
      } catch (HostException e) {
        queue.removeLast();
        throw e;
      }
      scheduled = true;
    }
  }

  /** One task: the next call, or all appends up to it. */
  private void drain() {
    List<Work.Append> appends = new ArrayList<>();
    Work.Call next = null;
    queueLock.lock();
    try {
      while (appends.size() < MAX_BATCH && queue.peek() instanceof Work.Append a) {
        queue.remove();
        appends.add(a);
      }
      if (appends.isEmpty() && queue.poll() instanceof Work.Call c) {
        next = c;
      }
    } finally {
      queueLock.unlock();
    }
    try {
      if (next != null) {
        next.body().run();
      } else {
        commit(appends);
      }
    } finally {
      queueLock.lock();
      try {
        scheduled = false;
        if (!queue.isEmpty()) {
          // Through the pool's queue rather than in a loop: other actors wait too.
          pool.execute(this::drain);
          scheduled = true;
        }
      } finally {
        queueLock.unlock();
      }
    }
  }

  private void commit(List<Work.Append> appends) {
    HostException failure = null;
    fileLock.lock();
    try {
      writer.commit(this, appends.stream().map(Work.Append::turn).toList());
    } catch (HostException e) {
      failure = e;
    } catch (RuntimeException | Error e) {
      failure = new HostException(ErrorCode.INTERNAL, "journal of " + actor + ": " + e, e);
      writer.fail(failure);
    } finally {
      fileLock.unlock();
    }
    for (Work.Append a : appends) {
      try {
        a.listener().committed(failure);
      } catch (RuntimeException e) {
        // A listener's fault must not keep the others from being told.
        LOG.log(System.Logger.Level.ERROR, "commit listener of " + actor, e);
      }
    }
  }

  private HostException closedError() {
    return new HostException(
        ErrorCode.FAILED_PRECONDITION, "the journal of " + actor + " is closed");
  }
}
