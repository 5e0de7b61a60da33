package io.plexspaces.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.management.ManagementFactory;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonTest {
  @Test
  void aThreadThatWaitsKeepsNothingOfWhatItRead() throws Exception {
    int threads = 2000;
    CountDownLatch read = new CountDownLatch(threads);
    CountDownLatch end = new CountDownLatch(1);
    List<Thread> all = new ArrayList<>();
    long before = heap();
    for (int i = 0; i < threads; i++) {
      all.add(
          Thread.ofVirtual()
              .start(() -> {
                Value v = Json.read("{\"by\":1}".getBytes(StandardCharsets.UTF_8));
                assertThat(Json.write(v)).isNotEmpty();
                read.countDown();
                try {
                  end.await();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              }));
    }
    read.await();
    long each = (heap() - before) / threads;
    end.countDown();
    for (Thread t : all) {
      t.join();
    }
    assertThat(each).as("bytes; the parser's buffers alone are 16,000").isLessThan(8000);
  }

  private static long heap() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  @Property(tries = 500)
  void whatIsWrittenIsReadBackEqual(@ForAll("values") Value v) {
    assertThat(Json.read(Json.write(v))).isEqualTo(v);
    assertThat(Json.read(Json.writeString(v))).isEqualTo(v);
  }

  @Provide
  Arbitrary<Value> values() {
    Arbitrary<Value> scalar =
        Arbitraries.oneOf(
            Arbitraries.just(Value.NULL),
            Arbitraries.of(true, false).map(Value.Bool::new),
            Arbitraries.longs().map(Value.Int::new),
            Arbitraries.doubles().filter(d -> d != Math.rint(d)).map(Value.Num::new),
            Arbitraries.strings().filter(JsonTest::isText).map(Value.Str::new),
            Arbitraries.bytes().array(byte[].class).map(Value.Bytes::new),
            Arbitraries.longs()
                .greaterOrEqual(0)
                .map(l ->
                    new Value.BigInt(BigInteger.ONE.shiftLeft(64).add(BigInteger.valueOf(l)))));
    Arbitrary<Value> list = scalar.list().ofMaxSize(5).map(Value.Arr::new);
    Arbitrary<Value> object =
        Arbitraries.maps(
                Arbitraries.strings().alpha().ofMinLength(1), Arbitraries.oneOf(scalar, list))
            .ofMaxSize(5)
            .map(JsonTest::object);
    return Arbitraries.oneOf(scalar, list, object);
  }

  private static Value object(Map<String, Value> m) {
    return new Value.Obj(new LinkedHashMap<>(m));
  }

  /** A lone surrogate has no UTF-8. */
  private static boolean isText(String s) {
    return s.codePoints().noneMatch(c -> c >= 0xD800 && c <= 0xDFFF);
  }

  @Test
  void integersKeepAllTheirDigits() {
    assertThat(Json.read("9223372036854775807")).isEqualTo(new Value.Int(Long.MAX_VALUE));
    assertThat(Json.read("9223372036854775808"))
        .isEqualTo(new Value.BigInt(new BigInteger("9223372036854775808")));
    assertThat(Json.read("9007199254740993")).isEqualTo(new Value.Int(9007199254740993L));
  }

  @Test
  void bytesTravelAsTaggedBase64() {
    assertThat(Json.writeString(new Value.Bytes(new byte[] {1, 2, 3})))
        .isEqualTo("{\"$bytes\":\"AQID\"}");
    assertThatThrownBy(() -> Json.read("{\"$bytes\":\"*\"}"))
        .hasMessageContaining("\"$bytes\" does not hold base64");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          '{"a":1'         | line 1
          '{"a":1,"a":2}'  | Duplicate field
          '[1,]'           | line 1
          'NaN'            | NaN
          '1e999'          | out of range
          '{} {}'          | text after the value
          ' '              | empty
          '// x'           | comment
          """)
  void whatIsNotJsonIsRefusedWithThePlace(String text, String message) {
    assertThatThrownBy(() -> Json.read(text))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
        .hasMessageContaining(message);
  }

  @Test
  void nestingIsBounded() {
    String deep = "[".repeat(Json.MAX_DEPTH + 1) + "]".repeat(Json.MAX_DEPTH + 1);
    assertThatThrownBy(() -> Json.read(deep)).isInstanceOf(HostException.class);
    String fits = "[".repeat(Json.MAX_DEPTH) + "]".repeat(Json.MAX_DEPTH);
    assertThat(Json.read(fits)).isInstanceOf(Value.Arr.class);
  }

  @Test
  void notANumberCannotBeWritten() {
    assertThatThrownBy(() -> Json.write(new Value.Num(Double.NaN)))
        .hasMessageContaining("NaN cannot be written as JSON");
  }
}
