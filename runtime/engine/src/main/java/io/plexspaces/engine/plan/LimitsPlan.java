package io.plexspaces.engine.plan;

import io.plexspaces.api.guest.GuestLimits;
import java.time.Duration;

/**
 * @param memoryPerActor bytes of linear memory
 * @param turnTimeout the guest's running time in one turn, not its waiting
 */
public record LimitsPlan(long memoryPerActor, Duration turnTimeout) {
  public static final LimitsPlan DEFAULT = new LimitsPlan(64L << 20, Duration.ofSeconds(30));

  public GuestLimits guest() {
    return new GuestLimits(memoryPerActor, GuestLimits.DEFAULT.loadTimeout());
  }
}
