package io.plexspaces.engine;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.RequestContext;
import io.plexspaces.api.Role;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.ModuleDescription;
import io.plexspaces.api.guest.ModuleDescription.ActorType;
import io.plexspaces.api.journal.JournalStore;
import io.plexspaces.engine.AppStatus.AppState;
import io.plexspaces.engine.plan.ActorPlan;
import io.plexspaces.engine.plan.AppPlan;
import io.plexspaces.engine.plan.AppPlan.ActorChild;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A running app: its namespace of actors and names, and its supervisor tree. Thread-safe. */
final class AppRuntime {
  private static final long KILL_MILLIS = 10_000;

  /** Open streams of all actors of an app. */
  static final int MAX_STREAMS = 10_000;

  private final ActorEngine engine;
  private final AppPlan plan;
  private final GuestModule module;
  private final ReadyQueue.Tenant tenant;
  private final OperationInputs inputs;
  private final Names names = new Names();
  private final KeptStates keptStates;
  private final MemoryTimers memoryTimers = new MemoryTimers(this);

  /** By {@code type/key}. */
  private final ConcurrentMap<String, ActorCell> cells = new ConcurrentHashMap<>();

  /** Supervised children, by child id; and what they are by {@code type/key}. */
  private final ConcurrentMap<String, ActorChild> childrenByAddress = new ConcurrentHashMap<>();

  private final ConcurrentMap<String, String> addressByChild = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, RestartWindow> onDemandWindows = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, String> quotedOps = new ConcurrentHashMap<>();
  private final ReentrantLock supervision = new ReentrantLock();
  private final ReentrantLock idleLock = new ReentrantLock();
  private final Condition idle = idleLock.newCondition();
  private final AtomicLong restarts = new AtomicLong();
  private final AtomicInteger streams = new AtomicInteger();
  private final SupervisorNode root;

  /** Guarded by the supervision lock: whether no cell may be made any more. */
  private boolean closing;

  private volatile AppState state = AppState.DEPLOYING;
  private volatile @Nullable String failure;

  AppRuntime(ActorEngine engine, AppPlan plan, GuestModule module, Map<ActorId, Payload> states) {
    this.keptStates = new KeptStates(states);
    this.engine = engine;
    this.plan = plan;
    this.module = module;
    this.inputs = new OperationInputs(module.description());
    this.tenant = engine.dispatcher().tenant(plan.app().tenant());
    this.root = new SupervisorNode(this, null, plan.supervisor());
    root.register();
  }

  ActorEngine engine() {
    return engine;
  }

  AppPlan plan() {
    return plan;
  }

  AppId id() {
    return plan.app();
  }

  GuestModule module() {
    return module;
  }

  ReadyQueue.Tenant tenant() {
    return tenant;
  }

  Names names() {
    return names;
  }

  MemoryTimers memoryTimers() {
    return memoryTimers;
  }

  KeptStates keptStates() {
    return keptStates;
  }

  ReentrantLock supervision() {
    return supervision;
  }

  AppState state() {
    return state;
  }

  boolean isRunning() {
    return state == AppState.RUNNING;
  }

  boolean isDraining() {
    return state == AppState.DRAINING;
  }

  /** The context of what nobody asked for: init, terminate. */
  RequestContext systemContext() {
    return new RequestContext(id().tenant(), "system", Set.of(), RequestContext.NO_DEADLINE, "");
  }

  String quoted(String op) {
    return quotedOps.computeIfAbsent(op, GuestFrames::quote);
  }

  void registerChild(ActorChild child) {
    String address = child.localAddress();
    childrenByAddress.put(address, child);
    addressByChild.put(child.id(), address);
  }

  // ---- life

  /** Starts the tree; when this throws, nothing runs. */
  void start() {
    try {
      root.start();
    } catch (HostException e) {
      shutDownTree("the app did not start");
      throw e;
    }
    supervision.lock();
    try {
      if (state != AppState.DEPLOYING) {
        throw new HostException(
            ErrorCode.UNAVAILABLE, "app \"" + id().name() + "\" was stopped while it started");
      }
      state = AppState.RUNNING;
    } finally {
      supervision.unlock();
    }
    resumeOutboxes();
  }

