package io.plexspaces.tuplespace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.RequestContext;
import io.plexspaces.api.journal.TupleChange;
import io.plexspaces.tuplespace.FakeNode.Running;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a durable space adds to one in memory; restarts are nodes that begin on the same disk. */
class DurableSpaceTest {
  private final AtomicLong wallMillis = new AtomicLong(1_700_000_000_000L);
  private final AtomicLong nanos = new AtomicLong();
  private final InstantSource wall = () -> Instant.ofEpochMilli(wallMillis.get());
  private MemoryDisk disk = new MemoryDisk(wall, true);
  private FakeNode node = node(TupleSpaces.DEFAULT_MAX_BYTES);

  private FakeNode node(long maxBytes) {
    return new FakeNode(nanos::get, maxBytes, wall, disk);
  }

  private void restart(MemoryDisk with) {
    disk = with;
    node = node(TupleSpaces.DEFAULT_MAX_BYTES);
  }

  private void restart() {
    restart(disk.crash(0));
  }

  private String all(String pattern) {
    return node.turn("observer").readAll(pattern);
  }

  private static String lease(FakeTurn turn, String tuple) {
    return turn.write(tuple).replace("'", "");
  }

  @Test
  void hasItsTuplesAfterARestartInTheOrderOfTheirWrites() {
    FakeTurn first = node.turn("first");
    FakeTurn second = node.turn("second");
    first.write("['a',1]");
    second.write("['a',2]");
    first.write("['a',3]");
    second.commit();
    first.commit();
    String before = all("['a',null]");
    assertThat(before).isEqualTo("[['a',1],['a',2],['a',3]]");
    restart();
    assertThat(all("['a',null]")).isEqualTo(before);
  }

  @Test
  void keepsEveryKindOfValueAsItWas() {
    String tuple =
        "[1,-0.0,1.5,1e300,9007199254740993,123456789012345678901234567890,true,"
            + "'\u00e9\ud83d\ude00 ',{'$bytes':'AP8='},{'b':[null,{}],'a':'x'}]";
    FakeTurn w = node.turn("w");
    w.write(tuple);
    w.commit();
    String pattern = "[1.0,0,null,null,null,null,null,null,null,null]";
    String before = all(pattern);
    assertThat(before).contains("123456789012345678901234567890");
    restart();
    assertThat(all(pattern)).isEqualTo(before);
  }

  @Test
  void putsBackWhatATurnHadTakenThatWasLost() {
    FakeTurn w = node.turn("w");
    w.write("['a',1]");
    w.write("['a',2]");
    w.commit();
    FakeTurn t = node.turn("t");
    assertThat(t.take("['a',null]")).isEqualTo("['a',1]");
    t.write("['b',1]");
    restart();
    assertThat(all("[null,null]")).isEqualTo("[['a',1],['a',2]]");
  }

  @Test
  void showsNothingBeforeItIsOnDiskAndUndoesItIfItCannotBe() {
    FakeTurn w = node.turn("w");
    w.write("['a',1]");
    w.write("['a',2]");
    w.commit();
    MemoryDisk slow = new MemoryDisk(wall, false);
    disk.durable().forEach(c -> slow.append(FakeNode.APP, List.of(c), f -> {}));
    slow.sync(2);
    restart(slow);

    FakeTurn t = node.turn("t");
    assertThat(t.take("['a',1]")).isEqualTo("['a',1]");
    t.write("['a',3]");
    t.writeOnce("['b',null]", "['b',1]");
    t.commit();
    assertThat(all("[null,null]")).isEqualTo("[['a',2]]");
    slow.fail();
    assertThat(all("[null,null]")).isEqualTo("[['a',1],['a',2]]");

    FakeTurn again = node.turn("again");
    again.take("['a',1]");
    again.commit();
    assertThat(all("[null,null]")).isEqualTo("[['a',2]]");
    slow.sync(1);
    restart(slow.crash(0));
    assertThat(all("[null,null]")).isEqualTo("[['a',2]]");
  }

