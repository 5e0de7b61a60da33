package io.plexspaces.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class CronExpressionTest {
  private static final Path CASES =
      Path.of("../../host-api/src/test/resources/io/plexspaces/api/op/cron.json");

  private static List<Value.Obj> cases(String name) throws Exception {
    return Json.readObject(Files.readAllBytes(CASES)).array(name).stream()
        .map(v -> (Value.Obj) v)
        .toList();
  }

  @TestFactory
  Stream<DynamicTest> timesAreThoseThatEveryLanguageKnows() throws Exception {
    return cases("times").stream()
        .map(c -> {
          String expression = c.string("expr", "");
          ZoneId zone = CronExpression.zone(c.string("tz", "UTC"));
          String after = c.string("after", "");
          List<String> wanted = c.array("next").stream().map(v -> ((Value.Str) v).value()).toList();
          return DynamicTest.dynamicTest(
              expression + " in " + zone + " after " + after,
              () -> {
                CronExpression cron = CronExpression.parse(expression);
                List<String> found = new ArrayList<>();
                long t = Instant.parse(after).toEpochMilli();
                for (int i = 0; i < wanted.size(); i++) {
                  t = cron.next(t, zone);
                  found.add(Instant.ofEpochMilli(t).toString());
                }
                assertThat(found).isEqualTo(wanted);
              });
        });
  }

  @TestFactory
  Stream<DynamicTest> whatIsNoExpressionIsRefusedByName() throws Exception {
    return cases("refused").stream()
        .map(c ->
            DynamicTest.dynamicTest(
                "\"" + c.string("expr", "") + "\"",
                () ->
                    assertThatThrownBy(() -> CronExpression.parse(c.string("expr", "")))
                        .isInstanceOfSatisfying(
                            HostException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
                        .hasMessageContaining(c.string("naming", "?"))
                        .hasMessageContaining("cron expression")));
  }

  @Test
  void aZoneIsKnownByItsName() {
    assertThat(CronExpression.zone("Europe/Berlin")).isEqualTo(ZoneId.of("Europe/Berlin"));
    assertThatThrownBy(() -> CronExpression.zone("Europe/Atlantis"))
        .hasMessageContaining("\"Europe/Atlantis\" is no time zone");
    assertThatThrownBy(() -> CronExpression.zone("+25:00")).isInstanceOf(HostException.class);
  }

  @Test
  void aRuleStandsInTheJournalAsItIsRead() {
    for (String text : List.of("", "every 600000", "cron 0 9 * * MON-FRI Europe/Berlin")) {
      assertThat(TimerRule.parse(text).text()).isEqualTo(text);
    }
    for (String text :
        List.of("every", "every x", "cron", "cron * * * * *", "daily", "cron x UTC")) {
      assertThatThrownBy(() -> TimerRule.parse(text)).isInstanceOf(HostException.class);
    }
  }

  @Property
  void everyKeepsItsPhaseAndLeavesOutWhatWasMissed(
      @ForAll("periods") long period, @ForAll("times") long due, @ForAll("delays") long late) {
    long next = new TimerRule.Every(period).next(due, due + late);
    assertThat(next).isGreaterThan(due + late).isLessThanOrEqualTo(due + late + period);
    assertThat((next - due) % period).isZero();
  }

  @Provide
  Arbitrary<Long> periods() {
    return Arbitraries.longs().between(10, 400L * 86_400_000);
  }

  @Provide
  Arbitrary<Long> delays() {
    return Arbitraries.longs().between(0, 800L * 86_400_000);
  }

  @Provide
  Arbitrary<Long> times() {
    // 1990 to 2060
    return Arbitraries.longs().between(631_152_000_000L, 2_840_140_800_000L);
  }

  /** Minute by minute, as crontab(5) says it. */
  @Property(tries = 200)
  void theNextTimeIsTheFirstMinuteThatFits(
      @ForAll("fields") List<List<Integer>> fields, @ForAll("times") long after) {
    CronExpression cron = CronExpression.parse(expression(fields));
    long next = cron.next(after, ZoneOffset.UTC);
    long minute = Math.floorDiv(after, 60_000L) + 1;
    for (int i = 0; i < 3 * 1440; i++, minute++) {
      LocalDateTime t = LocalDateTime.ofEpochSecond(minute * 60, 0, ZoneOffset.UTC);
      if (fits(fields, t)) {
        assertThat(Instant.ofEpochMilli(next)).isEqualTo(t.toInstant(ZoneOffset.UTC));
        return;
      }
    }
    assertThat(next).isGreaterThanOrEqualTo(minute * 60_000);
  }

  /** What comes is a minute that fits by the zone's clock, or the end of a gap that had one. */
  @Property(tries = 200)
  void inAZoneTheClockOnTheWallDecides(
      @ForAll("fields") List<List<Integer>> fields,
      @ForAll("times") long after,
      @ForAll("zones") ZoneId zone) {
    CronExpression cron = CronExpression.parse(expression(fields));
    long next = cron.next(after, zone);
    assertThat(next).isGreaterThan(after);
    assertThat(cron.next(next - 1, zone)).isEqualTo(next);
    Instant at = Instant.ofEpochMilli(next);
    if (!fits(fields, LocalDateTime.ofInstant(at, zone))) {
      ZoneOffsetTransition change = zone.getRules().previousTransition(at.plusSeconds(1));
      assertThat(change).isNotNull();
      assertThat(change.isGap()).isTrue();
      assertThat(change.getInstant()).isEqualTo(at);
      assertThat(
              Stream.iterate(change.getDateTimeBefore(), t -> t.plusMinutes(1))
                  .limit(change.getDuration().toMinutes())
                  .anyMatch(t -> fits(fields, t)))
          .isTrue();
    }
  }

  @Provide
  Arbitrary<ZoneId> zones() {
    return Arbitraries.of(
            "Europe/Berlin",
            "America/New_York",
            "Australia/Lord_Howe",
            "America/Sao_Paulo",
            "Africa/Casablanca",
            "Asia/Kolkata",
            "Pacific/Apia")
        .map(ZoneId::of);
  }

  /** Minutes, hours, days of month, months, days of week; an empty list is every one. */
  @Provide
  Arbitrary<List<List<Integer>>> fields() {
    return Combinators.combine(some(0, 59), some(0, 23), some(1, 28), some(1, 12), some(0, 6))
        .as((m, h, dom, mon, dow) -> List.of(m, h, dom, mon, dow));
  }

  private static Arbitrary<List<Integer>> some(int min, int max) {
    return Arbitraries.integers().between(min, max).list().ofMinSize(0).ofMaxSize(3);
  }

  private static String expression(List<List<Integer>> fields) {
    return String.join(
        " ",
        fields.stream()
            .map(
                f -> f.isEmpty() ? "*" : String.join(",", f.stream().map(String::valueOf).toList()))
            .toList());
  }

  private static boolean fits(List<List<Integer>> f, LocalDateTime t) {
    boolean month = f.get(3).isEmpty() || f.get(3).contains(t.getMonthValue());
    boolean hour = f.get(1).isEmpty() || f.get(1).contains(t.getHour());
    boolean minute = f.get(0).isEmpty() || f.get(0).contains(t.getMinute());
    boolean dom = f.get(2).contains(t.getDayOfMonth());
    boolean dow = f.get(4).contains(t.getDayOfWeek().getValue() % 7);
    boolean day =
        f.get(2).isEmpty() ? f.get(4).isEmpty() || dow : f.get(4).isEmpty() ? dom : dom || dow;
    return month && hour && minute && day;
  }
}
