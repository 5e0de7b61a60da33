package io.plexspaces.engine.plan;

import io.plexspaces.api.HostException;
import java.time.ZoneId;

/** What follows when a timer has fallen due. */
public sealed interface TimerRule {
  /**
   * @return when it falls due first, if it is set at {@code now}; both in milliseconds since 1970
   */
  long first(long now);

  /**
   * When it falls due after it was due at {@code due} and it is {@code now}, which is not before:
   * the next time of its grid that is still to come. What was missed in between is left out.
   */
  long next(long due, long now);

  /** Whether nothing follows. */
  default boolean isOnce() {
    return this instanceof Once;
  }

  /** As it stands in journals; {@link #parse} reads it. */
  String text();

  /** Nothing follows. */
  record Once() implements TimerRule {
    @Override
    public long first(long now) {
      throw new IllegalStateException("a single timer knows its time");
    }

    @Override
    public long next(long due, long now) {
      throw new IllegalStateException("nothing follows");
    }

    @Override
    public String text() {
      return "";
    }
  }

  /** The times {@code due + n * period}: it keeps its phase, however late a message is. */
  record Every(long periodMillis) implements TimerRule {
    @Override
    public long first(long now) {
      return now + periodMillis;
    }

    @Override
    public long next(long due, long now) {
      return due + (Math.max(0, now - due) / periodMillis + 1) * periodMillis;
    }

    @Override
    public String text() {
      return "every " + periodMillis;
    }
  }

  /**
   * @param zone as {@link CronExpression#zone} gives it
   */
  record Cron(CronExpression expression, ZoneId zone) implements TimerRule {
    public Cron {
      zone = CronExpression.zone(zone.getId()); // what stands in a journal can be read again
    }

    @Override
    public long first(long now) {
      return expression.next(now, zone);
    }

    @Override
    public long next(long due, long now) {
      return expression.next(Math.max(due, now), zone);
    }

    @Override
    public String text() {
      return "cron " + expression + " " + zone.getId();
    }
  }

  /**
   * Reads what {@link #text} has written.
   *
   * @throws HostException INVALID_ARGUMENT naming what it does not know
   */
  static TimerRule parse(String text) {
    if (text.isEmpty()) {
      return new Once();
    }
    int space = text.indexOf(' ');
    int last = text.lastIndexOf(' ');
    if (text.startsWith("every ")) {
      try {
        return new Every(Long.parseLong(text.substring(space + 1)));
      } catch (NumberFormatException e) {
        throw unknown(text);
      }
    }
    if (text.startsWith("cron ") && last > space) {
      return new Cron(
          CronExpression.parse(text.substring(space + 1, last)),
          CronExpression.zone(text.substring(last + 1)));
    }
    throw unknown(text);
  }

  private static HostException unknown(String text) {
    return new HostException(
        io.plexspaces.api.ErrorCode.INVALID_ARGUMENT,
        "\""
            + text
            + "\" is no rule of a timer: every <milliseconds>, or cron <expression> <zone>");
  }
}
