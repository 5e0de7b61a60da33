package io.plexspaces.api.guest;

import java.time.Duration;

/**
 * What one actor of a module may use.
 *
 * @param memoryBytes linear memory of one actor; growing past it fails inside the guest
 * @param loadTimeout running time of the module's own start-up code and describe
 */
public record GuestLimits(long memoryBytes, Duration loadTimeout) {
  public static final GuestLimits DEFAULT = new GuestLimits(64L << 20, Duration.ofSeconds(10));
}
