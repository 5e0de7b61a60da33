package io.plexspaces.wasm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.CoreLimits;
import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.GuestReply;
import io.plexspaces.api.guest.GuestTrap;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.api.guest.TurnStopped;
import io.plexspaces.wasm.fixture.Code;
import io.plexspaces.wasm.fixture.GuestBuilder;
import io.plexspaces.wasm.fixture.ModuleBuilder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

class WasmEngineTest {
  private static final int FREE = GuestBuilder.FREE;
  private static final byte[] SEED = new byte[32];

  private final MemoryBudget budget = new MemoryBudget(64 << 20);
  private final WasmEngine engine = new WasmEngine(new ModuleCompiler(null), budget);
  private final TestHost host = new TestHost();

  private GuestModule load(byte[] wasm) {
    return engine.load(wasm, GuestLimits.DEFAULT);
  }

  private GuestInstance spawn(byte[] wasm) {
    return load(wasm).spawn("thing", SEED);
  }

  private GuestReply handle(GuestInstance i, String body) {
    return i.call(GuestOp.HANDLE, Frame.ofBody(body.getBytes(StandardCharsets.UTF_8)), host);
  }

  private static String body(GuestReply r) {
    assertThat(r.error()).isNull();
    return new String(r.frame().body(), StandardCharsets.UTF_8);
  }

  /** Counts its calls in memory and answers the number, a byte, as body. */
  static byte[] counter() {
    GuestBuilder g = new GuestBuilder();
    return g.handler(
        Code.code()
            .i32(FREE + 4)
            .i32(FREE + 4)
            .i32Load()
            .i32(1)
            .add()
            .i32Store()
            .i32(FREE)
            .i32(8)
            .call(g.output)
            .i32(0));
  }

  private static HostError error(GuestReply r) {
    return Objects.requireNonNull(r.error());
  }

  private int count(GuestInstance i) {
    // The four zero bytes before the count are the length of an empty header.
    byte[] body = handle(i, "").frame().body();
    return body[0] & 0xff;
  }

  @Test
  void aMessageGoesInAndItsAnswerComesOut() {
    GuestModule m = load(GuestBuilder.echo());
    assertThat(m.description().types()).containsOnlyKeys("thing");
    assertThat(m.digest()).startsWith("sha256:").hasSize(71);
    try (GuestInstance i = m.spawn("thing", SEED)) {
      assertThat(body(handle(i, "hello"))).isEqualTo("hello");
      assertThat(body(handle(i, "x".repeat(50_000)))).hasSize(50_000);
    }
  }

  @Test
  void aStreamsCallsAndTheHeadersOfItsAnswersPassAsTheyAre() {
    GuestBuilder g = new GuestBuilder();
    byte[] answer =
        Frame.of(Value.Obj.builder().put("more", true).build(), new byte[] {'0'}).encode();
    g.module().data(8192, answer);
    GuestInstance i =
        spawn(
            g.handler(
                Code.code()
                    .i32(8192 + answer.length - 1)
                    .get(0)
                    .i32('0')
                    .op(0x6a) // i32.add: the code of the operation as a digit
                    .op(0x3a, 0, 0) // i32.store8
                    .i32(8192)
                    .i32(answer.length)
                    .call(g.output)
                    .i32(0)));
    for (GuestOp op : List.of(GuestOp.HANDLE, GuestOp.RESUME_STREAM)) {
      Frame f = i.call(op, Frame.EMPTY, new TestHost()).frame();
      assertThat(f.headerObject().bool("more", false)).isTrue();
      assertThat(f.body()).containsExactly('0' + op.code());
    }
  }

