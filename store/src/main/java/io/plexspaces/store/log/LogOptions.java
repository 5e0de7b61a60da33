package io.plexspaces.store.log;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;

/**
 * How much room the log takes.
 *
 * @param segmentBytes of one file, 64 KiB to 512 MiB. A record that does not fit gets a file of its
 *     own size
 * @param maxLiveBytes of all files that hold something not released yet, at least two segments;
 *     past it appends wait. A record that is larger still is taken when nothing else is live
 */
public record LogOptions(int segmentBytes, long maxLiveBytes) {
  public static final LogOptions DEFAULT = new LogOptions(8 << 20, 64L << 20);

  public LogOptions {
    if (segmentBytes < 64 << 10 || segmentBytes > 512 << 20) {
      throw refused("a segment of the log must have 64 KiB to 512 MiB, not " + segmentBytes);
    }
    if (maxLiveBytes < 2L * segmentBytes) {
      throw refused(
          "the log must have room for two segments of " + segmentBytes + ", not " + maxLiveBytes);
    }
  }

  private static HostException refused(String message) {
    return new HostException(ErrorCode.INVALID_ARGUMENT, message);
  }
}
