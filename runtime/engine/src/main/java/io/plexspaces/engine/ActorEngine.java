package io.plexspaces.engine;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.RequestContext;
import io.plexspaces.api.Telemetry;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.api.journal.JournalStore;
import io.plexspaces.api.journal.SpaceStore;
import io.plexspaces.api.journal.TimerChange;
import io.plexspaces.api.journal.TurnRecord.Outgoing;
import io.plexspaces.api.op.HostOperation;
import io.plexspaces.engine.plan.AppPlan;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The {@link Engine} of one node. */
public final class ActorEngine implements Engine {
  private static final Logger LOG = System.getLogger(ActorEngine.class.getName());
  private static final long MAX_LEAVING_MILLIS = 30_000;
  private static final long DEFAULT_DRAIN_SECONDS = 5;

  private final Dispatcher dispatcher;
  private final OperationTable operations;
  private final JournalStore journals;
  private final SpaceStore spaces;
  private final Telemetry telemetry;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final RecentLog guestLog;
  private final Duration startTimeout;
  private final MemoryBudget budget;
  private final MemoryRelief relief;
  private final EngineTimer timer = new EngineTimer();
  private final ReplyTimer replyTimer = new ReplyTimer();
  private final Timers timers;
  private final WaitForGraph waitForGraph = new WaitForGraph();
  private final ConcurrentMap<AppId, AppRuntime> apps = new ConcurrentHashMap<>();
  private final long idHigh;
  private final AtomicLong idLow = new AtomicLong();

  private ActorEngine(Builder b) {
    List<HostOperation> all = new ArrayList<>();
    all.addAll(MessagingOperations.all());
    all.addAll(StreamOperations.all());
    all.addAll(SystemOperations.all());
    all.addAll(TimerOperations.all());
    all.addAll(b.operations);
    this.operations = new OperationTable(all);
    this.journals = b.journals;
    this.spaces = b.spaces;
    this.telemetry = b.telemetry;
    this.clock = b.clock;
    this.random = b.random;
    this.guestLog = new RecentLog(b.guestLog, b.clock);
    this.startTimeout = b.startTimeout;
    this.budget = b.budget;
    this.relief = new MemoryRelief(b.budget, this::cells);
    this.dispatcher = new Dispatcher(b.workers);
    this.idHigh = random.nextLong();
    this.timers = new Timers(this, b.clock);
  }

  public static Builder builder() {
    return new Builder();
  }

  /** Collects what an engine needs. Not thread-safe. */
  public static final class Builder {
    private List<HostOperation> operations = List.of();
    private JournalStore journals = NoJournals.INSTANCE;
    private SpaceStore spaces = NoSpaces.INSTANCE;
    private Telemetry telemetry = Telemetry.NONE;
    private InstantSource clock = InstantSource.system();
    private RandomGenerator random = new SecureRandom();
    private GuestLog guestLog =
        (actor, level, message) ->
            System.getLogger("guest").log(level(level), actor + ": " + GuestText.oneLine(message));
    private Duration startTimeout = Duration.ofSeconds(60);
    private MemoryBudget budget = MemoryBudget.unlimited();
    private int workers = Runtime.getRuntime().availableProcessors();

    private Builder() {}

    /** Operations of other rooms, in addition to the engine's own. */
    public Builder operations(List<HostOperation> more) {
      this.operations = List.copyOf(more);
      return this;
    }

    /** Takes what actors without durability do to durable spaces; without one they cannot. */
    public Builder spaces(SpaceStore store) {
      this.spaces = store;
      return this;
    }

    /** Without it, durable actors are refused. */
    public Builder journals(JournalStore store) {
      this.journals = store;
      return this;
    }

    public Builder telemetry(Telemetry t) {
      this.telemetry = t;
      return this;
    }

    public Builder clock(InstantSource c) {
      this.clock = c;
      return this;
    }

    /** Seeds instances and makes message ids; must be safe for use by many threads. */
    public Builder random(RandomGenerator r) {
      this.random = r;
      return this;
    }

    public Builder guestLog(GuestLog log) {
      this.guestLog = log;
      return this;
    }

    /** The node's budget for guest pages and mailboxes; the guests' engines share it. */
    public Builder memoryBudget(MemoryBudget b) {
      this.budget = b;
      return this;
    }

