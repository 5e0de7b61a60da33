package io.plexspaces.tuplespace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostException;
import io.plexspaces.api.RequestContext;
import io.plexspaces.api.op.Effect;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TupleSpaceOperationsTest {
  private final FakeNode node = new FakeNode();

  private void committed(String... tuples) {
    FakeTurn turn = node.turn("writer");
    for (String t : tuples) {
      turn.write(t);
    }
    turn.commit();
  }

  @Test
  void answersInTheShapesOfTheContract() {
    FakeTurn w = node.turn("w");
    assertThat(w.write("['job',1]")).matches("'[0-9a-f]{16}-[0-9]+'");
    w.write("['job',2]");
    w.commit();
    FakeTurn r = node.turn("r");
    assertThat(r.read("['job',null]")).isEqualTo("['job',1]");
    assertThat(r.read("['task',null]")).isEqualTo("null");
    assertThat(r.readAll("['job',null]")).isEqualTo("[['job',1],['job',2]]");
    assertThat(r.call("ts_read_all", "{'pattern':['job',null],'limit':1}"))
        .isEqualTo("[['job',1]]");
    assertThat(r.readAll("['none']")).isEqualTo("[]");
    assertThat(r.count("['job',null]")).isEqualTo("2");
    assertThat(r.take("['job',null]")).isEqualTo("['job',1]");
    assertThat(r.writeOnce("['job',null]", "['job',3]"))
        .isEqualTo("{'written':false,'tuple':['job',2]}");
    assertThat(r.writeOnce("['boss',null]", "['boss','r']"))
        .isEqualTo("{'written':true,'tuple':['boss','r']}");
  }

  @Test
  void tellsWhenItsOperationsTakeHold() {
    assertThat(node.operation("ts_write").effect()).isEqualTo(Effect.DEFERRED);
    assertThat(node.operation("ts_read").effect()).isEqualTo(Effect.IMMEDIATE);
    assertThat(node.operation("ts_read_all").effect()).isEqualTo(Effect.IMMEDIATE);
    assertThat(node.operation("ts_count").effect()).isEqualTo(Effect.IMMEDIATE);
    assertThat(node.operation("ts_take").effect()).isEqualTo(Effect.TENTATIVE);
    assertThat(node.operation("ts_write_once").effect()).isEqualTo(Effect.TENTATIVE);
  }

  @Test
  void aNamedSpaceIsKnownAndNotThereYet() {
    assertThatThrownBy(() -> node.turn("t").call("ts_write", "{'tuple':['a'],'space':'claims'}"))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNIMPLEMENTED))
        .hasMessageContaining("named tuple spaces are not supported");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "ts_write | {'tuple':['a',null]} | field 1",
        "ts_write | {'tuple':[]} | 0 fields",
        "ts_write | {} | a list as \"tuple\"",
        "ts_write | {'tuple':{'a':1}} | a list as \"tuple\"",
        "ts_write | {'tuple':['a'],'ttl_ms':0} | \"ttl_ms\"",
        "ts_write | {'tuple':['a'],'ttl_ms':'owner'} | \"ttl_ms\"",
        "ts_write | {'tuple':['a'],'ttl_ms':1.5} | \"ttl_ms\"",
        "ts_read | {'pattern':['a'],'timeout_ms':-2} | \"timeout_ms\"",
        "ts_read | {'pattern':['a'],'timeout_ms':9223372036854775807} | \"timeout_ms\"",
        "ts_read | {'pattern':['a'],'if_exists':true} | \"if_exists\"",
        "ts_read | {'pattern':['a',{'$any':'int'}]} | field 1",
        "ts_take | {'pattern':['a'],'if_exists':1} | \"if_exists\"",
        "ts_take | {'patern':['a']} | \"patern\"",
        "ts_take | {'pattern':'a'} | a list as \"pattern\"",
        "ts_read_all | {'pattern':['a'],'limit':-1} | \"limit\"",
        "ts_count | {'pattern':['a'],'limit':1} | \"limit\"",
        "ts_write_once | {'tuple':['a']} | a list as \"pattern\"",
        "ts_write_once | {'pattern':['a'],'tuple':[null]} | field 0",
        "ts_write_once | {'pattern':['a'],'tuple':['a'],'timeout_ms':5} | \"timeout_ms\"",
      })
  void refusesByName(String operation, String header, String offender) {
    assertThatThrownBy(() -> node.turn("t").call(operation, header))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
        .hasMessageStartingWith(operation)
        .hasMessageContaining(offender);
  }

  @Test
  void refusesTooManyFieldsTooManyBytesAndABody() {
    FakeTurn t = node.turn("t");
    String many = "[" + "1,".repeat(64) + "1]";
    assertThatThrownBy(() -> t.write(many)).hasMessageContaining("65 fields");
    String big = "['" + "x".repeat(1 << 20) + "']";
    assertThatThrownBy(() -> t.write(big)).hasMessageContaining("1048592 bytes");
    assertThatThrownBy(
            () -> node.operation("ts_count").handler().call(t, Frame.ofBody(new byte[] {'{', '}'})))
        .hasMessageContaining("no body");
  }

  @Test
  void takesNullArgumentsAsAbsent() {
    FakeTurn t = node.turn("t");
    t.call("ts_write", "{'tuple':['a'],'ttl_ms':null}");
    assertThat(t.call("ts_take", "{'pattern':['a'],'timeout_ms':null,'if_exists':null}"))
        .isEqualTo("['a']");
  }

  @Test
  void matchesByValueAndByArity() {
    committed(
        "[1]",
        "[1.5]",
        "[9007199254740993]",
        "[18446744073709551616]",
        "['1']",
        "[true]",
        "[[1]]",
        "[{'a':1,'b':[2.0]}]",
        "[{'$bytes':'AQI='}]",
        "['x','y']");
    FakeTurn r = node.turn("r");
    assertThat(r.readAll("[1.0]")).isEqualTo("[[1]]");
    assertThat(r.readAll("[1.5]")).isEqualTo("[[1.5]]");
    assertThat(r.readAll("[9007199254740992.0]")).isEqualTo("[]");
    assertThat(r.readAll("[9007199254740993]")).isEqualTo("[[9007199254740993]]");
    assertThat(r.readAll("[18446744073709551616.0]")).isEqualTo("[[18446744073709551616]]");
    assertThat(r.readAll("['1']")).isEqualTo("[['1']]");
    assertThat(r.readAll("[true]")).isEqualTo("[[true]]");
    assertThat(r.readAll("[[1.0]]")).isEqualTo("[[[1]]]");
    assertThat(r.count("[{'b':[2],'a':1.0}]")).isEqualTo("1");
    assertThat(r.count("[{'b':[2]}]")).isEqualTo("0");
    assertThat(r.count("[{'$bytes':'AQI='}]")).isEqualTo("1");
    assertThat(r.count("[null]")).isEqualTo("9");
    assertThat(r.count("[null,null]")).isEqualTo("1");
    assertThat(r.count("[null,'y']")).isEqualTo("1");
  }

  @Test
  void answersTheTupleAsItWasWritten() {
    committed("[1.0,{'b':1,'a':2.0}]");
    assertThat(node.turn("r").take("[1,null]")).isEqualTo("[1.0,{'b':1,'a':2.0}]");
  }

  @Test
  void findsFieldsBeyondTheIndexedOnes() {
    committed("[1,2,3,4,5]", "[1,2,3,4,6]");
    assertThat(node.turn("r").take("[null,null,null,null,6]")).isEqualTo("[1,2,3,4,6]");
  }

  @Test
  void keepsAppsApart() {
    committed("['a']");
    AppId other = new AppId("default", "other");
    AppId sameNameOtherTenant = new AppId("acme", "shop");
    long never = RequestContext.NO_DEADLINE;
    assertThat(node.turn(other, "r", never).count("[null]")).isEqualTo("0");
    assertThat(node.turn(sameNameOtherTenant, "r", never).count("[null]")).isEqualTo("0");
    assertThat(node.turn("r").count("[null]")).isEqualTo("1");
    assertThat(node.spaces.size(other)).isZero();
    assertThat(node.spaces.size(FakeNode.APP)).isOne();
  }

  @Test
  void reportsOperations() {
    committed("['a']");
    node.turn("r").read("['a']");
    assertThat(node.told).containsExactly("shop ts_write", "shop ts_read");
  }

  @Test
  void forgetsTuplesWhenTheirTimeIsOver() {
    AtomicLong clock = new AtomicLong(-5);
    FakeNode n = new FakeNode(clock::get, TupleSpaces.DEFAULT_MAX_BYTES);
    FakeTurn w = n.turn("w");
    w.call("ts_write", "{'tuple':['a',1],'ttl_ms':10}");
    w.write("['a',2]");
    clock.addAndGet(50_000_000);
    assertThat(w.count("['a',null]")).as("its time begins with the commit").isEqualTo("2");
    w.commit();
    clock.addAndGet(9_999_999);
    assertThat(n.turn("r").read("['a',null]")).isEqualTo("['a',1]");
    FakeTurn t = n.turn("t");
    assertThat(t.take("['a',1]")).isEqualTo("['a',1]");
    clock.addAndGet(1);
    t.rollBack();
    assertThat(n.turn("r").readAll("['a',null]")).isEqualTo("[['a',2]]");
    assertThat(n.spaces.size(FakeNode.APP)).isOne();
  }

  @Test
  void freesTheRoomOfWhatExpired() {
    AtomicLong clock = new AtomicLong();
    FakeNode n = new FakeNode(clock::get, 100_000);
    for (int round = 0; round < 3; round++) {
      FakeTurn w = n.turn("w");
      for (int i = 0; i < 150; i++) {
        w.call("ts_write", "{'tuple':['a'," + i + "],'ttl_ms':1}");
      }
      w.commit();
      clock.addAndGet(1_000_000);
    }
    assertThat(n.spaces.size(FakeNode.APP)).isZero();
    assertThat(n.space().bytes()).isZero();
  }

  @Test
  void refusesWhatDoesNotFit() {
    FakeNode n = new FakeNode(System::nanoTime, 2000);
    FakeTurn w = n.turn("w");
    w.write("['a']");
    w.write("['a']");
    w.write("['a']");
    assertThatThrownBy(() -> w.write("['a']"))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED))
        .hasMessageContaining("2000");
    assertThatThrownBy(() -> w.writeOnce("['b']", "['b']")).hasMessageContaining("2000");
    w.take("['a']");
    w.write("['c']");
    w.commit();
    FakeTurn t = n.turn("t");
    t.take("['a']");
    assertThatThrownBy(() -> t.write("['d']")).hasMessageContaining("2000");
    t.commit();
    FakeTurn again = n.turn("t");
    again.write("['d']");
    again.rollBack();
    assertThat(n.space().bytes()).isEqualTo(2 * (512 + 16 + 1));
  }
}
