package io.plexspaces.engine.plan;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * When something is to happen, as {@code crontab(5)} writes it: minute, hour, day of the month,
 * month, day of the week, with seconds before them where there are six fields. {@code
 * docs/timers.md} describes the language and what happens where the clock changes. Immutable.
 */
public final class CronExpression {
  private static final Map<String, String> MACROS =
      Map.of(
          "@yearly", "0 0 1 1 *",
          "@annually", "0 0 1 1 *",
          "@monthly", "0 0 1 * *",
          "@weekly", "0 0 * * 0",
          "@daily", "0 0 * * *",
          "@midnight", "0 0 * * *",
          "@hourly", "0 * * * *");

  /** The 29th of February is away at most 8 years, from 2096 to 2104. */
  private static final int MAX_YEARS = 12;

  private static final int MAX_LENGTH = 1000;

  private static final List<String> MONTHS =
      List.of("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec");
  private static final List<String> DAYS = List.of("sun", "mon", "tue", "wed", "thu", "fri", "sat");

  private enum Field {
    SECOND("second", 0, 59),
    MINUTE("minute", 0, 59),
    HOUR("hour", 0, 23),
    DAY_OF_MONTH("day of month", 1, 31),
    MONTH("month", 1, 12),
    /** 7 is Sunday too. */
    DAY_OF_WEEK("day of week", 0, 7);

    final String label;
    final int min;
    final int max;

    Field(String label, int min, int max) {
      this.label = label;
      this.min = min;
      this.max = max;
    }

    List<String> names() {
      return this == MONTH ? MONTHS : this == DAY_OF_WEEK ? DAYS : List.of();
    }

    boolean isDay() {
      return this == DAY_OF_MONTH || this == DAY_OF_WEEK;
    }
  }

  private final String text;

  /** Each a set of bits. */
  private final long seconds;

  private final long minutes;
  private final long hours;
  private final long daysOfMonth;
  private final long months;
  private final long daysOfWeek;
  private final boolean lastDay;

  /** Whether the hour field lets every hour pass: then time is what passes, not what clocks say. */
  private final boolean everyHour;

  private CronExpression(String text, String[] fields) {
    this.text = text;
    int n = fields.length - 5;
    this.seconds = n == 1 ? parse(Field.SECOND, fields[0]) : 1;
    this.minutes = parse(Field.MINUTE, fields[n]);
    this.hours = parse(Field.HOUR, fields[n + 1]);
    String days = fields[n + 2];
    this.lastDay = ("," + days.toUpperCase(Locale.ROOT) + ",").contains(",L,");
    this.daysOfMonth = parse(Field.DAY_OF_MONTH, days);
    this.months = parse(Field.MONTH, fields[n + 3]);
    long week = parse(Field.DAY_OF_WEEK, fields[n + 4]);
    this.daysOfWeek = (week | (week >> 7)) & 0x7f;
    this.everyHour = hours == all(Field.HOUR);
    if (nextLocal(LocalDateTime.of(2000, 1, 1, 0, 0)) == null) {
      throw bad("it names a day that never comes");
    }
  }

  /**
   * Reads an expression of five or six fields, or one of {@code @yearly}, {@code @monthly}, {@code
   * @weekly}, {@code @daily}, {@code @hourly}.
   *
   * @throws HostException INVALID_ARGUMENT naming the expression and the field
   */
  public static CronExpression parse(String text) {
    String trimmed = text.strip().replaceAll("\\s+", " ");
    String fields = MACROS.getOrDefault(trimmed.toLowerCase(Locale.ROOT), trimmed);
    String[] parts = fields.split(" ");
    if (trimmed.length() > MAX_LENGTH) {
      throw bad(trimmed, "it is longer than " + MAX_LENGTH + " characters");
    }
    if (parts.length != 5 && parts.length != 6) {
      throw bad(
          trimmed,
          "it has "
              + (trimmed.isEmpty() ? 0 : parts.length)
              + " fields instead of five (minute, hour, day of month, month, day of week) or six"
              + " (second before them)");
    }
    return new CronExpression(trimmed, parts);
  }

  /**
   * The zone of an expression: a name of the time zone database such as {@code Europe/Berlin}.
   *
   * @throws HostException INVALID_ARGUMENT naming it
   */
  public static ZoneId zone(String name) {
    if (!ZoneId.getAvailableZoneIds().contains(name)) {
      throw new HostException(
          ErrorCode.INVALID_ARGUMENT,
          "\"" + abbreviate(name) + "\" is no time zone; one is named like Europe/Berlin or UTC");
    }
    return ZoneId.of(name);
  }

  /** The first time after {@code afterMillis} (since 1970) in {@code zone}, in milliseconds. */
  public long next(long afterMillis, ZoneId zone) {
    ZoneRules rules = zone.getRules();
    long second = Math.floorDiv(afterMillis, 1000L) + 1;
    while (true) {
      Instant now = Instant.ofEpochSecond(second);
      ZoneOffset offset = rules.getOffset(now);
      LocalDateTime from = LocalDateTime.ofEpochSecond(second, 0, offset);
      if (!everyHour) {
        // In an hour that comes twice, what it has had at its first pass is over.
        ZoneOffsetTransition before = rules.previousTransition(now.plusSeconds(1));
        if (before != null && before.isOverlap() && from.isBefore(before.getDateTimeBefore())) {
          from = before.getDateTimeBefore();
        }
      }
      LocalDateTime match = nextLocal(from);
      if (match == null) {
        throw new IllegalStateException(this + " has no time after " + from);
      }
      ZoneOffsetTransition change = rules.nextTransition(now);
      if (change == null || match.isBefore(change.getDateTimeBefore())) {
        return match.toEpochSecond(offset) * 1000;
      }
      if (!everyHour && change.isGap() && match.isBefore(change.getDateTimeAfter())) {
        return change.toEpochSecond() * 1000; // the clock leaves it out: as soon as it goes on
      }
      second = change.toEpochSecond();
    }
  }

