package io.plexspaces.store.log;

import io.plexspaces.api.HostException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A listener that can be waited for. */
final class Watched implements LogListener {
  private record Outcome(long position, Optional<HostException> failure) {}

  private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();

  @Override
  public void committed(long position) {
    outcome.complete(new Outcome(position, Optional.empty()));
  }

  @Override
  public void failed(HostException failure) {
    outcome.complete(new Outcome(0, Optional.of(failure)));
  }

  boolean isDone() {
    return outcome.isDone();
  }

  /** The record's position. */
  long position() {
    Outcome o = await();
    if (o.failure().isPresent()) {
      throw new AssertionError("it failed", o.failure().get());
    }
    return o.position();
  }

  HostException failure() {
    Outcome o = await();
    return o.failure().orElseThrow(() -> new AssertionError("it was committed at " + o.position()));
  }

  private Outcome await() {
    try {
      return outcome.get(30, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }
}
