package io.plexspaces.gateway;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;

/**
 * Collects a body: chunks come on the event loop, {@link #await} waits on the request's thread.
 * What comes after a refusal is dropped.
 */
final class BodyReader {
  private static final int PROGRESS_BYTES = 64 << 10;
  private static final byte[] NONE = {};
  private static final int FIRST = 8 << 10;

  private final int limit;
  private final int weight;
  private final HeapBudget budget;
  private final CompletableFuture<Boolean> done = new CompletableFuture<>();
  private byte[] bytes = NONE;
  private int size;
  private long reserved;
  private final LongAdder received = new LongAdder();

  BodyReader(int limit, int weight, HeapBudget budget) {
    this.limit = limit;
    this.weight = weight;
    this.budget = budget;
  }

  /** On the event loop. */
  void chunk(Buffer b) {
    received.add(b.length());
    if (done.isDone()) {
      return;
    }
    if (b.length() > limit - size) {
      fail(tooLarge(limit));
      return;
    }
    long cost = (long) b.length() * weight;
    if (!budget.reserve(cost)) {
      fail(
          new HostException(
              ErrorCode.RESOURCE_EXHAUSTED, "too many request bodies are in memory; try again"));
      return;
    }
    reserved += cost;
    if (b.length() > bytes.length - size) {
      long wanted = Math.max((long) size + b.length(), Math.max(FIRST, bytes.length * 2L));
      bytes = Arrays.copyOf(bytes, (int) Math.min(wanted, limit));
    }
    b.getBytes(bytes, size);
    size += b.length();
  }

  /** On the event loop. */
  void end() {
    if (!done.isDone() && bytes.length != size) {
      bytes = Arrays.copyOf(bytes, size);
    }
    done.complete(true);
  }

  /** From any thread. */
  void fail(RuntimeException e) {
    done.completeExceptionally(e);
  }

  /**
   * Waits for the end of the body.
   *
   * @param progress within each such span 64 KiB must come, or the end
   */
  byte[] await(Duration progress) {
    long before = 0;
    try {
      while (true) {
        try {
          var _ = done.get(progress.toNanos(), TimeUnit.NANOSECONDS);
          return bytes;
        } catch (TimeoutException e) {
          long now = received.sum();
          if (now - before < PROGRESS_BYTES) {
            Refusal slow =
                new Refusal(408, ErrorCode.DEADLINE_EXCEEDED, "the body came too slowly");
            fail(slow);
            throw slow;
          }
          before = now;
        }
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      throw new HostException(ErrorCode.CANCELLED, "the client has closed the connection");
    }
  }

  /**
   * Forgets the body and gives back what was reserved; on the event loop, when nobody needs it any
   * more. May be called again.
   */
  void release() {
    bytes = NONE;
    budget.release(reserved);
    reserved = 0;
  }

  static Refusal tooLarge(int limit) {
    return new Refusal(
        413,
        ErrorCode.INVALID_ARGUMENT,
        "the body has more than the " + limit + " bytes that this request may have");
  }
}