  /** Wakes actors that may have undelivered effects; those with reminders sleep until then. */
  private void resumeOutboxes() {
    for (JournalStore.Pending pending : engine.journals().pending(id())) {
      ActorId actor = pending.actor();
      engine.timers().resume(actor, pending.nextDueMillis());
      if (!pending.effects()) {
        continue;
      }
      try {
        ActorCell cell = find(actor.localAddress());
        cell.command(new ActorCell.Command.Start(new ReplySlot()));
      } catch (HostException e) {
        engine.deadLetter(
            actor, actor.address(), "outbox", "cannot be activated: " + e.error().message());
      }
    }
  }

  /** Refuses new work from outside, lets what is queued finish, stops everything. */
  void stop(Duration drain) {
    state = AppState.DRAINING;
    endTimers();
    HostError why = HostError.of(ErrorCode.UNAVAILABLE, "the app is being stopped");
    cells.values().forEach(c -> c.streams().cancelAll(why));
    awaitIdle(drain);
    shutDownTree("the app is being stopped");
    endTimers();
    state = AppState.STOPPED;
  }

  /** Nothing falls due any more; reminders stay in their journals. */
  private void endTimers() {
    memoryTimers.clear();
    engine.timers().schedule().remove(id());
  }

  private void awaitIdle(Duration drain) {
    long deadline = System.nanoTime() + drain.toNanos();
    idleLock.lock();
    try {
      while (!cells.values().stream().allMatch(AppRuntime::needsNoDrain)) {
        long left = deadline - System.nanoTime();
        if (left <= 0) {
          return;
        }
        // Cells signal when they come to rest; commits end on threads of the store, so look again.
        var _ = idle.awaitNanos(Math.min(left, TimeUnit.MILLISECONDS.toNanos(20)));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      idleLock.unlock();
    }
  }

  private static boolean needsNoDrain(ActorCell c) {
    return c.isQuiescent()
        || c.state() == ActorStatus.ActorState.RESTARTING
        || c.state() == ActorStatus.ActorState.FAILED;
  }

  /** A cell came to rest while the app drains. */
  void cellIdle() {
    idleLock.lock();
    try {
      idle.signalAll();
    } finally {
      idleLock.unlock();
    }
  }

  private void shutDownTree(String reason) {
    supervision.lock();
    try {
      closing = true; // from here on nothing new is made
      if (state != AppState.FAILED) {
        state = AppState.DRAINING;
      }
    } finally {
      supervision.unlock();
    }
    // Actors on demand came after the tree, so they go first.
    stopAll(cells.values().stream().filter(ActorCell::onDemand).toList(), reason);
    root.stop(reason);
    stopAll(List.copyOf(cells.values()), reason);
  }

  /** Stops actors that have no order among them; together they have one shutdown timeout. */
  private void stopAll(List<ActorCell> all, String reason) {
    long timeout = 0;
    for (ActorCell c : all) {
      c.command(new ActorCell.Command.Stop(reason));
      timeout = Math.max(timeout, c.plan().shutdownTimeout().toMillis());
    }
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeout);
    try {
      for (ActorCell c : all) {
        long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (!c.awaitStopped(Math.max(0, left))) {
          c.kill(reason);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      all.forEach(c -> c.kill(reason));
    }
    for (ActorCell c : all) {
      awaitKilled(c);
    }
  }

  /** Stops one actor gracefully, then by force. */
  void stopCell(ActorCell c, String reason) {
    stopAll(List.of(c), reason);
  }

  private void awaitKilled(ActorCell c) {
    try {
      if (!c.awaitStopped(KILL_MILLIS)) {
        engine.bug("stopping " + c.id() + ": it does not end", null);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    cells.remove(c.id().localAddress(), c);
  }

  /** The root supervisor gave up. */
  void fail(String why) {
    failure = why;
    state = AppState.FAILED;
    engine.warn("app " + id() + " failed: " + why);
    endTimers();
    for (ActorCell c : List.copyOf(cells.values())) {
      c.kill("the app has failed");
    }
  }

  // ---- finding actors

  /**
   * The cell of {@code type/key}, made if need be.
   *
   * @throws HostException NOT_FOUND, UNAVAILABLE
   */
  ActorCell find(String address) {
    ActorCell c = cells.get(address);
    return c != null ? c : make(address);
  }

  @Nullable ActorCell inMemory(String address) {
    return cells.get(address);
  }

  private ActorCell make(String address) {
    int slash = address.indexOf('/');
    if (slash <= 0) {
      throw new HostException(
          ErrorCode.NOT_FOUND, "app \"" + id().name() + "\" has no actor \"" + address + "\"");
    }
    refuseUnlessRunning();
    ActorId actor = new ActorId(id(), address.substring(0, slash), address.substring(slash + 1));
    ActorType type = module.description().type(actor.type());
    if (type == null) {
      throw new HostException(
          ErrorCode.NOT_FOUND,
          "app \""
              + id().name()
              + "\" has no actor type \""
              + actor.type()
              + "\"; it has "
              + String.join(", ", module.description().types().keySet()));
    }
    if (childrenByAddress.containsKey(address)) {
      // Its supervisor makes it; for now it is not there.
      throw new HostException(
          ErrorCode.UNAVAILABLE, actor.address() + " is not running at the moment");
    }
    ActorPlan actorPlan = plan.types().get(actor.type());
    if (actorPlan == null) {
      throw new HostException(
          ErrorCode.NOT_FOUND,
          "there is no actor "
              + actor.address()
              + ", and type \""
              + actor.type()
              + "\" is not activated on demand: it needs [actor_types."
              + actor.type()
              + "]");
    }
    RestartWindow window =
        onDemandWindows.computeIfAbsent(
            address,
            a ->
                new RestartWindow(
                    plan.supervisor().maxRestarts(), plan.supervisor().windowMillis()));
    supervision.lock();
    try {
      refuseIfClosing();
      return cells.computeIfAbsent(
          address, a -> new ActorCell(this, actor, type, actorPlan, Value.Obj.EMPTY, true, window));
    } finally {
      supervision.unlock();
    }
  }

  /** For {@link SupervisorNode}; call with the supervision lock held. */
  boolean isClosing() {
    return closing;
  }

  private void refuseIfClosing() {
    if (closing) {
      throw new HostException(
          ErrorCode.UNAVAILABLE, "app \"" + id().name() + "\" is being stopped");
    }
  }

  Stream<ActorCell> cells() {
    return cells.values().stream();
  }

  void refuseUnlessRunning() {
    AppState s = state;
    if (s == AppState.FAILED) {
      throw new HostException(
          new HostError(
              ErrorCode.UNAVAILABLE,
              "app \"" + id().name() + "\" has failed and needs a restart: " + failure,
              false,
              Value.NULL,
              false));
    }
    if (s == AppState.STOPPED) {
      throw new HostException(ErrorCode.UNAVAILABLE, "app \"" + id().name() + "\" has stopped");
    }
  }

  /** Makes the cell of a supervised child. */
  ActorCell addChild(ActorChild child, RestartWindow window) {
    ActorId actor = new ActorId(id(), child.type(), child.id());
    ActorType type = module.description().type(child.type());
    if (type == null) {
      throw new HostException(
          ErrorCode.NOT_FOUND, "the module has no actor type \"" + child.type() + "\"");
    }
    refuseIfClosing();
    ActorCell c = new ActorCell(this, actor, type, child.actor(), child.args(), false, window);
    cells.put(child.localAddress(), c);
    return c;
  }

  /** Forgets a cell that has stopped, if it is still known. */
  void dropClosed(ActorCell c) {
    if (c.isClosed()) {
      cells.remove(c.id().localAddress(), c);
    }
  }

  /** An actor on demand has left memory. */
  void forget(ActorCell c) {
    String address = c.id().localAddress();
    cells.remove(address, c);
    onDemandWindows.computeIfPresent(
        address, (a, w) -> w.recent(engine.clock().millis()) == 0 ? null : w);
  }

  /**
   * The full address {@code app/type/key} of a target as a guest writes it: a child id, {@code
   * type/key} or {@code app/type/key}.
   */
  String addressOf(String target) {
    int first = target.indexOf('/');
    if (first < 0) {
      String address = addressByChild.get(target);
      if (address == null) {
        throw new HostException(
            ErrorCode.NOT_FOUND,
            "app \""
                + id().name()
                + "\" has no child \""
                + target
                + "\"; an address is a child id, type/key or app/type/key");
      }
      return id().name() + "/" + address;
    }
    return target.indexOf('/', first + 1) < 0 ? id().name() + "/" + target : target;
  }

  /**
   * A client that sends cannot be told later, so it is told now.
   *
   * @throws HostException NOT_FOUND if the type has no such operation, INVALID_ARGUMENT if it
   *     streams; an unknown type is refused where the actor is looked up
   */
  void requireOperation(String type, String op) {
    ActorType t = module.description().type(type);
    ModuleDescription.Operation operation = t == null ? null : t.operation(op);
    if (t != null && operation == null) {
      throw new HostException(ErrorCode.NOT_FOUND, noOperation(t, op));
    }
    if (t != null && operation != null && operation.stream()) {
      throw new HostException(ErrorCode.INVALID_ARGUMENT, isStream(t, op));
    }
  }

  /**
   * A message of the wrong form is refused where it is sent, before anything is made or queued for
   * it.
   *
   * @throws HostException INVALID_ARGUMENT naming the operation and the fields
   */
  void checkInput(String type, String op, Payload payload) {
    inputs.check(type, op, payload);
  }

  static String isStream(ActorType type, String op) {
    return "operation \""
        + op
        + "\" of type \""
        + type.name()
        + "\" streams its values: open it with ask_stream, or with .../stream/"
        + op
        + " over HTTP";
  }

  static String isNoStream(ActorType type, String op) {
    return "operation \""
        + op
        + "\" of type \""
        + type.name()
        + "\" answers once and is no stream: use ask";
  }

  static String noOperation(ActorType type, String op) {
    return "type \""
        + type.name()
        + "\" has no operation \""
        + op
        + "\"; it has "
        + String.join(", ", type.operations().keySet());
  }

  /** Whether a client or another app may call a type. */
  void checkAccess(String type, RequestContext context, @Nullable AppId caller) {
    AppPlan.Access access = plan.access().get(type);
    if (caller != null && !caller.equals(id())) {
      if (access == null || !access.apps().contains(caller.name())) {
        throw new HostException(
            ErrorCode.PERMISSION_DENIED,
            "app \""
                + caller.name()
                + "\" may not call \""
                + id().name()
                + "/"
                + type
                + "\": [access] does not name it");
      }
    } else if (caller == null && access != null) {
      for (Role r : context.roles()) {
        if (access.roles().contains(r)) {
          return;
        }
      }
      throw new HostException(
          ErrorCode.PERMISSION_DENIED,
          "none of your roles may call \"" + id().name() + "/" + type + "\"");
    }
  }

  /**
   * @throws HostException RESOURCE_EXHAUSTED if the app has too many open streams
   */
  void streamOpened() {
    if (streams.incrementAndGet() > MAX_STREAMS) {
      streams.decrementAndGet();
      throw new HostException(
          ErrorCode.RESOURCE_EXHAUSTED,
          "app \"" + id().name() + "\" has " + MAX_STREAMS + " open streams already");
    }
  }

  /** One that failed is there again, until it is closed. */
  void streamReopened() {
    streams.incrementAndGet();
  }

  void streamEnded() {
    streams.decrementAndGet();
  }

  // ---- supervision

  void childCrashed(ActorCell c, HostError why) {
    restarts.incrementAndGet();
    if (c.onDemand()) {
      Supervision.onDemandCrashed(this, c, why);
    } else {
      SupervisorNode parent = root.parentOf(c);
      if (parent != null) {
        parent.childCrashed(c, why);
      }
    }
  }

  // ---- what is there

  AppStatus status() {
    long depth = 0;
    long memory = 0;
    int n = 0;
    for (ActorCell c : cells.values()) {
      depth += c.mailboxDepth();
      memory += c.memoryBytes();
      n++;
    }
    return new AppStatus(
        id(),
        plan.version(),
        state,
        failure,
        module.digest(),
        module.description(),
        n,
        depth,
        memory,
        restarts.get());
  }

  List<ActorStatus> actors() {
    Map<String, ActorStatus> sorted = new TreeMap<>();
    cells.forEach((address, c) -> sorted.put(address, c.status()));
    return List.copyOf(sorted.values());
  }

  TreeNode tree() {
    List<TreeNode> children = new ArrayList<>(root.tree().children());
    Map<String, List<TreeNode>> byType = new TreeMap<>();
    for (ActorStatus s : actors()) {
      String address = s.actor().localAddress();
      if (!childrenByAddress.containsKey(address)) {
        byType
            .computeIfAbsent(s.actor().type(), t -> new ArrayList<>())
            .add(Supervision.leaf(address, s));
      }
    }
    byType.forEach(
        (type, nodes) -> children.add(new TreeNode("dynamic", type, "running", 0, nodes)));
    TreeNode r = root.tree();
    return new TreeNode(r.kind(), r.label(), r.state(), r.restarts(), children);
  }
}
