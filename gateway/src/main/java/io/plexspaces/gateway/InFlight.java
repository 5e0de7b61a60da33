package io.plexspaces.gateway;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The requests that are being served. Those that last (open streams, readers that wait for log
 * lines) are counted apart from the others, and by tenant: however many there are, other requests,
 * and other tenants' streams, have their places. Thread-safe, does not wait.
 */
final class InFlight {
  private final GatewayConfig.Limits limits;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Integer> lastingOf = new HashMap<>();
  private int all;
  private int lasting;

  InFlight(GatewayConfig.Limits limits) {
    this.limits = limits;
  }

  /** Counts one more, in any case; false if it is one too many. */
  boolean begin() {
    lock.lock();
    try {
      all++;
      return all - lasting <= limits.requestsInFlight();
    } finally {
      lock.unlock();
    }
  }

  /**
   * A request that has begun turns out to be one that lasts.
   *
   * @throws HostException RESOURCE_EXHAUSTED if the tenant has too many of them, UNAVAILABLE if the
   *     node has; then it goes on to be counted as an ordinary one
   */
  void last(String tenant) {
    lock.lock();
    try {
      int ofTenant = lastingOf.getOrDefault(tenant, 0);
      if (ofTenant >= limits.lastingOfTenant()) {
        throw new HostException(
            ErrorCode.RESOURCE_EXHAUSTED,
            "the tenant has "
                + ofTenant
                + " streams and waiting log readers open over HTTP, as many as it may: close some");
      }
      if (lasting >= limits.lasting()) {
        throw new HostException(
            ErrorCode.UNAVAILABLE, "the node has too many streams and waiting log readers open");
      }
      lastingOf.put(tenant, ofTenant + 1);
      lasting++;
    } finally {
      lock.unlock();
    }
  }

  /**
   * A request is over.
   *
   * @param lasted whether {@link #last} had let it
   * @return how many are left
   */
  int end(String tenant, boolean lasted) {
    lock.lock();
    try {
      if (lasted) {
        lasting--;
        lastingOf.computeIfPresent(tenant, (t, n) -> n == 1 ? null : n - 1);
      }
      return --all;
    } finally {
      lock.unlock();
    }
  }

  int size() {
    lock.lock();
    try {
      return all;
    } finally {
      lock.unlock();
    }
  }
}
