package io.plexspaces.engine;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.HostException;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.RequestContext;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.engine.plan.AppPlan;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The node's actors. Made once a node. Thread-safe; blocking methods are meant for virtual threads.
 */
public interface Engine extends AutoCloseable {
  /**
   * Starts an app: supervised children in order, each through its init. When this throws, nothing
   * of the app is left running.
   *
   * @throws HostException ALREADY_EXISTS if an app of that id is there; else why a child's init
   *     failed, naming the child
   */
  default void start(AppPlan plan, GuestModule module) {
    start(plan, module, Map.of());
  }

  /**
   * As {@link #start(AppPlan, GuestModule)}, with declared states for actors without durability:
   * each is laid over its defaults when that actor is first activated, as a stored one would be.
   *
   * @param states as {@link #stopKeepingStates} answered them
   */
  void start(AppPlan plan, GuestModule module, Map<ActorId, Payload> states);

  /**
   * Stops an app: refuses new work, lets queued messages finish for up to {@code drain}, then stops
   * the tree in reverse order and forgets the app. Its names and participants' state go; journals
   * stay.
   *
   * @throws HostException NOT_FOUND
   */
  void stop(AppId app, Duration drain);

  /**
   * As {@link #stop}, but the app is still known, as stopped, until it is started again or stopped,
   * and answers UNAVAILABLE meanwhile. Answers the declared states of actors without durability
   * that were in memory: read in a turn of each, before it is told to terminate. One that is busy
   * for longer than its shutdown timeout, or whose state cannot be read, is left out.
   *
   * @throws HostException NOT_FOUND
   */
  Map<ActorId, Payload> stopKeepingStates(AppId app, Duration drain);

  /** State and description of a running (or failed) app. */
  Optional<AppStatus> app(AppId app);

  List<AppStatus> apps();

  /**
   * Asks and waits for the reply, until the context's deadline.
   *
   * @param idempotencyKey or null
   * @throws HostException the actor's error, NOT_FOUND for an unknown app, type or operation,
   *     DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED for a full mailbox, UNAVAILABLE while stopping
   */
  Payload ask(
      RequestContext context,
      ActorId target,
      String op,
      Payload payload,
      @Nullable String idempotencyKey);

  /**
   * Opens a stream: asks an operation that streams its values. Returns when the message is queued;
   * what goes wrong later is what {@link ValueStream#next} throws. Each value has been a committed
   * turn of the actor. The caller must close the stream. A stream takes no idempotency key, for it
   * cannot be repeated.
   *
   * @param context its deadline bounds the time until the first value
   * @throws HostException NOT_FOUND for an unknown app or type, PERMISSION_DENIED,
   *     RESOURCE_EXHAUSTED for a full mailbox, UNAVAILABLE while stopping
   */
  ValueStream stream(RequestContext context, ActorId target, String op, Payload payload);

  /**
   * As {@link #ask} but does not wait for the reply. Returns when the message is queued; for a
   * durable actor when it is on disk, from where it survives passivation, restarts and crashes, and
   * is handled exactly once. That takes the end of the actor's running turn and a sync, at most
   * until the context's deadline or for 30 s.
   *
   * @return the message's id; that of the first one where a key is used again
   * @throws HostException as {@link #ask}; DEADLINE_EXCEEDED if a durable actor did not take it in
   *     time, and may do so yet
   */
  MessageId send(
      RequestContext context,
      ActorId target,
      String op,
      Payload payload,
      @Nullable String idempotencyKey);

  /**
   * Deletes an actor: stops it gracefully (its running turn may end, within its shutdown timeout)
   * and removes its journal, durably, with its timers and what it had not yet sent. A supervised
   * child begins anew with empty state; any other actor does so at its next message. What is queued
   * gets UNAVAILABLE; what an outbox sent waits and reaches the new one. Blocking.
   *
   * @return whether there was anything to delete
   * @throws HostException UNAVAILABLE if its turn does not end
   */
  boolean delete(ActorId actor);

  /**
   * What is known of an actor; does not activate it. Empty if neither memory nor journal has it.
   */
  Optional<ActorStatus> status(ActorId actor);

  /** The declared state, read in a turn of the actor (activating it). Blocking. */
  Payload state(RequestContext context, ActorId actor);

  /** Actors of an app that are in memory. */
  List<ActorStatus> actors(AppId app);

  /**
   * What an app's actors logged last and why turns failed: the lines with a number above {@code
   * after}, oldest first; if there is none, waits for one. Blocking. Bounded, so older lines may be
   * gone.
   *
   * @param after 0 for all that are kept
   * @return none if {@code wait} passed without one
   */
  List<RecentLog.Line> log(AppId app, long after, Duration wait) throws InterruptedException;

  /** Drops what is kept of an app that does not run and will not again: its log. */
  default void forget(AppId app) {}

  /** The supervisor tree of an app. */
  Optional<TreeNode> tree(AppId app);

  /** Stops all apps gracefully and the dispatcher. */
  @Override
  void close();
}
