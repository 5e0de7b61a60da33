package io.plexspaces.deployer;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations and sizes as configuration files write them. */
final class Units {
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,12})(ms|s|m|h|d)");
  private static final Pattern SIZE = Pattern.compile("([0-9]{1,9})(B|KiB|MiB|GiB)");

  private Units() {}

  static Optional<Duration> duration(String text) {
    Matcher m = DURATION.matcher(text);
    if (!m.matches()) {
      return Optional.empty();
    }
    long n = Long.parseLong(m.group(1));
    return Optional.of(
        switch (m.group(2)) {
          case "ms" -> Duration.ofMillis(n);
          case "s" -> Duration.ofSeconds(n);
          case "m" -> Duration.ofMinutes(n);
          case "h" -> Duration.ofHours(n);
          default -> Duration.ofDays(n);
        });
  }

  /** In bytes. */
  static Optional<Long> size(String text) {
    Matcher m = SIZE.matcher(text);
    if (!m.matches()) {
      return Optional.empty();
    }
    long n = Long.parseLong(m.group(1));
    return Optional.of(
        switch (m.group(2)) {
          case "B" -> n;
          case "KiB" -> n << 10;
          case "MiB" -> n << 20;
          default -> n << 30;
        });
  }

  /** In the largest unit that divides it. */
  static String show(Duration d) {
    long ms = d.toMillis();
    long[] unit = {86_400_000, 3_600_000, 60_000, 1000};
    String[] name = {"d", "h", "m", "s"};
    for (int i = 0; i < unit.length; i++) {
      if (ms != 0 && ms % unit[i] == 0) {
        return ms / unit[i] + name[i];
      }
    }
    return ms + "ms";
  }

  /** In the largest unit that divides it. */
  static String show(long bytes) {
    String[] name = {"GiB", "MiB", "KiB"};
    for (int i = 0; i < name.length; i++) {
      long unit = 1L << (30 - 10 * i);
      if (bytes != 0 && bytes % unit == 0) {
        return bytes / unit + name[i];
      }
    }
    return bytes + "B";
  }
}
