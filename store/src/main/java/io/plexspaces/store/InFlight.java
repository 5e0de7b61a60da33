package io.plexspaces.store;

import io.plexspaces.api.HostException;
import io.plexspaces.api.journal.CommitListener;
import io.plexspaces.api.journal.TurnRecord;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A turn that was appended and of which nobody has been told yet how that ended. */
final class InFlight {
  final TurnRecord turn;

  /** Null if it went to the log; else it did not, and this is why. */
  final @Nullable HostException refused;

  private final CommitListener listener;
  private final long begun = System.nanoTime();
  private final CompletableFuture<Void> settled = new CompletableFuture<>();

  InFlight(TurnRecord turn, CommitListener listener, @Nullable HostException refused) {
    this.turn = turn;
    this.listener = listener;
    this.refused = refused;
  }

  /** Fails as the append did. */
  CompletableFuture<Void> settled() {
    return settled;
  }

  long nanos() {
    return System.nanoTime() - begun;
  }

  void tell(@Nullable HostException failure) {
    try {
      listener.committed(failure);
    } catch (RuntimeException e) {
      // A listener's fault must not keep the others from being told.
      System.getLogger(InFlight.class.getName())
          .log(System.Logger.Level.ERROR, "commit listener", e);
    } finally {
      if (failure == null) {
        settled.complete(null);
      } else {
        settled.completeExceptionally(failure);
      }
    }
  }
}