    /** How long one child's init may take at the start of an app. */
    public Builder startTimeout(Duration d) {
      this.startTimeout = d;
      return this;
    }

    /** How many workers run at once; by default the number of processors. */
    public Builder workers(int n) {
      this.workers = n;
      return this;
    }

    public ActorEngine build() {
      return new ActorEngine(this);
    }

    private static Level level(int guestLevel) {
      return switch (guestLevel) {
        case 0 -> Level.TRACE;
        case 1 -> Level.DEBUG;
        case 2 -> Level.INFO;
        case 3 -> Level.WARNING;
        default -> Level.ERROR;
      };
    }
  }

  // ---- for the other parts of the engine

  Dispatcher dispatcher() {
    return dispatcher;
  }

  OperationTable operations() {
    return operations;
  }

  SpaceStore spaces() {
    return spaces;
  }

  JournalStore journals() {
    return journals;
  }

  Telemetry telemetry() {
    return telemetry;
  }

  InstantSource clock() {
    return clock;
  }

  GuestLog guestLog() {
    return guestLog;
  }

  EngineTimer timer() {
    return timer;
  }

  Timers timers() {
    return timers;
  }

  ReplyTimer replyTimer() {
    return replyTimer;
  }

  MemoryBudget budget() {
    return budget;
  }

  /** Called where memory is asked for: near the limit, idle actors leave memory. */
  void relieveMemory() {
    relief.check();
  }

  /** After a refusal: idle actors leave memory, and others may have left meanwhile. Blocks. */
  void awaitMemory() {
    relief.await();
  }

  private Stream<ActorCell> cells() {
    return apps.values().stream().flatMap(AppRuntime::cells);
  }

  WaitForGraph waitForGraph() {
    return waitForGraph;
  }

  Duration startTimeout() {
    return startTimeout;
  }

  MessageId newMessageId() {
    return new MessageId(idHigh, idLow.incrementAndGet());
  }

  byte[] newSeed() {
    byte[] seed = new byte[32];
    random.nextBytes(seed);
    return seed;
  }

  RandomGenerator newRandom() {
    // Replaced by one of the actor's own seed at its activation; never used before.
    return random;
  }

  void bug(String where, @Nullable Throwable t) {
    LOG.log(Level.ERROR, "internal error while " + where, t);
  }

  void warn(String message) {
    LOG.log(Level.WARNING, message);
  }

  void debug(String message) {
    LOG.log(Level.DEBUG, message);
  }

  /** A message to {@code receiver} that nobody will handle. */
  void deadLetter(ActorId receiver, String sender, String op, String why) {
    telemetry.deadLetter(receiver, why);
    LOG.log(
        Level.WARNING,
        () -> "dead letter: " + op + " from " + sender + " to " + receiver + ": " + why);
  }

  /** A committed effect that no receiver will ever take. */
  void undeliverable(ActorId sender, String op, String target, String why) {
    telemetry.deadLetter(sender, why);
    LOG.log(
        Level.WARNING,
        () -> "dead letter: " + op + " from " + sender + " to " + target + ": " + why);
  }

  /** Said once a cell: whoever is surprised finds it in the log. */
  void noteStateDropped(ActorCell c) {
    LOG.log(
        Level.INFO,
        () -> c.id() + " is passivated; it has no durability facet, so its state is dropped");
  }

  @Nullable ActorCell cellInMemory(ActorId id) {
    AppRuntime app = apps.get(id.app());
    return app == null ? null : app.inMemory(id.localAddress());
  }

  /** Delivers a message that a turn sends; answers the cell that has it. */
  ActorCell deliver(AppRuntime from, String target, Message m, Turn turn) {
    ActorCell known = turn.cell().lastTarget(target);
    if (known != null && known.app().isRunning()) {
      known.app().checkInput(known.id().type(), m.op(), m.payload());
      if (known.enqueue(m, turn)) {
        return known;
      }
    }
    String address = from.addressOf(target);
    int slash = address.indexOf('/');
    AppRuntime app =
        address.startsWith(from.id().name()) && slash == from.id().name().length()
            ? from
            : runtime(new AppId(from.id().tenant(), address.substring(0, slash)));
    ActorCell cell = enqueue(app, address.substring(slash + 1), m, turn, from.id());
    if (app == from) {
      turn.cell().lastTarget(target, cell);
    }
    return cell;
  }

