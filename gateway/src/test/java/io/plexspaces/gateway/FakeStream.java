package io.plexspaces.gateway;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.engine.ValueStream;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A stream that brings what a test gives it. */
final class FakeStream implements ValueStream {
  private final LinkedBlockingQueue<Supplier<Optional<Payload>>> coming =
      new LinkedBlockingQueue<>();
  final CountDownLatch closed = new CountDownLatch(1);
  final AtomicLong taken = new AtomicLong();

  FakeStream value(Payload p) {
    coming.add(() -> Optional.of(p));
    return this;
  }

  FakeStream value(String json) {
    return value(Payload.json(json));
  }

  FakeStream end() {
    coming.add(Optional::empty);
    return this;
  }

  FakeStream error(HostException e) {
    coming.add(() -> {
      throw e;
    });
    return this;
  }

  boolean isClosed() {
    return closed.getCount() == 0;
  }

  @Override
  public boolean ready(long deadlineNanos) {
    try {
      while (coming.isEmpty() && !isClosed()) {
        if (System.nanoTime() - deadlineNanos >= 0) {
          return false;
        }
        TimeUnit.MILLISECONDS.sleep(1);
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HostException(ErrorCode.CANCELLED, "interrupted");
    }
  }

  @Override
  public Optional<Payload> next(long deadlineNanos) {
    if (!ready(deadlineNanos)) {
      throw new HostException(ErrorCode.DEADLINE_EXCEEDED, "nothing came");
    }
    @Nullable Supplier<Optional<Payload>> s = isClosed() ? null : coming.poll();
    if (s == null) {
      throw new HostException(ErrorCode.CANCELLED, "the stream was closed");
    }
    taken.incrementAndGet();
    return s.get();
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