  @Test
  void anUnknownTypeIsNotFound() {
    assertThatThrownBy(() -> load(GuestBuilder.echo()).spawn("other", SEED))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND))
        .hasMessageContaining("other");
  }

  @Test
  void actorsOfAModuleShareNoMemory() {
    GuestModule m = load(counter());
    GuestInstance a = m.spawn("thing", SEED);
    GuestInstance b = m.spawn("thing", SEED);
    assertThat(count(a)).isEqualTo(1);
    assertThat(count(a)).isEqualTo(2);
    assertThat(count(b)).isEqualTo(1);
  }

  @Test
  void whatACallChangedIsRolledBackToTheMark() {
    GuestInstance i = spawn(counter());
    assertThat(i.canRollBack()).isTrue();
    count(i);
    i.mark();
    assertThat(count(i)).isEqualTo(2);
    assertThat(count(i)).isEqualTo(3);
    i.rollBack();
    assertThat(count(i)).isEqualTo(2);
    i.rollBack();
    assertThat(count(i)).isEqualTo(2);
    i.mark();
    i.rollBack();
    assertThat(count(i)).isEqualTo(3);
  }

  @Test
  void globalsAreTheActorsOwnAndRolledBackToo() {
    GuestBuilder g = new GuestBuilder();
    int global = g.module().global('i', true, Code.code().i32(10));
    GuestModule m =
        load(
            g.handler(
                Code.code()
                    .globalGet(global)
                    .i32(1)
                    .add()
                    .globalSet(global)
                    .i32(FREE + 4)
                    .globalGet(global)
                    .i32Store()
                    .i32(FREE)
                    .i32(8)
                    .call(g.output)
                    .i32(0)));
    GuestInstance a = m.spawn("thing", SEED);
    GuestInstance b = m.spawn("thing", SEED);
    assertThat(count(a)).isEqualTo(11);
    a.mark();
    assertThat(count(a)).isEqualTo(12);
    assertThat(count(b)).isEqualTo(11);
    a.rollBack();
    assertThat(count(a)).isEqualTo(12);
  }

  @Test
  void theGuestsOwnErrorIsAReplyAndLeavesItUsable() {
    String error = "{\"code\":\"NOT_FOUND\",\"message\":\"no such thing\",\"business\":true}";
    GuestBuilder g = new GuestBuilder();
    g.module().data(FREE, error.getBytes(StandardCharsets.UTF_8));
    GuestInstance i =
        spawn(g.handler(Code.code().i32(FREE).i32(error.length()).call(g.output).i32(1)));
    for (int n = 0; n < 2; n++) {
      GuestReply r = handle(i, "");
      assertThat(error(r).code()).isEqualTo(ErrorCode.NOT_FOUND);
      assertThat(error(r).business()).isTrue();
      assertThat(error(r).message()).isEqualTo("no such thing");
    }
  }

  @Test
  void anErrorThatCannotBeReadIsACrash() {
    GuestBuilder g = new GuestBuilder();
    GuestReply r = handle(spawn(g.handler(Code.code().i32(FREE).i32(7).call(g.output).i32(9))), "");
    assertThat(error(r).code()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(error(r).business()).isFalse();
    assertThat(error(r).message()).contains("status 9");
  }

  @Test
  void aResultThatIsNoFrameIsATrap() {
    GuestBuilder g = new GuestBuilder();
    g.module().data(FREE, new byte[] {(byte) 0xff, (byte) 0xff, 0, 0});
    GuestInstance i = spawn(g.handler(Code.code().i32(FREE).i32(4).call(g.output).i32(0)));
    assertThatThrownBy(() -> handle(i, ""))
        .isInstanceOf(GuestTrap.class)
        .hasMessageContaining("header");
  }

  private void traps(Code handler, ErrorCode code, String message) {
    trapsWith(new GuestBuilder(), handler, code, message);
  }

  private void trapsWith(GuestBuilder g, Code handler, ErrorCode code, String message) {
    GuestModule m = load(g.handler(handler));
    GuestInstance i = m.spawn("thing", SEED);
    i.mark();
    GuestTrap t = catchThrowableOfType(GuestTrap.class, () -> handle(i, ""));
    assertThat(t).as(message).isNotNull();
    assertThat(t.error().message()).contains(message);
    assertThat(t.error().code()).isEqualTo(code);
    assertThatThrownBy(() -> handle(i, "")).hasMessageContaining("rolled back or closed");
    i.close();
    m.close();
    assertThat(budget.used()).isZero();
  }

  @Test
  void trapsAreMappedAndLeaveNothingBehind() {
    traps(Code.code().unreachable(), ErrorCode.INTERNAL, "unreachable");
    traps(Code.code().i32(1).i32(0).op(0x6d), ErrorCode.INTERNAL, "divide by zero");
    traps(Code.code().i32(-4).i32Load(), ErrorCode.INTERNAL, "out of bounds memory access");
    traps(Code.code().i32(65533).i32Load(), ErrorCode.INTERNAL, "address 65533, size 4");
    traps(Code.code().i32(0x7fffffff).op(0x28, 2, 8), ErrorCode.INTERNAL, "out of bounds");
    // The handler itself: three functions are imported before ps_abi and ps_call.
    traps(Code.code().i32(1).i32(1).call(6), ErrorCode.INTERNAL, "recursion is too deep");
  }

  @Test
  void badPointersInHostCallsTrapTheGuestOnly() {
    GuestBuilder g = new GuestBuilder();
    trapsWith(g, Code.code().i32(-1).call(g.input).i32(0), ErrorCode.INTERNAL, "out of bounds");
    g = new GuestBuilder();
    trapsWith(
        g,
        Code.code().i32(0).i32(-1).call(g.output).i32(0),
        ErrorCode.INTERNAL,
        "output of 4294967295 bytes");
    g = new GuestBuilder();
    trapsWith(
        g,
        Code.code().i32(65000).i32(1000).call(g.output).i32(0),
        ErrorCode.INTERNAL,
        "out of bounds");
    g = new GuestBuilder();
    trapsWith(
        g,
        Code.code().i32(0).i32(300).i32(0).i32(0).call(g.call),
        ErrorCode.INTERNAL,
        "operation name of 300 bytes");
    g = new GuestBuilder();
    trapsWith(
        g,
        Code.code().i32(0).i32(3).i32(0).i32(17 << 20).call(g.call),
        ErrorCode.INTERNAL,
        "request of 17825792 bytes");
    g = new GuestBuilder();
    trapsWith(
        g, Code.code().i32(9).i32(0).i32(0).call(g.log).i32(0), ErrorCode.INTERNAL, "level 9");
    g = new GuestBuilder();
    trapsWith(
        g,
        Code.code().i32(2).i32(65530).i32(100).call(g.log).i32(0),
        ErrorCode.INTERNAL,
        "out of bounds");
  }

  @Test
  void aTrappedGuestGoesOnFromItsMark() {
    GuestBuilder g = new GuestBuilder();
    GuestInstance i =
        spawn(
            g.handler(
                Code.code()
                    .i32(FREE + 4)
                    .i32(FREE + 4)
                    .i32Load()
                    .i32(1)
                    .add()
                    .i32Store()
                    .get(1)
                    .i32(10)
                    .op(0x4b) // i32.gt_u: a long input traps
                    .when()
                    .unreachable()
                    .end()
                    .i32(FREE)
                    .i32(8)
                    .call(g.output)
                    .i32(0)));
    count(i);
    i.mark();
    assertThatThrownBy(() -> handle(i, "a long input")).isInstanceOf(GuestTrap.class);
    i.rollBack();
    assertThat(count(i)).isEqualTo(2);
  }

  private static byte[] caller(String op) {
    GuestBuilder g = new GuestBuilder();
    g.module().data(FREE - 100, op.getBytes(StandardCharsets.UTF_8));
    return g.handler(
        Code.code()
            .i32(FREE)
            .call(g.input)
            .i32(FREE - 100)
            .i32(op.length())
            .i32(FREE)
            .get(1)
            .call(g.call)
            .set(2)
            .i32(FREE)
            .call(g.result)
            .get(2)
            .i32(0)
            .op(0x48) // i32.lt_s: an error is handed on
            .when()
            .i32(FREE)
            .i32(0)
            .get(2)
            .op(0x6b)
            .call(g.output)
            .i32(1)
            .ret()
            .end()
            .i32(FREE)
            .get(2)
            .call(g.output)
            .i32(0));
  }

  @Test
  void hostOperationsAnswerOrFailInsideTheGuest() {
    GuestInstance i = spawn(caller("ask"));
    host.operation =
        (op, request) ->
            Frame.of(
                Value.Obj.builder().put("op", op).build(),
                ("<" + new String(request.body(), StandardCharsets.UTF_8) + ">")
                    .getBytes(StandardCharsets.UTF_8));
    GuestReply r = handle(i, "x");
    assertThat(r.frame().headerObject().string("op", "")).isEqualTo("ask");
    assertThat(body(r)).isEqualTo("<x>");
    host.operation =
        (op, request) -> {
          throw new HostException(ErrorCode.ABORTED, "you two would wait for each other");
        };
    GuestReply failed = handle(i, "x");
    assertThat(error(failed).code()).isEqualTo(ErrorCode.ABORTED);
    assertThat(error(failed).message()).isEqualTo("you two would wait for each other");
  }

  @Test
  void aBugOfTheHostComesOutAsItIs() {
    GuestInstance i = spawn(caller("ask"));
    host.operation =
        (op, request) -> {
          throw new IllegalStateException("our own fault");
        };
    assertThatThrownBy(() -> handle(i, "")).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aTooBigResultIsAnErrorOfTheCall() {
    GuestInstance i = spawn(caller("read"));
    host.operation = (op, request) -> Frame.ofBody(new byte[CoreLimits.PAYLOAD]);
    GuestReply r = handle(i, "");
    assertThat(error(r).code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
  }

  @Test
  void aGuestIsNeverEnteredFromItsOwnHostCall() {
    GuestInstance i = spawn(caller("ask"));
    host.operation =
        (op, request) -> {
          handle(i, "again");
          return Frame.EMPTY;
        };
    GuestReply r = handle(i, "");
    assertThat(error(r).message()).contains("never entered a second time");
  }

  private static byte[] spinner() {
    return new GuestBuilder().handler(Code.code().loop().br(0).end().unreachable());
  }

  @Test
  void anEndlessLoopIsStoppedAtASafepoint() throws Exception {
    GuestInstance i = spawn(spinner());
    host.stopAtSafepoint = 3;
    FutureTask<GuestReply> run = new FutureTask<>(() -> handle(i, ""));
    Thread t = Thread.ofVirtual().start(run);
    while (t.isAlive()) {
      i.requestSafepoint();
      Thread.onSpinWait();
    }
    assertThatThrownBy(run::get)
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOf(TurnStopped.class)
        .hasMessage("the turn took too long");
    assertThat(host.safepoints).isEqualTo(3);
    i.close();
  }

  @Test
  void anEndlessRecursionThroughATableComesToSafepointsToo() throws Exception {
    GuestBuilder g = new GuestBuilder();
    g.module().table(1);
    // Calls table entry 0, which is empty at first; the element is this function itself.
    int self = 6;
    g.module().elements(0, self);
    int type = g.module().type("ii:i");
    GuestInstance i =
        spawn(
            g.handler(
                Code.code()
                    .loop()
                    .get(1)
                    .when()
                    .i32(7)
                    .i32(0)
                    .i32(0)
                    .op(0x11, type, 0)
                    .drop()
                    .br(1)
                    .end()
                    .end()
                    .i32(0)));
    Thread t = Thread.ofVirtual().unstarted(() -> handle(i, "x"));
    t.setUncaughtExceptionHandler((thread, e) -> assertThat(e).isInstanceOf(TurnStopped.class));
    t.start();
    while (t.isAlive()) {
      i.requestSafepoint();
      Thread.onSpinWait();
    }
    assertThat(host.safepoints).isEqualTo(1);
  }

  @Test
  void aSafepointThatWasNotForThisCallIsIgnored() {
    GuestInstance i = spawn(counter());
    i.requestSafepoint();
    assertThat(count(i)).isEqualTo(1);
    assertThat(host.safepoints).isZero();
  }

  @Test
  void memoryGrowsToTheCapAndNoFurther() {
    GuestBuilder g = new GuestBuilder().memory(1, 1000);
    byte[] wasm =
        g.handler(
            Code.code()
                .i32(FREE + 4)
                .i32(3)
                .memoryGrow()
                .i32Store()
                .i32(FREE)
                .i32(8)
                .call(g.output)
                .i32(0));
    GuestModule m = engine.load(wasm, new GuestLimits(7 << 16, GuestLimits.DEFAULT.loadTimeout()));
    GuestInstance i = m.spawn("thing", SEED);
    assertThat(count(i)).isEqualTo(1);
    assertThat(count(i)).isEqualTo(4);
    assertThat(count(i)).as("-1 at the cap of 7 pages").isEqualTo(255);
  }

  @Test
  void payloadsOfNoBytesAndOfOtherTypesPassUnchanged() {
    GuestInstance i = load(GuestBuilder.echo()).spawn("thing", SEED);
    byte[] header =
        "{\"op\":\"go\",\"content_type\":\"image/png\"}".getBytes(StandardCharsets.UTF_8);
    for (byte[] body : new byte[][] {{}, {0, -1, (byte) 0xc3, 10, 13, 0}, new byte[1 << 14]}) {
      Frame answer = i.call(GuestOp.HANDLE, new Frame(header, body), new TestHost()).frame();
      assertThat(answer.body()).isEqualTo(body);
      assertThat(answer.header()).isEqualTo(header);
    }
  }

  /** As a language does that cannot allocate: memory.grow answers -1, and it gives up. */
  @Test
  void aGuestThatGivesUpWhenItIsRefusedMemoryIsOutOfMemory() {
    Code growsUntilRefused =
        Code.code().loop().i32(1).memoryGrow().i32(-1).eq().op(0x45).brIf(0).end().unreachable();
    GuestModule m = load(new GuestBuilder().memory(1, 5).handler(growsUntilRefused));
    GuestInstance i = m.spawn("thing", SEED);
    i.mark();
    GuestTrap t = catchThrowableOfType(GuestTrap.class, () -> handle(i, ""));
    assertThat(t.error().code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
    assertThat(t.error().message()).contains("memory_per_actor");
    i.rollBack();
    GuestModule other = load(new GuestBuilder().handler(Code.code().unreachable()));
    GuestInstance crashing = other.spawn("thing", SEED);
    GuestTrap crash = catchThrowableOfType(GuestTrap.class, () -> handle(crashing, ""));
    assertThat(crash.error().code()).isEqualTo(ErrorCode.INTERNAL);
  }

  /** What a guest prints or says of its crash is its own word; the host knows what it refused. */
  @Test
  void aCrashIsNoLimitBecauseTheGuestSaysSo() {
    GuestBuilder prints = new GuestBuilder();
    int write = prints.module().importFunction("wasi_snapshot_preview1", "fd_write", "iiii:i");
    byte[] line = "fatal error: out of memory\n".getBytes(StandardCharsets.UTF_8);
    prints.module().data(FREE - 64, vector(FREE - 32, line.length));
    prints.module().data(FREE - 32, line);
    Code print =
        Code.code().i32(2).i32(FREE - 64).i32(1).i32(FREE - 128).call(write).drop().unreachable();
    GuestBuilder says = new GuestBuilder();
    byte[] error =
        "{\"code\":\"RESOURCE_EXHAUSTED\",\"message\":\"m\"}".getBytes(StandardCharsets.UTF_8);
    says.module().data(FREE, error);
    Code say = Code.code().i32(FREE).i32(error.length).call(says.output).unreachable();
    for (byte[] wasm : List.of(prints.handler(print), says.handler(say))) {
      GuestInstance i = load(wasm).spawn("thing", SEED);
      GuestTrap t = catchThrowableOfType(GuestTrap.class, () -> handle(i, ""));
      assertThat(t.error().code()).isEqualTo(ErrorCode.INTERNAL);
      assertThat(t.error().retryable()).isFalse();
    }
  }

  @Test
  void aUsedUpBudgetTrapsTheGuestThatWrites() {
    MemoryBudget small = new MemoryBudget(100 << 10);
    WasmEngine e = new WasmEngine(new ModuleCompiler(null), small);
    GuestBuilder g = new GuestBuilder().memory(16, 16);
    byte[] wasm =
        g.handler(
            Code.code()
                .loop()
                .get(2)
                .i32(4096)
                .add()
                .set(2)
                .get(2)
                .i32(1)
                .i32Store()
                .br(0)
                .end()
                .unreachable());
    GuestModule m = e.load(wasm, GuestLimits.DEFAULT);
    long idle = small.used();
    GuestInstance i = m.spawn("thing", SEED);
    GuestTrap t = catchThrowableOfType(GuestTrap.class, () -> handle(i, ""));
    assertThat(t.error().code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
    assertThat(small.used()).isLessThanOrEqualTo(small.limit());
    assertThat(i.memoryBytes()).isGreaterThan(50 << 10);
    i.close();
    assertThat(small.used()).isEqualTo(idle);
    m.close();
    assertThat(small.used()).isZero();
  }

  @Test
  void noSpawnWithoutRoomInTheBudget() {
    MemoryBudget small = new MemoryBudget(64 << 10);
    GuestModule m =
        new WasmEngine(new ModuleCompiler(null), small)
            .load(GuestBuilder.echo(), GuestLimits.DEFAULT);
    small.charge(small.limit() - small.used());
    assertThatThrownBy(() -> m.spawn("thing", SEED))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED));
  }

  @Test
  void aModuleThatWritesTablesGetsAnInstancePerActor() {
    GuestBuilder g = new GuestBuilder();
    g.module().table(2);
    int one = g.module().function(":i", "", Code.code().i32(1));
    int two = g.module().function(":i", "", Code.code().i32(2));
    g.module().elements(0, one, two);
    int type = g.module().type(":i");
    // Answers what table entry 0 does, then puts entry 1 there.
    GuestModule m =
        load(
            g.handler(
                Code.code()
                    .i32(FREE + 4)
                    .i32(0)
                    .op(0x11, type, 0)
                    .i32Store()
                    .i32(0)
                    .i32(1)
                    .op(0x25, 0)
                    .op(0x26, 0)
                    .i32(FREE)
                    .i32(8)
                    .call(g.output)
                    .i32(0)));
    GuestInstance a = m.spawn("thing", SEED);
    GuestInstance b = m.spawn("thing", SEED);
    assertThat(a.canRollBack()).isFalse();
    assertThat(count(a)).isEqualTo(1);
    assertThat(count(a)).isEqualTo(2);
    assertThat(count(b)).isEqualTo(1);
    a.close();
    b.close();
    m.close();
    assertThat(budget.used()).isZero();
  }

  @Test
  void theStartFunctionRunsOnceForAllForks() {
    GuestBuilder g = new GuestBuilder();
    int start =
        g.module()
            .function(
                ":",
                "",
                Code.code()
                    .i32(FREE + 4)
                    .i32(FREE + 4)
                    .i32Load()
                    .i32(5)
                    .add()
                    .i32Store()
                    .i32(2)
                    .i32(1024)
                    .i32(4)
                    .call(4));
    g.module().start(start);
    GuestModule m = load(g.handler(Code.code().i32(FREE).i32(8).call(g.output).i32(0)));
    assertThat(count(m.spawn("thing", SEED))).isEqualTo(5);
    assertThat(count(m.spawn("thing", SEED))).isEqualTo(5);
  }

  @Test
  void wasiGivesClocksRandomnessAndALogAndNothingElse() {
    GuestBuilder g = new GuestBuilder();
    ModuleBuilder b = g.module();
    String wasi = "wasi_snapshot_preview1";
    int clock = b.importFunction(wasi, "clock_time_get", "iIi:i");
    int random = b.importFunction(wasi, "random_get", "ii:i");
    int write = b.importFunction(wasi, "fd_write", "iiii:i");
    int read = b.importFunction(wasi, "fd_read", "iiii:i");
    b.data(FREE - 64, vector(FREE - 32, 12));
    b.data(FREE - 32, "one\ntwo\nthre".getBytes(StandardCharsets.UTF_8));
    GuestModule m =
        load(
            g.handler(
                Code.code()
                    .i32(0)
                    .i64(0)
                    .i32(FREE + 4)
                    .call(clock)
                    .drop()
                    .i32(FREE + 12)
                    .i32(16)
                    .call(random)
                    .drop()
                    .i32(1)
                    .i32(FREE - 64)
                    .i32(1)
                    .i32(FREE - 128)
                    .call(write)
                    .drop()
                    .i32(FREE + 28)
                    .i32(0)
                    .i32(0)
                    .i32(0)
                    .i32(0)
                    .call(read)
                    .i32Store()
                    .i32(FREE)
                    .i32(32)
                    .call(g.output)
                    .i32(0)));
    byte[] a = handle(m.spawn("thing", seed(1)), "").frame().body();
    byte[] again = handle(m.spawn("thing", seed(1)), "").frame().body();
    byte[] other = handle(m.spawn("thing", seed(2)), "").frame().body();
    java.nio.ByteBuffer buffer =
        java.nio.ByteBuffer.wrap(a).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    assertThat(buffer.getLong(0)).isEqualTo(host.millis * 1_000_000);
    assertThat(buffer.getInt(24)).as("EBADF").isEqualTo(8);
    assertThat(again).isEqualTo(a);
    assertThat(java.util.Arrays.copyOfRange(other, 8, 24))
        .isNotEqualTo(java.util.Arrays.copyOfRange(a, 8, 24));
    assertThat(host.logged.subList(0, 3)).containsExactly("2 one", "2 two", "2 thre");
  }

  private static byte[] vector(int at, int size) {
    return java.nio.ByteBuffer.allocate(8)
        .order(java.nio.ByteOrder.LITTLE_ENDIAN)
        .putInt(at)
        .putInt(size)
        .array();
  }

  private static byte[] seed(int n) {
    byte[] s = new byte[32];
    s[0] = (byte) n;
    return s;
  }

  @Test
  void exitIsATrap() {
    GuestBuilder g = new GuestBuilder();
    int exit = g.module().importFunction("wasi_snapshot_preview1", "proc_exit", "i:");
    GuestInstance i = spawn(g.handler(Code.code().i32(3).call(exit).unreachable()));
    assertThatThrownBy(() -> handle(i, ""))
        .isInstanceOf(GuestTrap.class)
        .hasMessage("the guest exited with status 3");
  }

  @Test
  void otherEnginesModulesAreNotAccepted() {
    assertThat(engine.accepts(GuestBuilder.echo())).isTrue();
    assertThat(engine.accepts(new byte[0])).isFalse();
    assertThat(engine.accepts("<html>".getBytes(StandardCharsets.UTF_8))).isFalse();
    ModuleBuilder b = new ModuleBuilder();
    b.importFunction("plexspaces:engine/quickjs@1", "marker", ":");
    assertThat(engine.accepts(b.build())).isFalse();
  }

  @Test
  void describeIsReadAsJson() {
    assertThat(load(GuestBuilder.echo()).description().toValue())
        .isEqualTo(
            Json.read(
                GuestBuilder.DESCRIPTION.replace(
                    "\"name\":\"thing\",", "\"name\":\"thing\",\"behavior\":\"GenServer\",")));
  }
}
