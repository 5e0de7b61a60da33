package io.plexspaces.bench;

import io.plexspaces.api.Frame;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.api.op.Effect;
import io.plexspaces.api.op.HostOperation;
import io.plexspaces.api.op.TurnContext;
import io.plexspaces.engine.NativeModule;
import io.plexspaces.engine.NativeModule.NativeActor;
import io.plexspaces.engine.NativeModule.NativeContext;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A service that answers when it is told to, and not before: actors in Java, one for each caller,
 * that wait in a host operation. Thread-safe.
 */
final class SlowService {
  /** The app that it runs as. */
  static final String APP = "slow";

  private static final String TYPE = "service";
  private static final String OPERATION = "bench_wait";

  private final AtomicInteger waiting = new AtomicInteger();
  private final CountDownLatch arrived;
  private final CountDownLatch told = new CountDownLatch(1);

  /**
   * @param callers how many there will be
   */
  SlowService(int callers) {
    this.arrived = new CountDownLatch(callers);
  }

  /** What the actors wait in; the engine must have it. */
  List<HostOperation> operations() {
    return List.of(new HostOperation(OPERATION, Effect.IMMEDIATE, this::await));
  }

  private Frame await(TurnContext turn, Frame request) {
    return turn.await(
        null,
        () -> {
          waiting.incrementAndGet();
          arrived.countDown();
          told.await();
          waiting.decrementAndGet();
          return Frame.EMPTY;
        });
  }

  /** Also has {@link NativeCounter}, for a neighbour in Java. */
  NativeModule module() {
    return NativeModule.builder()
        .type(TYPE, () -> (NativeActor) SlowService::work, "work")
        .type(Guests.TYPE, NativeCounter::new, "increment", "stamp", "delegate")
        .build();
  }

  private static Payload work(NativeContext context, String op, Payload payload) {
    long n = ((Value.Obj) payload.value()).integer("n", 0);
    var _ = context.call(OPERATION, Frame.EMPTY);
    return Payload.json(Value.Obj.builder().put("answer", answer(n)).build());
  }

  /** What the caller {@code n} is answered. */
  static long answer(long n) {
    return n * 31 + 7;
  }

  /** The address of the caller's service. */
  static String address(int caller) {
    return EngineApp.id(APP, TYPE, "s" + caller).address();
  }

  /** Reaches zero when as many callers as were announced have come. */
  CountDownLatch arrived() {
    return arrived;
  }

  /** Callers that wait for their answers now. */
  int waiting() {
    return waiting.get();
  }

  /** Answers all who wait, and from now on at once. */
  void answerAll() {
    told.countDown();
  }
}