  @Test
  void leavesNothingOfATupleThatItsOwnTurnTook() {
    FakeTurn t = node.turn("t");
    t.write("['a',1]");
    t.writeOnce("['b',null]", "['b',1]");
    assertThat(t.take("['a',null]")).isEqualTo("['a',1]");
    assertThat(t.take("['b',null]")).isEqualTo("['b',1]");
    t.commit();
    assertThat(disk.durable()).isEmpty();
    assertThat(node.space().bytes()).isZero();
  }

  @Test
  void saysNothingToTheDiskWhereATurnOnlyReads() {
    FakeTurn t = node.turn("t");
    t.readAll("[null]");
    t.take("['a',null]");
    t.commit();
    assertThat(disk.durable()).isEmpty();
  }

  @Test
  void namesALeaseByWhatIsOnDiskAndNeverGivesItToAnotherTuple() {
    FakeTurn w = node.turn("w");
    String first = lease(w, "['a',1]");
    w.commit();
    FakeTurn lost = node.turn("lost");
    String leaseOfLost = lease(lost, "['a',2]");
    restart();
    FakeTurn next = node.turn("next");
    String second = lease(next, "['a',3]");
    next.commit();
    assertThat(List.of(first, leaseOfLost, second)).doesNotHaveDuplicates();
    assertThat(disk.durable())
        .extracting(TupleChange::tuple)
        .as("a number that was never on disk may be given again")
        .containsExactly(1L, 2L);
    assertThat(first).startsWith("1-");
    assertThat(second).startsWith("2-");
  }

  @Test
  void neverGivesANumberTwiceEvenIfItsTupleIsGone() {
    for (int i = 1; i <= 3; i++) {
      FakeTurn w = node.turn("w");
      w.write("['a']");
      w.commit();
      FakeTurn t = node.turn("t");
      t.take("['a']");
      t.commit();
      restart();
    }
    assertThat(disk.durable())
        .filteredOn(c -> c instanceof TupleChange.Written)
        .extracting(TupleChange::tuple)
        .containsExactly(1L, 2L, 3L);
  }

  @Test
  void countsTheTimeOfATupleWhileTheNodeIsDown() {
    FakeTurn w = node.turn("w");
    w.call("ts_write", "{'tuple':['short'],'ttl_ms':1000}");
    w.call("ts_write", "{'tuple':['long'],'ttl_ms':10000}");
    w.commit();
    wallMillis.addAndGet(4000);
    nanos.set(77_000_000_000L); // another process, another clock
    restart();
    assertThat(all("[null]")).isEqualTo("[['long']]");
    assertThat(node.space().bytes()).isEqualTo(node.space().size() * bytesOf("['long']"));
    nanos.addAndGet(5_999_000_000L);
    assertThat(all("[null]")).isEqualTo("[['long']]");
    nanos.addAndGet(1_000_000L);
    assertThat(all("[null]")).isEqualTo("[]");
  }

  private static long bytesOf(String tuple) {
    return new Tuple(
            ((io.plexspaces.api.Value.Arr) Json.read(tuple.replace('\'', '"'))).items(),
            Tuple.NEVER)
        .bytes();
  }

  @Test
  void neverShowsATupleWhoseTimePassedOnItsWayToTheDisk() {
    restart(new MemoryDisk(wall, false));
    FakeTurn w = node.turn("w");
    w.call("ts_write", "{'tuple':['a'],'ttl_ms':1000}");
    w.commit();
    nanos.addAndGet(2_000_000_000L);
    disk.sync(1);
    assertThat(all("[null]")).isEqualTo("[]");
    assertThat(node.space().bytes()).isZero();
  }

