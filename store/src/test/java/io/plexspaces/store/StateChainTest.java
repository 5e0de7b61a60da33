package io.plexspaces.store;

import static io.plexspaces.store.Turns.commit;
import static io.plexspaces.store.Turns.turn;
import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.Payload;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.JournalOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateChainTest {
  private static final String LONG = "x".repeat(60);

  @Property(tries = 200, seed = "20261121")
  void theChainGivesBackTheBytesOfEveryState(
      @ForAll("histories") List<byte[]> states, @ForAll @IntRange(min = 1, max = 7) int interval) {
    StateChain writer = new StateChain(interval);
    Payload read = Payload.NULL;
    long seq = 0;
    long fullSeq = 0;
    for (byte[] bytes : states) {
      Payload state = Payload.json(bytes);
      StateChain.Row row = writer.next(++seq, state);
      if (row.kind().equals(StateChain.FULL)) {
        read = row.payload();
        fullSeq = seq;
      } else {
        assertThat(row.payload().size()).isLessThan(state.size());
        read = StateChain.patched(read, row.payload());
      }
      assertThat(read).isEqualTo(state);
      assertThat(seq - fullSeq).isLessThan(interval);
    }
  }

  /** Objects whose fields come, change and go; also what is no object, no JSON or no bytes. */
  @Provide
  Arbitrary<List<byte[]>> histories() {
    Arbitrary<String> value =
        Arbitraries.of(
            "1",
            "-0.0",
            "1.50",
            "1e3",
            "true",
            "null",
            "[1,2]",
            "{\"a\":{}}",
            "\"" + LONG + "\"",
            "{\"$bytes\":\"AAE=\"}",
            "123456789012345678901234567890",
            "0.12345678901234567890");
    Arbitrary<String> name = Arbitraries.of("a", "b", "c", "$bytes", "ü", "set", "unset");
    Arbitrary<String> object =
        Arbitraries.maps(name, value)
            .ofMaxSize(6)
            .map(m ->
                m.entrySet().stream()
                    .map(e -> "\"" + e.getKey() + "\":" + e.getValue())
                    .collect(java.util.stream.Collectors.joining(",", "{", "}")));
    Arbitrary<String> other = Arbitraries.of("", "[1]", "{ \"a\" : 1 }", "{\"a\":", "7", "nul");
    return Arbitraries.frequencyOf(
            net.jqwik.api.Tuple.of(9, object), net.jqwik.api.Tuple.of(1, other))
        .map(s -> s.getBytes(StandardCharsets.UTF_8))
        .list()
        .ofMaxSize(20);
  }

  @Test
  void aSmallChangeOfALargeStateIsWrittenAsItsFields(@TempDir Path root) {
    JournalOptions every5 = new JournalOptions(5, Duration.ofHours(1), null);
    try (Store store = new Store(root);
        Journal j = store.journal("a", every5)) {
      for (long seq = 1; seq <= 9; seq++) {
        commit(j, turn(seq, state(seq)));
      }
      commit(j, turn(10, null));
      assertThat(
              Store.query(
                  store.settled("a"), "select group_concat(seq) from state where kind = 'full'"))
          .isEqualTo("1,6");
      assertThat(
              Store.query(
                  store.settled("a"), "select cast(bytes as text) from state where seq = 9"))
          .isEqualTo("{\"set\":{\"n\":9}}");
    }
    try (Store store = new Store(root);
        Journal j = store.journal("a", every5)) {
      assertThat(j.recover().state()).isEqualTo(state(9));
      commit(j, turn(11, state(11)));
      assertThat(Store.query(store.settled("a"), "select kind from state where seq = 11"))
          .isEqualTo("full");
      commit(j, turn(12, Payload.json("{\"big\":\"" + LONG + "\"}")));
      assertThat(j.recover().state()).isEqualTo(Payload.json("{\"big\":\"" + LONG + "\"}"));
      assertThat(
              Store.query(
                  store.settled("a"), "select cast(bytes as text) from state where seq = 12"))
          .isEqualTo("{\"unset\":[\"n\"]}");
    }
  }

  private static Payload state(long n) {
    return Payload.json("{\"big\":\"" + LONG + "\",\"n\":" + n + "}");
  }
}
