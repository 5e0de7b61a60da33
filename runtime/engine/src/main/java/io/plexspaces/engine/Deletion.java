package io.plexspaces.engine;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Value;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Deletes an actor: it says goodbye, and its journal, timers and what it had not yet sent are gone.
 * A supervised child begins anew, any other actor at its next message.
 */
final class Deletion {
  /** What an effect is called that deletes its receiver. */
  static final String OPERATION = "__delete__";

  /** How long an interrupted turn may take to end. */
  private static final long GRACE_MILLIS = 10_000;

  /** Who had it deleted. */
  interface Outcome {
    /** The journal is gone, and the actor is not yet there again. Any thread; may block. */
    void emptied();

    /**
     * @param why null if it was deleted
     */
    void ended(@Nullable HostError why);
  }

  private Deletion() {}

  /** An app deletes only actors of its own. */
  static boolean isOwn(ActorCell by, String address) {
    return address.startsWith(by.app().id().name() + "/");
  }

  /** Deletes on a thread of its own. */
  static void start(ActorCell by, String address, Outcome outcome) {
    ActorEngine engine = by.app().engine();
    Thread.startVirtualThread(() -> {
      HostError why = null;
      try {
        ActorId actor = ActorId.parse(by.id().app().tenant(), address);
        var _ = delete(engine, actor, outcome::emptied);
      } catch (HostException e) {
        why = e.error();
      } catch (RuntimeException | Error e) {
        engine.bug("deleting " + address, e);
        why = HostError.of(ErrorCode.INTERNAL, e.toString());
      }
      outcome.ended(why);
    });
  }

  /**
   * Blocks until the actor is gone.
   *
   * @param emptied called when its journal is gone, before it can be there again
   * @return whether there was anything
   */
  static boolean delete(ActorEngine engine, ActorId actor, Runnable emptied) {
    while (true) {
      AppRuntime app = engine.appOf(actor);
      ActorCell cell = app == null ? null : cellOf(app, actor);
      if (cell == null) {
        boolean there = engine.journals().delete(actor);
        engine.timers().forget(actor);
        emptied.run();
        return there;
      }
      ReplySlot slot = new ReplySlot();
      cell.command(new ActorCell.Command.Delete(slot, emptied));
      Reply r = await(engine, cell, slot);
      if (!ReplySlot.isGone(r)) {
        return ((Value.Bool) r.orThrow().value()).value();
      }
      if (app != null && app.inMemory(actor.localAddress()) == cell) {
        app.dropClosed(cell);
      }
    }
  }

  /** What runs the actor, or keeps others from running it meanwhile; null if nothing could. */
  private static @Nullable ActorCell cellOf(AppRuntime app, ActorId actor) {
    ActorCell cell = app.inMemory(actor.localAddress());
    if (cell != null || !app.isRunning()) {
      return cell;
    }
    try {
      return app.find(actor.localAddress());
    } catch (HostException e) {
      if (e.code() == ErrorCode.NOT_FOUND) {
        return null; // the app has no such type any more; its journals may still be there
      }
      throw e;
    }
  }

  private static Reply await(ActorEngine engine, ActorCell cell, ReplySlot slot) {
    try {
      Duration patience = cell.plan().shutdownTimeout();
      Reply r = slot.await(System.nanoTime() + patience.toNanos(), engine.replyTimer());
      if (r == null) {
        cell.interruptTurn("it is being deleted");
        long grace = TimeUnit.MILLISECONDS.toNanos(GRACE_MILLIS);
        r = slot.await(System.nanoTime() + grace, engine.replyTimer());
      }
      if (r == null) {
        throw new HostException(
            ErrorCode.UNAVAILABLE, cell.id().address() + " does not end, so it is not deleted yet");
      }
      return r;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HostException(ErrorCode.CANCELLED, "interrupted while deleting an actor");
    }
  }
}
