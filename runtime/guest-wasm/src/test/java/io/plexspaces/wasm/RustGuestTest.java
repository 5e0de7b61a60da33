package io.plexspaces.wasm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.GuestReply;
import io.plexspaces.api.guest.GuestTrap;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.api.guest.ModuleDescription.Kind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The Rust SDK and the lending of instances, with the counter example. */
class RustGuestTest {
  /** Compiled once for all tests: a compiler answers what somebody still holds. */
  private static final ModuleCompiler COMPILER = new ModuleCompiler(null);

  private static CompiledModule compiled;

  @BeforeAll
  static void compile() throws Exception {
    compiled = COMPILER.compile(RustCounter.module());
  }

  private final MemoryBudget budget = MemoryBudget.unlimited();
  private final TestHost host = new TestHost();
  private GuestModule module;

  @BeforeEach
  void load() throws Exception {
    module = new WasmEngine(COMPILER, budget).load(RustCounter.module(), GuestLimits.DEFAULT);
    assertThat(module.digest()).isEqualTo(compiled.digest());
  }

  private static Frame handle(String op, String payload) {
    return new Frame(
        ("{\"op\":\"" + op + "\",\"kind\":\"call\",\"id\":\"m\",\"from\":null}")
            .getBytes(StandardCharsets.UTF_8),
        payload.getBytes(StandardCharsets.UTF_8));
  }

  private GuestInstance counter(String config) {
    GuestInstance i = module.spawn("counter", new byte[32]);
    Frame init =
        new Frame(
            "{\"type\":\"counter\",\"actor_id\":\"a/counter/k\"}".getBytes(StandardCharsets.UTF_8),
            config.getBytes(StandardCharsets.UTF_8));
    assertThat(i.call(GuestOp.INIT, init, host).error()).isNull();
    return i;
  }

  private static long value(GuestReply r) {
    assertThat(r.error()).isNull();
    return ((Value.Obj) Json.read(r.frame().body())).integer("value", -1);
  }

  private static HostError error(GuestReply r) {
    return Objects.requireNonNull(r.error());
  }

  @Test
  void itDescribesItself() {
    var type = Objects.requireNonNull(module.description().type("counter"));
    assertThat(type.operations().keySet())
        .containsExactly("increment", "get", "fail", "crash", "spin", "echo");
    assertThat(Objects.requireNonNull(type.operation("get")).kind()).isEqualTo(Kind.QUERY);
  }

  @Test
  void itCountsRefusesAndKeepsItsState() {
    GuestInstance i = counter("{\"args\":{\"start\":40}}");
    assertThat(value(i.call(GuestOp.HANDLE, handle("increment", "{\"by\":2}"), host)))
        .isEqualTo(42);
    HostError refused = error(i.call(GuestOp.HANDLE, handle("increment", "{\"by\":\"x\"}"), host));
    assertThat(refused.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(refused.business()).isTrue();
    assertThat(error(i.call(GuestOp.HANDLE, handle("nope", ""), host)).message())
        .contains("\"nope\"");
    Frame state = i.call(GuestOp.SNAPSHOT, Frame.EMPTY, host).frame();
    GuestInstance other = counter("{}");
    assertThat(other.call(GuestOp.RESTORE, state, host).error()).isNull();
    assertThat(value(other.call(GuestOp.HANDLE, handle("get", ""), host))).isEqualTo(42);
  }

  @Test
  void aRefusedTurnLeavesNoTraceInMemory() {
    GuestInstance i = counter("{}");
    i.mark();
    assertThat(error(i.call(GuestOp.HANDLE, handle("fail", "{}"), host)).business()).isTrue();
    assertThat(value(i.call(GuestOp.HANDLE, handle("get", ""), host))).isEqualTo(1000);
    i.rollBack();
    assertThat(value(i.call(GuestOp.HANDLE, handle("get", ""), host))).isZero();
  }

  @Test
  void aPanicIsACrashWithItsMessage() {
    GuestInstance i = counter("{}");
    GuestTrap t =
        catchThrowableOfType(
            GuestTrap.class, () -> i.call(GuestOp.HANDLE, handle("crash", "{}"), host));
    assertThat(t.error().message()).contains("this operation always crashes");
    assertThat(t.error().code()).isEqualTo(ErrorCode.INTERNAL);
  }

  @Test
  void payloadsComeThroughUnchanged() {
    GuestInstance i = counter("{}");
    String json =
        "{\"a\":[1,-9223372036854775808,1.5,true,null,\"q\\\"ü😀\"],\"b\":{\"$bytes\":\"AP8=\"}}";
    GuestReply r = i.call(GuestOp.HANDLE, handle("echo", json), host);
    assertThat(Json.read(r.frame().body())).isEqualTo(Json.read(json));
  }

  @Test
  void lentInstancesKeepEveryActorsStateApartUnderParallelLoad() throws Exception {
    int actors = 200;
    int threads = 8;
    int turns = 1_500;
    List<GuestInstance> all = new ArrayList<>();
    for (int n = 0; n < actors; n++) {
      all.add(counter("{}"));
    }
    long[] expected = new long[actors];
    try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> running = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        int mine = t;
        running.add(
            pool.submit(() -> {
              SplittableRandom random = new SplittableRandom(mine);
              TestHost h = new TestHost();
              for (int n = 0; n < turns; n++) {
                // Each thread has its own actors; the instances are everybody's.
                int a = random.nextInt(actors / threads) * threads + mine;
                all.get(a).mark();
                switch (random.nextInt(10)) {
                  case 0 -> {
                    GuestReply r = all.get(a).call(GuestOp.HANDLE, handle("fail", ""), h);
                    assertThat(error(r).business()).isTrue();
                    all.get(a).rollBack();
                  }
                  case 1 -> {
                    assertThatThrownBy(
                            () -> all.get(a).call(GuestOp.HANDLE, handle("crash", ""), h))
                        .isInstanceOf(GuestTrap.class);
                    all.get(a).rollBack();
                  }
                  default ->
                      assertThat(
                              value(
                                  all.get(a)
                                      .call(
                                          GuestOp.HANDLE,
                                          handle("increment", "{\"by\":" + (a + 1) + "}"),
                                          h)))
                          .isEqualTo(expected[a] += a + 1);
                }
                if (n % 7 == 0) {
                  LockSupport.parkNanos(1);
                }
              }
            }));
      }
      for (Future<?> f : running) {
        f.get();
      }
    }
    for (int a = 0; a < actors; a++) {
      assertThat(value(all.get(a).call(GuestOp.HANDLE, handle("get", ""), host)))
          .isEqualTo(expected[a]);
      all.get(a).close();
    }
    module.close();
    assertThat(budget.used()).isZero();
  }
}