  /** The first time from {@code from} on, by a clock that never changes; null if there is none. */
  private @Nullable LocalDateTime nextLocal(LocalDateTime from) {
    LocalDateTime t = from.withNano(0);
    int lastYear = from.getYear() + MAX_YEARS;
    while (t.getYear() <= lastYear) {
      if (!has(months, t.getMonthValue())) {
        t = t.toLocalDate().withDayOfMonth(1).plusMonths(1).atStartOfDay();
        continue;
      }
      int hour = isDay(t) ? nextBit(hours, t.getHour()) : -1;
      if (hour < 0) {
        t = t.toLocalDate().plusDays(1).atStartOfDay();
        continue;
      }
      if (hour > t.getHour()) {
        t = t.toLocalDate().atTime(hour, 0);
      }
      int minute = nextBit(minutes, t.getMinute());
      if (minute < 0) {
        t = t.toLocalDate().atTime(t.getHour(), 0).plusHours(1);
        continue;
      }
      if (minute > t.getMinute()) {
        t = t.withMinute(minute).withSecond(0);
      }
      int second = nextBit(seconds, t.getSecond());
      if (second < 0) {
        t = t.withSecond(0).plusMinutes(1);
        continue;
      }
      return t.withSecond(second);
    }
    return null;
  }

  /** As in crontab: where both day fields leave days out, either of them is enough. */
  private boolean isDay(LocalDateTime t) {
    boolean ofMonth =
        has(daysOfMonth, t.getDayOfMonth())
            || (lastDay && t.getDayOfMonth() == YearMonth.from(t).lengthOfMonth());
    boolean ofWeek = has(daysOfWeek, t.getDayOfWeek().getValue() % 7);
    boolean anyOfMonth = daysOfMonth == all(Field.DAY_OF_MONTH);
    boolean anyOfWeek = daysOfWeek == 0x7f;
    boolean either = !anyOfMonth && !anyOfWeek;
    return either ? ofMonth || ofWeek : ofMonth && ofWeek;
  }

  private static boolean has(long bits, int n) {
    return ((bits >> n) & 1) != 0;
  }

  private static int nextBit(long bits, int from) {
    long left = bits & (-1L << from);
    return left == 0 ? -1 : Long.numberOfTrailingZeros(left);
  }

  private static long all(Field f) {
    return range(f.min, f.max, 1);
  }

  private static long range(int from, int to, int step) {
    long bits = 0;
    for (int i = from; i <= to; i += step) {
      bits |= 1L << i;
    }
    return bits;
  }

  private long parse(Field field, String list) {
    long bits = 0;
    for (String item : list.split(",", -1)) {
      bits |= item(field, item);
    }
    return bits;
  }

  private long item(Field field, String item) {
    if (field == Field.DAY_OF_MONTH && item.equalsIgnoreCase("L")) {
      return 0;
    }
    int slash = item.indexOf('/');
    String range = slash < 0 ? item : item.substring(0, slash);
    int step = slash < 0 ? 1 : number(field, item.substring(slash + 1), item);
    if (step < 1 || step > field.max) {
      throw bad(field, item, "its step must be from 1 to " + field.max);
    }
    if (range.equals("*") || (range.equals("?") && field.isDay())) {
      return range(field.min, field.max, step);
    }
    int dash = range.indexOf('-');
    if (dash < 0) {
      int from = value(field, range, item);
      return range(from, slash < 0 ? from : field.max, step);
    }
    int from = value(field, range.substring(0, dash), item);
    int to = value(field, range.substring(dash + 1), item);
    if (from > to) {
      throw bad(field, item, "its range runs backwards");
    }
    return range(from, to, step);
  }

  private int value(Field field, String s, String item) {
    int named = field.names().indexOf(s.toLowerCase(Locale.ROOT));
    if (named >= 0) {
      return named + field.min;
    }
    int n = number(field, s, item);
    if (n < field.min || n > field.max) {
      throw bad(field, item, "it must be from " + field.min + " to " + field.max);
    }
    return n;
  }

  private int number(Field field, String s, String item) {
    if (s.isEmpty() || s.length() > 3 || !s.chars().allMatch(c -> c >= '0' && c <= '9')) {
      String names = field.names().isEmpty() ? "" : ", " + field.names().getFirst() + ", ..";
      throw bad(
          field,
          item,
          "a field is *, numbers"
              + names
              + ", ranges such as "
              + field.min
              + "-5, steps such as */5, and lists of them with commas"
              + (field == Field.DAY_OF_MONTH ? "; L is the last day" : ""));
    }
    return Integer.parseInt(s);
  }

  private HostException bad(Field field, String item, String why) {
    return bad("\"" + abbreviate(item) + "\" as its " + field.label + ": " + why);
  }

  private HostException bad(String why) {
    return bad(text, why);
  }

  private static HostException bad(String text, String why) {
    return new HostException(
        ErrorCode.INVALID_ARGUMENT,
        "cron expression \"" + abbreviate(text) + "\" is not valid: " + why);
  }

  private static String abbreviate(String s) {
    return s.length() <= 80 ? s : s.substring(0, 80) + "...";
  }

  /** The expression as it was written, with single spaces. */
  @Override
  public String toString() {
    return text;
  }

  @Override
  public boolean equals(@Nullable Object o) {
    return o instanceof CronExpression c && text.equals(c.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }
}
