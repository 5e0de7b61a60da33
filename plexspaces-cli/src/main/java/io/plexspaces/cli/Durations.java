package io.plexspaces.cli;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Durations as users write them: {@code 250ms}, {@code 30s}, {@code 5m}, {@code 2h}, {@code 7d}.
 */
final class Durations {
  private static final Pattern FORM = Pattern.compile("(\\d{1,9})(ms|s|m|h|d)");

  private Durations() {}

  /**
   * @throws CliException usage, naming {@code option}
   */
  static Duration parse(String text, String option) {
    Matcher m = FORM.matcher(text);
    if (!m.matches()) {
      throw CliException.usage(
          option + ": \"" + text + "\" is not a duration: write one like 250ms, 30s, 5m, 2h or 7d");
    }
    long n = Long.parseLong(m.group(1));
    return switch (m.group(2)) {
      case "ms" -> Duration.ofMillis(n);
      case "s" -> Duration.ofSeconds(n);
      case "m" -> Duration.ofMinutes(n);
      case "h" -> Duration.ofHours(n);
      default -> Duration.ofDays(n);
    };
  }

  static String show(long millis) {
    if (millis < 1000) {
      return millis + " ms";
    }
    long tenths = millis / 100;
    return tenths / 10 + "." + tenths % 10 + " s";
  }
}
