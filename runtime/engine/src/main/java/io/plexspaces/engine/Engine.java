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
  void start(AppPlan plan, GuestModule module);

  /**
   * Stops an app: refuses new work, lets queued messages finish for up to {@code drain}, then stops
   * the tree in reverse order and forgets the app. Its names and participants' state go; journals
   * stay.
   *
   * @throws HostException NOT_FOUND
   */
  void stop(AppId app, Duration drain);

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

  /** As {@link #ask} but does not wait: returns when the message is queued. */
  MessageId send(
      RequestContext context,
      ActorId target,
      String op,
      Payload payload,
      @Nullable String idempotencyKey);

  /**
   * What is known of an actor; does not activate it. Empty if neither memory nor journal has it.
   */
  Optional<ActorStatus> status(ActorId actor);

  /** The declared state, read in a turn of the actor (activating it). Blocking. */
  Payload state(RequestContext context, ActorId actor);

  /** Actors of an app that are in memory. */
  List<ActorStatus> actors(AppId app);

  /** The supervisor tree of an app. */
  Optional<TreeNode> tree(AppId app);

  /** Stops all apps gracefully and the dispatcher. */
  @Override
  void close();
}
