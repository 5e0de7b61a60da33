package io.plexspaces.store.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.api.journal.TimerChange;
import io.plexspaces.api.journal.TupleChange;
import io.plexspaces.api.journal.TurnOutcome;
import io.plexspaces.api.journal.TurnRecord;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class LogRecordsTest {
  private static final AppId APP = new AppId("acme", "shop");

  @Property(tries = 1000, seed = "20261125")
  void everyRecordComesBackAsItWas(@ForAll("records") LogRecord record) {
    byte[] bytes = LogRecords.encode(record);
    assertThat(LogRecords.decode(bytes)).isEqualTo(record);
    assertThat(LogRecords.head(bytes)).isEqualTo(head(record));
  }

  @Property(tries = 300, seed = "20261125")
  void bytesThatAreNoRecordAreAnErrorOfTheirOwn(
      @ForAll("records") LogRecord record, @ForAll Random random) {
    byte[] bytes = LogRecords.encode(record);
    byte[] cut = Arrays.copyOf(bytes, random.nextInt(bytes.length));
    assertThat(error(cut)).map(HostException::code).contains(ErrorCode.DATA_LOSS);
    byte[] longer = Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(10));
    assertThat(error(longer)).map(HostException::code).contains(ErrorCode.DATA_LOSS);
    // A changed byte may give another record, but never another kind of failure.
    for (int i = 0; i < 50; i++) {
      byte[] changed = bytes.clone();
      changed[random.nextInt(2, changed.length)] = (byte) random.nextInt();
      error(changed).ifPresent(e -> assertThat(e.code()).isEqualTo(ErrorCode.DATA_LOSS));
    }
  }

  @Property(tries = 300, seed = "20261125")
  void noiseIsAnErrorOfItsOwn(@ForAll byte[] noise) {
    byte[] bytes = new byte[noise.length + 2];
    System.arraycopy(noise, 0, bytes, 2, noise.length);
    bytes[0] = 1;
    bytes[1] = 1;
    error(bytes).ifPresent(e -> assertThat(e.code()).isEqualTo(ErrorCode.DATA_LOSS));
  }

  @Test
  void aRecordOfALaterVersionIsRefused() {
    byte[] bytes = LogRecords.encode(new LogRecord.Purged(APP));
    bytes[0] = 2;
    HostException e = error(bytes).orElseThrow();
    assertThat(e.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION);
    assertThat(e.error().message()).contains("version 2");
  }

  @Test
  void theErrorSaysWhatIsWrong() {
    byte[] bytes = LogRecords.encode(new LogRecord.Purged(APP));
    bytes[1] = 9;
    assertThat(error(bytes).orElseThrow().error().message()).contains("its kind is 9");
    byte[] cut = {1, 3, 4, 'a', 'c'};
    assertThat(error(cut).orElseThrow().error().message()).contains("the tenant");
    byte[] notText = {1, 3, 1, (byte) 0xff, 1, 'a'};
    assertThat(error(notText).orElseThrow().error().message()).contains("not text");
    byte[] noName = {1, 3, 1, '/', 1, 'a'};
    assertThat(error(noName).orElseThrow().error().message()).contains("tenant \"/\"");
  }

  private static Optional<HostException> error(byte[] bytes) {
    try {
      LogRecords.decode(bytes);
      return Optional.empty();
    } catch (HostException e) {
      return Optional.of(e);
    }
  }

  private static LogRecords.Head head(LogRecord r) {
    return switch (r) {
      case LogRecord.Turn t -> new LogRecords.Head.Turn(t.actor(), t.epoch(), t.turn().seq());
      case LogRecord.Deleted d -> new LogRecords.Head.Deleted(d.actor(), d.epoch());
      case LogRecord.Purged p -> new LogRecords.Head.Purged(p.app());
      case LogRecord.SpaceChanges c -> new LogRecords.Head.SpaceChanges(c.app());
    };
  }

  @Provide
  Arbitrary<LogRecord> records() {
    Arbitrary<ActorId> actors = key().map(k -> new ActorId(APP, "counter", k));
    return Arbitraries.oneOf(
        List.of(
            Combinators.combine(actors, Arbitraries.longs(), turns()).as(LogRecord.Turn::new),
            Combinators.combine(actors, Arbitraries.longs(), turns()).as(LogRecord.Turn::new),
            Combinators.combine(actors, Arbitraries.longs()).as(LogRecord.Deleted::new),
            Arbitraries.of(new LogRecord.Purged(APP)),
            tuples().list().ofMaxSize(5).map(c -> new LogRecord.SpaceChanges(APP, c))));
  }

  private static Arbitrary<TurnRecord> turns() {
    Arbitrary<TurnRecord.Builder> begin =
        Combinators.combine(
                Arbitraries.longs(),
                Arbitraries.longs(),
                messages(),
                text(),
                text(),
                payloads(),
                outcomes(),
                text().injectNull(0.5))
            .as((seq, at, message, op, kind, input, outcome, from) ->
                TurnRecord.builder(seq, at, message)
                    .from(from)
                    .operation(op, kind, input)
                    .outcome(outcome));
    Arbitrary<TurnRecord.Builder> middle =
        Combinators.combine(
                begin,
                payloads().injectNull(0.5),
                text().injectNull(0.5),
                text().injectNull(0.5),
                Arbitraries.of(true, false),
                received().injectNull(0.5),
                text(),
                text())
            .as((b, state, key, digest, repeatable, received, code, trace) ->
                b.state(state)
                    .key(key, digest)
                    .repeatable(repeatable)
                    .received(received)
                    .code(code, trace));
    return Combinators.combine(
            middle,
            steps().list().ofMaxSize(3),
            effects().list().ofMaxSize(3),
            timers().list().ofMaxSize(3),
            tuples().list().ofMaxSize(3),
            Combinators.combine(Arbitraries.longs(), text())
                .as(TurnRecord.DeadLetter::new)
                .list()
                .ofMaxSize(2))
        .as((b, steps, effects, timers, tuples, dead) ->
            b.steps(steps)
                .effects(effects)
                .timers(timers)
                .tuples(tuples)
                .undeliverable(dead)
                .build());
  }

  private static Arbitrary<TurnRecord.Step> steps() {
    return Combinators.combine(
            Arbitraries.integers(), text(), text(), payloads(), Arbitraries.of(true, false))
        .as(TurnRecord.Step::new);
  }

  private static Arbitrary<TurnRecord.Outgoing> effects() {
    return Combinators.combine(
            Arbitraries.integers(),
            Arbitraries.longs(),
            messages(),
            text(),
            text(),
            payloads(),
            Arbitraries.of(true, false))
        .as(TurnRecord.Outgoing::new);
  }

  private static Arbitrary<TimerChange> timers() {
    return Arbitraries.oneOf(
        List.of(
            text().map(TimerChange.Cancelled::new),
            Combinators.combine(text(), Arbitraries.longs(), text(), text(), payloads(), text())
                .as(TimerChange.Set::new)));
  }

  private static Arbitrary<TupleChange> tuples() {
    return Arbitraries.oneOf(
        List.of(
            Combinators.combine(text(), Arbitraries.longs()).as(TupleChange.Taken::new),
            Combinators.combine(text(), Arbitraries.longs(), text(), Arbitraries.longs())
                .as(TupleChange.Written::new)));
  }

  private static Arbitrary<TurnRecord.Received> received() {
    return Combinators.combine(
            text(), Arbitraries.longs(), Arbitraries.longs(), Arbitraries.longs())
        .as(TurnRecord.Received::new);
  }

  private static Arbitrary<TurnOutcome> outcomes() {
    Arbitrary<TurnOutcome> refused =
        Combinators.combine(
                Arbitraries.of(ErrorCode.values()),
                text(),
                Arbitraries.of(true, false),
                Arbitraries.of(
                    Value.NULL,
                    Value.Obj.builder().put("limit", new Value.Int(3)).build(),
                    new Value.Str("\ud800 alone"),
                    Value.Arr.of(new Value.Bool(true), new Value.Num(1.5))),
                Arbitraries.of(true, false))
            .as((c, m, r, d, b) -> new TurnOutcome.Refused(new HostError(c, m, r, d, b)));
    return Arbitraries.oneOf(payloads().map(TurnOutcome.Replied::new), refused);
  }

  private static Arbitrary<MessageId> messages() {
    return Combinators.combine(Arbitraries.longs(), Arbitraries.longs()).as(MessageId::new);
  }

  private static Arbitrary<Payload> payloads() {
    return Combinators.combine(
            Arbitraries.bytes().array(byte[].class).ofMaxSize(300),
            Arbitraries.oneOf(Arbitraries.of(Payload.JSON_TYPE, "application/cbor"), text()))
        .as(Payload::new);
  }

  private static Arbitrary<String> key() {
    return Arbitraries.strings().withCharRange('!', 'ÿ').ofMinLength(1).ofMaxLength(40);
  }

  /** Also what is no valid Unicode: guests may name things so. */
  private static Arbitrary<String> text() {
    return Arbitraries.oneOf(
        Arbitraries.strings().ascii().ofMaxLength(80),
        Arbitraries.strings().all().ofMaxLength(20),
        Arbitraries.strings().withChars("aé€\ud83d\ude00\ud800\udc00\ufffd").ofMaxLength(10));
  }
}