  @Test
  void countsWhatWasLoadedInItsLimit() {
    FakeTurn w = node.turn("w");
    w.write("['a',1]");
    w.write("['a',2]");
    w.commit();
    disk = disk.crash(0);
    node = node(1500);
    assertThat(all("['a',null]")).isEqualTo("[['a',1],['a',2]]");
    FakeTurn more = node.turn("more");
    assertThatThrownBy(() -> more.write("['a',3]"))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED))
        .hasMessageContaining("the tuple space is full");
    more.take("['a',1]");
    more.commit();
    node.turn("later").write("['a',3]");
  }

  @Test
  void answersWithWhatIsWrongWithItsFileUntilTheAppStartsAgain() {
    disk.damage("spaces/default/shop/default.db is damaged");
    FakeTurn t = node.turn("t");
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> t.read("[null]"))
          .isInstanceOfSatisfying(
              HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.DATA_LOSS))
          .hasMessageContaining("default.db is damaged");
    }
    assertThat(disk.loads()).isOne();
    disk.damage(null);
    node.spaces.remove(FakeNode.APP);
    node.spaces.durable(FakeNode.APP, disk, wall);
    assertThat(all("[null]")).isEqualTo("[]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "[", "[]", "7"})
  void namesATupleOnDiskThatIsNone(String fields) {
    disk.append(
        FakeNode.APP,
        List.of(new TupleChange.Written("default", 9, fields, Long.MAX_VALUE)),
        f -> {});
    FakeTurn t = node.turn("t");
    assertThatThrownBy(() -> t.read("[null]"))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.DATA_LOSS))
        .hasMessageContaining("\"default\" of default:shop is damaged: tuple 9 is no ");
  }

  @Test
  void refusesEverythingFromTheMomentItsFileIsFoundDamaged() {
    FakeTurn w = node.turn("w");
    w.write("['a',1]");
    w.commit();
    disk.damage("default.db is damaged");
    FakeTurn t = node.turn("t");
    assertThatThrownBy(() -> t.take("['a',1]")).hasMessageContaining("default.db is damaged");
    assertThatThrownBy(() -> t.write("['a',2]")).hasMessageContaining("default.db is damaged");
    t.commit();
  }

  @Test
  void triesAgainWhereTheDiskDidNotAnswer() {
    disk.unreachable(true);
    FakeTurn t = node.turn("t");
    assertThatThrownBy(() -> t.read("[null]")).hasMessageContaining("busy");
    disk.unreachable(false);
    assertThat(t.read("[null]")).isEqualTo("null");
  }

  @Test
  void refusesWhatTheDiskCannotKeepAsItIs() {
    FakeTurn t = node.turn("t");
    assertThatThrownBy(() -> t.write("['\\ud800']"))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
        .hasMessageContaining("not valid Unicode");
    assertThatThrownBy(() -> t.writeOnce("[null]", "['\\ud800']"))
        .hasMessageContaining("not valid Unicode");
    t.commit();
    assertThat(disk.durable()).isEmpty();
  }

  @Test
  void isNotThereForCallsThatComeAfterItsAppHasGone() {
    FakeTurn w = node.turn("w");
    w.write("['a',1]");
    w.commit();
    node.spaces.remove(FakeNode.APP);
    FakeTurn late = node.turn(FakeNode.APP, "late", RequestContext.NO_DEADLINE);
    assertThatThrownBy(() -> late.write("['a',2]"))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
    node.spaces.durable(FakeNode.APP, disk, wall);
    assertThat(all("['a',null]")).isEqualTo("[['a',1]]");
    node.spaces.remove(FakeNode.APP);
    node.spaces.inMemory(FakeNode.APP);
    assertThat(all("['a',null]")).isEqualTo("[]");
  }

  @Test
  void staysAsItIsWhileItsAppIsReloaded() {
    FakeTurn open = node.turn("open");
    open.write("['a',1]");
    node.spaces.durable(FakeNode.APP, disk, wall);
    open.commit();
    assertThat(all("['a',null]")).isEqualTo("[['a',1]]");
    assertThat(disk.loads()).isOne();
  }

  @Test
  void refusesACommitOfWhatWasNeverWritten() {
    FakeTurn t = node.turn("t");
    t.write("['a',1]");
    assertThatThrownBy(t::commitUnwritten).hasMessageContaining("shop/worker/t");
    assertThat(all("['a',null]")).isEqualTo("[]");
  }

  @Test
  void loadsOnceForAllWhoComeAtTheSameTime() throws Exception {
    List<Running<String>> readers = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      String key = "r" + i;
      readers.add(node.start(() -> node.turn(key).count("[null]")));
    }
    for (Running<String> r : readers) {
      assertThat(r.result()).isEqualTo("0");
    }
    assertThat(disk.loads()).isOne();
  }
}