  /**
   * A durable actor's messages leave with its commit, when its handler has ended: what is wrong
   * with one is said before, as far as it can be known.
   *
   * @param address {@code app/type/key}
   * @throws HostException INVALID_ARGUMENT
   */
  void checkEffect(AppRuntime from, String address, String op, Payload payload) {
    ActorId target = ActorId.parse(from.id().tenant(), address);
    if (op.equals(Deletion.OPERATION)) {
      throw new HostException(
          ErrorCode.INVALID_ARGUMENT, "operation \"" + op + "\" is the host's own: use delete");
    }
    AppRuntime app = apps.get(target.app());
    if (app != null) {
      app.checkAccess(target.type(), from.systemContext(), from.id());
      app.checkInput(target.type(), op, payload);
    }
  }

  void sendNow(
      AppRuntime from, String target, MessageId id, String op, Payload payload, Turn turn) {
    Message m =
        new Message(
            id,
            turn.self(),
            Message.Kind.SEND,
            op,
            payload,
            withoutDeadline(turn.request()),
            null,
            null,
            null,
            false);
    var _ = deliver(from, target, m, turn);
  }

  private static RequestContext withoutDeadline(RequestContext c) {
    return c.hasDeadline() ? c.withDeadline(RequestContext.NO_DEADLINE) : c;
  }

  /**
   * Delivers an effect of a durable actor. Runs on threads of the store as well, so it never waits,
   * and leaves the check of the payload to the receiver's worker.
   *
   * @throws HostException UNAVAILABLE or RESOURCE_EXHAUSTED if the receiver cannot take it now
   */
  void deliverEffect(ActorCell from, Outgoing e, boolean redelivered, Message.Receipt receipt) {
    ActorId target = ActorId.parse(from.id().app().tenant(), e.target());
    AppRuntime app = apps.get(target.app());
    if (app == null) {
      throw new HostException(
          ErrorCode.UNAVAILABLE, "app \"" + target.app().name() + "\" is not running");
    }
    app.refuseUnlessRunning();
    app.checkAccess(target.type(), from.app().systemContext(), from.id().app());
    ActorCell cell = app.find(target.localAddress());
    Message m =
        new Message(
            e.id(),
            e.client() ? null : from.id(),
            Message.Kind.SEND,
            e.op(),
            e.payload(),
            from.app().systemContext(),
            null,
            null,
            cell.isDurable() ? receipt : null,
            redelivered,
            false,
            true);
    if (!cell.enqueue(m, null)) {
      throw new HostException(ErrorCode.UNAVAILABLE, e.target() + " is leaving memory");
    }
    if (!cell.isDurable()) {
      receipt.accepted();
    }
  }

  /**
   * Delivers the message of a timer that is in no journal. Never waits; leaves the check of the
   * payload to the receiver's worker.
   *
   * @param handled told when the receiver is done with it
   * @throws HostException UNAVAILABLE or RESOURCE_EXHAUSTED if the receiver cannot take it now
   */
  void deliverTimer(AppRuntime from, ActorId owner, TimerChange.Set timer, ReplySlot handled) {
    ActorId target = ActorId.parse(owner.app().tenant(), timer.target());
    AppRuntime app = apps.get(target.app());
    if (app == null) {
      throw new HostException(
          ErrorCode.UNAVAILABLE, "app \"" + target.app().name() + "\" is not running");
    }
    app.refuseUnlessRunning();
    app.checkAccess(target.type(), from.systemContext(), owner.app());
    Message m =
        new Message(
            newMessageId(),
            owner,
            Message.Kind.SEND,
            timer.op(),
            timers.payload(from, timer),
            from.systemContext(),
            handled,
            null,
            null,
            false,
            false,
            true);
    if (!app.find(target.localAddress()).enqueue(m, null)) {
      throw new HostException(ErrorCode.UNAVAILABLE, timer.target() + " is leaving memory");
    }
  }

  /** The app if it runs or is being started, or null. */
  @Nullable AppRuntime runningOrNull(AppId id) {
    AppRuntime app = apps.get(id);
    return app != null && (app.isRunning() || app.state() == AppStatus.AppState.DEPLOYING)
        ? app
        : null;
  }

