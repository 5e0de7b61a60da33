package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.util.List;
import java.util.function.Predicate;

/** Timers, with and without a journal. */
final class BehavioursOfTimers {
  private static final String TIMERS = "Timers";
  private static final long PATIENCE_NANOS = 30_000_000_000L;

  private BehavioursOfTimers() {}

  static List<Behaviour> all() {
    return List.of(
        Behaviour.of(
            TIMERS,
            "`send_after`, `send_every`, `schedule_cron` and `cancel_timer` in memory",
            p -> timers(p, p.fresh())),
        Behaviour.of(
            TIMERS, "The same of a durable actor: reminders", p -> timers(p, p.freshStrict())),
        Behaviour.of(
            TIMERS,
            "What can be no timer is refused when it is set",
            p -> {
              String to = "\"target\":\"" + p.fresh() + "\",\"op\":\"remember\",\"payload\":{}";
              refused(p, "send_after", "{\"delay_ms\":-1," + to + "}", "delay_ms");
              refused(p, "send_every", "{\"period_ms\":1," + to + "}", "period_ms");
              refused(p, "schedule_cron", "{\"expr\":\"0 25 * * *\"," + to + "}", "0 25 * * *");
              refused(
                  p,
                  "schedule_cron",
                  "{\"expr\":\"@daily\",\"tz\":\"Mars/Base\"," + to + "}",
                  "Mars/Base");
            }));
  }

  private static void refused(Probe p, String operation, String args, String naming)
      throws Exception {
    Value.Obj error = p.caught(operation, args);
    assertThat(error.string("code", "")).isEqualTo("INVALID_ARGUMENT");
    assertThat(error.string("message", "")).contains(naming);
  }

  private static void timers(Probe p, String actor) throws Exception {
    p.host(actor, "send_after", "{\"delay_ms\":20," + to(actor, "after") + "}");
    await(p, actor, "[\"after\"]"::equals);
    String ticking =
        Json.writeString(
            p.host(actor, "send_every", "{\"period_ms\":50," + to(actor, "tick") + "}"));
    await(p, actor, s -> s.startsWith("[\"after\",\"tick\",\"tick\""));
    p.host(actor, "cancel_timer", "{\"id\":" + ticking + "}");
    String cron =
        Json.writeString(
            p.host(
                actor,
                "schedule_cron",
                "{\"expr\":\"* * * * * *\",\"tz\":\"Europe/Berlin\"," + to(actor, "cron") + "}"));
    await(p, actor, s -> s.contains("\"cron\""));
    p.host(actor, "cancel_timer", "{\"id\":" + cron + "}");
    p.host(actor, "send_after", "{\"delay_ms\":20," + to(actor, "last") + "}");
    String all = await(p, actor, s -> s.contains("\"last\""));
    assertThat(all.substring(all.indexOf("\"cron\"")))
        .as("no tick came after it was cancelled")
        .doesNotContain("tick");
  }

  static String to(String actor, String value) {
    return "\"target\":\""
        + actor
        + "\",\"op\":\"remember\",\"payload\":{\"value\":\""
        + value
        + "\"}";
  }

  /** Asks until what the actor remembers is so. */
  static String await(Probe p, String actor, Predicate<String> condition) throws Exception {
    long until = System.nanoTime() + PATIENCE_NANOS;
    while (true) {
      String remembered = Json.writeString(p.value(actor, "remembered", "{}"));
      if (condition.test(remembered)) {
        return remembered;
      }
      assertThat(System.nanoTime()).as("%s remembers %s", actor, remembered).isLessThan(until);
      Thread.sleep(10);
    }
  }
}
