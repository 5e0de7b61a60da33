package io.plexspaces.system.crash;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.journal.CommitListener;
import io.plexspaces.api.journal.IdempotentResult;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.JournalOptions;
import io.plexspaces.api.journal.JournalStore;
import io.plexspaces.api.journal.Recovered;
import io.plexspaces.api.journal.TurnOutcome;
import io.plexspaces.api.journal.TurnRecord;
import io.plexspaces.api.journal.Watermark;
import java.util.List;
import java.util.Optional;

/** Bugs between engine and store that the harness must find. */
enum Planted {
  NOTHING,

  /** A turn counts as durable when it was appended. */
  OUTPUT_BEFORE_COMMIT,

  /** Nobody remembers what was received. */
  NO_WATERMARKS;

  JournalStore between(JournalStore store) {
    return this == NOTHING ? store : new Store(store, this);
  }

  private record Store(JournalStore store, Planted bug) implements JournalStore {
    @Override
    public Journal journal(ActorId actor, JournalOptions options) {
      return new Broken(store.journal(actor, options), bug);
    }

    @Override
    public List<Pending> pending(AppId app) {
      return store.pending(app);
    }

    @Override
    public List<ActorId> actors(AppId app) {
      return store.actors(app);
    }

    @Override
    public boolean delete(ActorId actor) {
      return store.delete(actor);
    }

    @Override
    public void purge(AppId app) {
      store.purge(app);
    }

    @Override
    public void close() {
      store.close();
    }
  }

  private record Broken(Journal journal, Planted bug) implements Journal {
    @Override
    public Recovered recover() {
      return journal.recover();
    }

    @Override
    public void append(TurnRecord turn, CommitListener listener) {
      if (bug == OUTPUT_BEFORE_COMMIT) {
        listener.committed(null);
        journal.append(turn, _ -> {});
      } else {
        journal.append(turn, listener);
      }
    }

    @Override
    public Optional<TurnOutcome> findTurn(MessageId message) {
      return bug == NO_WATERMARKS ? Optional.empty() : journal.findTurn(message);
    }

    @Override
    public Optional<IdempotentResult> findIdempotent(String key) {
      return journal.findIdempotent(key);
    }

    @Override
    public Watermark watermark(String sender) {
      return bug == NO_WATERMARKS ? Watermark.NONE : journal.watermark(sender);
    }

    @Override
    public void effectDone(long number) {
      journal.effectDone(number);
    }

    @Override
    public void close() {
      journal.close();
    }
  }
}