  private AppRuntime runtime(AppId id) {
    AppRuntime app = apps.get(id);
    if (app == null) {
      throw new HostException(ErrorCode.NOT_FOUND, "there is no app \"" + id.name() + "\"");
    }
    return app;
  }

  private static ActorCell enqueue(
      AppRuntime app, String address, Message m, @Nullable Turn waker, @Nullable AppId caller) {
    app.refuseUnlessRunning();
    int slash = address.indexOf('/');
    if (m.kind() != Message.Kind.STATE) { // who may look is the gateway's concern
      String type = slash < 0 ? address : address.substring(0, slash);
      app.checkAccess(type, m.context(), caller);
      app.checkInput(type, m.op(), m.payload());
    }
    while (true) {
      ActorCell cell = app.find(address);
      if (cell.enqueue(m, waker)) {
        return cell;
      }
      awaitGone(cell, m, waker);
    }
  }

  /** The cell is on its way out of memory: wait until the next one can be made. */
  private static void awaitGone(ActorCell cell, Message m, @Nullable Turn waker) {
    try {
      boolean gone =
          waker == null
              ? cell.awaitStopped(MAX_LEAVING_MILLIS)
              : waker.await(ActorCell.NOBODY, () -> cell.awaitStopped(MAX_LEAVING_MILLIS));
      if (!gone) {
        throw new HostException(
            ErrorCode.UNAVAILABLE, cell.id().address() + " takes long to leave memory");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HostException(ErrorCode.CANCELLED, m.op() + " was interrupted");
    }
  }

  // ---- the face

  @Override
  public void start(AppPlan plan, GuestModule module, Map<ActorId, Payload> states) {
    AppRuntime app = new AppRuntime(this, plan, module, states);
    AppRuntime there = apps.compute(plan.app(), (id, old) -> mayFollow(old) ? app : old);
    if (there != app) {
      throw new HostException(
          ErrorCode.ALREADY_EXISTS, "app \"" + plan.app().name() + "\" is running already");
    }
    boolean started = false;
    try {
      app.start();
      started = true;
    } finally {
      if (!started) {
        apps.remove(plan.app(), app);
      }
    }
  }

  @Override
  public void stop(AppId id, Duration drain) {
    AppRuntime app = runtime(id);
    app.stop(drain);
    apps.remove(id, app);
    telemetry.appRemoved(id);
  }

  @Override
  public Map<ActorId, Payload> stopKeepingStates(AppId id, Duration drain) {
    AppRuntime app = runtime(id);
    app.keptStates().begin();
    app.stop(drain);
    return app.keptStates().all();
  }

  private static boolean mayFollow(@Nullable AppRuntime old) {
    return old == null || old.state() == AppStatus.AppState.STOPPED;
  }

  @Override
  public void forget(AppId app) {
    guestLog.forget(app);
  }

  @Override
  public List<RecentLog.Line> log(AppId app, long after, Duration wait)
      throws InterruptedException {
    return guestLog.lines(app, after, wait);
  }

  @Override
  public Optional<AppStatus> app(AppId id) {
    return Optional.ofNullable(apps.get(id)).map(AppRuntime::status);
  }

  @Override
  public List<AppStatus> apps() {
    return apps.values().stream()
        .map(AppRuntime::status)
        .sorted(Comparator.comparing(s -> s.app().toString()))
        .toList();
  }

  @Override
  public Payload ask(
      RequestContext context,
      ActorId target,
      String op,
      Payload payload,
      @Nullable String idempotencyKey) {
    return ask(context, target, op, payload, idempotencyKey, Message.Kind.ASK);
  }

  private Payload ask(
      RequestContext context,
      ActorId target,
      String op,
      Payload payload,
      @Nullable String key,
      Message.Kind kind) {
    ReplySlot slot = new ReplySlot();
    Message m =
        new Message(newMessageId(), null, kind, op, payload, context, slot, key, null, false);
    var _ = post(context, target, m);
    try {
      Reply r = slot.await(context.deadlineNanos(), replyTimer);
      if (r == null) {
        throw new HostException(
            ErrorCode.DEADLINE_EXCEEDED, target.address() + " did not reply in time");
      }
      return r.orThrow();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HostException(ErrorCode.CANCELLED, "the caller was interrupted");
    }
  }

  @Override
  public ValueStream stream(RequestContext context, ActorId target, String op, Payload payload) {
    StreamPipe pipe = new StreamPipe(this, newMessageId(), null, op, context, false);
    var _ = post(context, target, pipe.opening(payload));
    return pipe;
  }

  private ActorCell post(RequestContext context, ActorId target, Message m) {
    admit(context, target);
    return enqueue(runtime(target.app()), target.localAddress(), m, null, null);
  }

  private void admit(RequestContext context, ActorId target) {
    if (!context.tenant().equals(target.app().tenant())) {
      throw new HostException(
          ErrorCode.NOT_FOUND, "there is no app \"" + target.app().name() + "\"");
    }
    AppRuntime app = runtime(target.app());
    if (app.isDraining()) {
      throw new HostException(
          ErrorCode.UNAVAILABLE, "app \"" + target.app().name() + "\" is being stopped");
    }
  }

  @Override
  public MessageId send(
      RequestContext context,
      ActorId target,
      String op,
      Payload payload,
      @Nullable String idempotencyKey) {
    Message m =
        new Message(
            newMessageId(),
            null,
            Message.Kind.SEND,
            op,
            payload,
            withoutDeadline(context),
            null,
            idempotencyKey,
            null,
            false);
    AppRuntime app = apps.get(target.app());
    if (app != null) {
      app.requireOperation(target.type(), op);
    }
    admit(context, target);
    return take(target, m, context.deadlineNanos());
  }

  /** Queues what a client sends, or writes it down where the actor is durable. */
  private MessageId take(ActorId target, Message m, long deadlineNanos) {
    AppRuntime app = runtime(target.app());
    app.refuseUnlessRunning();
    app.checkAccess(target.type(), m.context(), null);
    app.checkInput(target.type(), m.op(), m.payload());
    while (true) {
      ActorCell cell = app.find(target.localAddress());
      if (cell.isDurable()) {
        cell.refuseIfEnded();
        MessageId id = Acceptance.of(cell, m, deadlineNanos, replyTimer);
        if (id != null) {
          return id;
        }
      } else if (cell.enqueue(m, null)) {
        return m.id();
      }
      awaitGone(cell, m, null);
    }
  }

  @Override
  public boolean delete(ActorId actor) {
    return Deletion.delete(this, actor, () -> {});
  }

  @Nullable AppRuntime appOf(ActorId actor) {
    return apps.get(actor.app());
  }

  @Override
  public Optional<ActorStatus> status(ActorId actor) {
    ActorCell cell = cellInMemory(actor);
    if (cell != null) {
      return Optional.of(cell.status());
    }
    if (apps.containsKey(actor.app()) && journals.actors(actor.app()).contains(actor)) {
      return Optional.of(
          new ActorStatus(
              actor,
              ActorStatus.ActorState.PASSIVE,
              true,
              0,
              0,
              0,
              0,
              0,
              null,
              0,
              timers.next(actor).orElse(Long.MAX_VALUE)));
    }
    return Optional.empty();
  }

  @Override
  public Payload state(RequestContext context, ActorId actor) {
    return ask(context, actor, "state", Payload.EMPTY_OBJECT, null, Message.Kind.STATE);
  }

  @Override
  public List<ActorStatus> actors(AppId id) {
    AppRuntime app = apps.get(id);
    return app == null ? List.of() : app.actors();
  }

  @Override
  public Optional<TreeNode> tree(AppId id) {
    return Optional.ofNullable(apps.get(id)).map(AppRuntime::tree);
  }

  @Override
  public void close() {
    List<Thread> stopping = new ArrayList<>();
    for (AppId id : List.copyOf(apps.keySet())) {
      stopping.add(
          Thread.startVirtualThread(() -> {
            try {
              stop(id, Duration.ofSeconds(DEFAULT_DRAIN_SECONDS));
            } catch (HostException e) {
              debug("stopping " + id + ": " + e.error().message());
            }
          }));
    }
    for (Thread t : stopping) {
      try {
        t.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    timers.close();
    timer.close();
    replyTimer.close();
    dispatcher.close();
  }
}
