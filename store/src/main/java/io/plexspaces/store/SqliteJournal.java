package io.plexspaces.store;

import io.plexspaces.api.MessageId;
import io.plexspaces.api.journal.CommitListener;
import io.plexspaces.api.journal.IdempotentResult;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.JournalOptions;
import io.plexspaces.api.journal.Recovered;
import io.plexspaces.api.journal.TurnOutcome;
import io.plexspaces.api.journal.TurnRecord;
import io.plexspaces.api.journal.Watermark;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** An actor's journal from its being opened to its being closed. */
final class SqliteJournal implements Journal {
  private final ActorJournal journal;
  private final JournalOptions options;
  private final Runnable onClosed;

  private volatile boolean closed;

  SqliteJournal(ActorJournal journal, JournalOptions options, Runnable onClosed) {
    this.journal = journal;
    this.options = options;
    this.onClosed = onClosed;
  }

  @Override
  public Recovered recover() {
    return journal.recover(options);
  }

  @Override
  public void append(TurnRecord turn, CommitListener listener) {
    journal.append(turn, listener);
  }

  @Override
  public Optional<TurnOutcome> findTurn(MessageId message) {
    return journal.findTurn(message);
  }

  @Override
  public Optional<IdempotentResult> findRequest(MessageId message) {
    return journal.findRequest(message, options);
  }

  @Override
  public Optional<IdempotentResult> findIdempotent(String key) {
    return journal.findIdempotent(key, options);
  }

  @Override
  public Watermark watermark(String sender) {
    return journal.watermark(sender);
  }

  @Override
  public void effectDone(long number) {
    journal.effectDone(number);
  }

  @Override
  public void close() {
    IoPool.refuseIoThread();
    IoPool.await(startClose());
  }

  CompletableFuture<Void> startClose() {
    if (closed) {
      return CompletableFuture.completedFuture(null);
    }
    closed = true;
    return journal.close().whenComplete((ok, failure) -> onClosed.run());
  }
}
