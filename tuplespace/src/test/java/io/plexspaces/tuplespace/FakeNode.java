package io.plexspaces.tuplespace;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.RequestContext;
import io.plexspaces.api.Telemetry;
import io.plexspaces.api.op.HostOperation;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** As much of a node as a tuple space needs: turns, and a graph of who waits for whom. */
final class FakeNode {
  static final AppId APP = new AppId("default", "shop");

  final List<String> told = new CopyOnWriteArrayList<>();
  final TupleSpaces spaces;

  /** Of the app's space; null if it is in memory. */
  final @Nullable MemoryDisk disk;

  private final Map<String, HostOperation> operations = new HashMap<>();
  private final Map<ActorId, ActorId> waits = new HashMap<>();
  private final ReentrantLock lock = new ReentrantLock();

  FakeNode() {
    this(System::nanoTime, TupleSpaces.DEFAULT_MAX_BYTES);
  }

  /** A node whose app has a durable space that is on disk when a turn's commit returns. */
  static FakeNode durable() {
    InstantSource clock = InstantSource.system();
    MemoryDisk disk = new MemoryDisk(clock, true);
    FakeNode node = new FakeNode(System::nanoTime, TupleSpaces.DEFAULT_MAX_BYTES, clock, disk);
    node.spaces.load(APP);
    return node;
  }

  FakeNode(LongSupplier clock, long maxBytes) {
    this(clock, maxBytes, InstantSource.system(), null);
  }

  /**
   * @param clock deadlines and waits are by it
   * @param wall the host's clock
   * @param disk with what an earlier life of the node has left; null for a space in memory
   */
  FakeNode(LongSupplier clock, long maxBytes, InstantSource wall, @Nullable MemoryDisk disk) {
    this.disk = disk;
    Telemetry telemetry =
        new Telemetry() {
          @Override
          public void tupleOperation(AppId app, String operation) {
            if (told.size() < 100) {
              told.add(app.name() + " " + operation);
            }
          }
        };
    spaces = new TupleSpaces(telemetry, clock, RandomGenerator.getDefault(), maxBytes);
    if (disk != null) {
      spaces.durable(APP, disk, wall);
    }
    for (HostOperation op : new TupleSpaceOperations(spaces).operations()) {
      operations.put(op.name(), op);
    }
  }

  HostOperation operation(String name) {
    HostOperation op = operations.get(name);
    if (op == null) {
      throw new IllegalArgumentException(name);
    }
    return op;
  }

  /** A turn of the actor {@code shop/worker/<key>} without a deadline. */
  FakeTurn turn(String key) {
    return turn(APP, key, RequestContext.NO_DEADLINE);
  }

  FakeTurn turn(AppId app, String key, long deadlineNanos) {
    RequestContext request =
        new RequestContext(app.tenant(), "anonymous", Set.of(), deadlineNanos, "trace");
    return new FakeTurn(this, new ActorId(app, "worker", key), request);
  }

  TupleSpace space() {
    return spaces.space(turn("observer"));
  }

  /** Starts {@code work} on a virtual thread. */
  <T> Running<T> start(Callable<T> work) {
    FutureTask<T> task = new FutureTask<>(work);
    Thread thread = Thread.ofVirtual().start(task);
    return new Running<>(thread, task);
  }

  /** Waits until {@code n} calls wait in the space. */
  void untilWaiting(int n) {
    until(() -> spaces.waiting(APP) == n);
  }

  static void until(BooleanSupplier condition) {
    long end = System.nanoTime() + 20_000_000_000L;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("it did not come to be within 20 s");
      }
      LockSupport.parkNanos(100_000); // between looks only: the condition decides
    }
  }

  void waitsFor(ActorId who, ActorId whom) {
    lock.lock();
    try {
      StringBuilder path = new StringBuilder(who.address());
      for (ActorId at = whom; at != null; at = waits.get(at)) {
        path.append(" -> ").append(at.address());
        if (at.equals(who)) {
          throw new HostException(ErrorCode.ABORTED, "would wait in a cycle: " + path);
        }
      }
      waits.put(who, whom);
    } finally {
      lock.unlock();
    }
  }

  void waitsNoMore(ActorId who) {
    lock.lock();
    try {
      waits.remove(who);
    } finally {
      lock.unlock();
    }
  }

  /** Work on its way. */
  record Running<T>(Thread thread, FutureTask<T> task) {
    T result() throws Exception {
      return task.get(20, TimeUnit.SECONDS);
    }
  }
}
