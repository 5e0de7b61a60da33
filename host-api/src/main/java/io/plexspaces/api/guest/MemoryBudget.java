package io.plexspaces.api.guest;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The node's budget for guest pages and mailboxes, in bytes. Charged where a guest's page is copied
 * on write and where a message is queued. Thread-safe, lock-free.
 */
public final class MemoryBudget {
  private final long limit;
  private final AtomicLong used = new AtomicLong();

  public MemoryBudget(long limitBytes) {
    this.limit = limitBytes;
  }

  public static MemoryBudget unlimited() {
    return new MemoryBudget(Long.MAX_VALUE);
  }

  /** Takes {@code bytes}, or answers false and takes nothing. */
  public boolean tryCharge(long bytes) {
    if (used.addAndGet(bytes) > limit) {
      used.addAndGet(-bytes);
      return false;
    }
    return true;
  }

  /**
   * @throws HostException RESOURCE_EXHAUSTED if there is no room
   */
  public void charge(long bytes) {
    if (!tryCharge(bytes)) {
      throw new HostException(
          ErrorCode.RESOURCE_EXHAUSTED,
          "the node's memory budget of " + (limit >> 20) + " MiB is used up");
    }
  }

  public void release(long bytes) {
    used.addAndGet(-bytes);
  }

  public long used() {
    return used.get();
  }

  public long limit() {
    return limit;
  }
}
