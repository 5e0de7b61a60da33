package io.plexspaces.engine;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.GuestReply;
import io.plexspaces.api.guest.GuestTrap;
import io.plexspaces.api.guest.TurnStopped;
import io.plexspaces.api.journal.Recovered;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * How one actor comes to life and says goodbye: spawn, init, the stored state over it; terminate.
 * Used by the worker that runs the cell.
 */
final class Activation {
  private static final long MEMORY_WAIT_NANOS = 2_000_000_000L;

  private final ActorCell cell;

  Activation(ActorCell cell) {
    this.cell = cell;
  }

  private ActorEngine engine() {
    return cell.app().engine();
  }

  /**
   * Spawns the guest, runs init and puts the stored state over it.
   *
   * @throws HostException why it failed; nothing is left behind
   */
  GuestInstance activate(Worker worker) {
    byte[] seed = engine().newSeed();
    cell.reseed(new SplittableRandom(ByteBuffer.wrap(seed).getLong()));
    Ledger ledger = cell.ledger();
    Recovered recovered = ledger == null ? Recovered.NONE : ledger.recover(worker);
    Payload kept = cell.isDurable() ? null : cell.app().keptStates().of(cell.id());
    if (kept != null) {
      try {
        GuestInstance guest = begin(worker, seed, recovered, kept);
        cell.app().keptStates().taken(cell.id());
        return guest;
      } catch (StateRefused e) {
        if (!e.forGood()) {
          throw e;
        }
        cell.app().keptStates().taken(cell.id());
        cell.log(
            3,
            "its state does not fit the reloaded code, so it begins anew: " + e.error().message());
        cell.discardRefused();
      }
    }
    return begin(worker, seed, recovered, recovered.state());
  }

  /** The guest has run its init, but does not go on from the state it is given. */
  private static final class StateRefused extends HostException {
    private static final long serialVersionUID = 1L;

    StateRefused(HostError why) {
      super(why);
    }

    /** Whether it would be so another time as well. */
    boolean forGood() {
      return switch (code()) {
        case CANCELLED, RESOURCE_EXHAUSTED, UNAVAILABLE -> false;
        default -> true;
      };
    }
  }

  private GuestInstance begin(
      Worker worker, byte[] seed, Recovered recovered, @Nullable Payload state) {
    GuestInstance guest = spawn(worker, cell.id().type(), seed);
    cell.setGuest(guest);
    init(guest, worker, state);
    Ledger ledger = cell.ledger();
    if (ledger != null && !recovered.pending().isEmpty()) {
      cell.outbox().redispatch(ledger.journal(), recovered.epoch(), recovered.pending());
    }
    return guest;
  }

  /** Where the node's memory is full, idle actors make room: that takes a moment, no refusal. */
  private GuestInstance spawn(Worker worker, String type, byte[] seed) {
    long until = System.nanoTime() + MEMORY_WAIT_NANOS;
    while (true) {
      try {
        return cell.app().module().spawn(type, seed);
      } catch (HostException e) {
        boolean full = e.code() == ErrorCode.RESOURCE_EXHAUSTED && e.error().retryable();
        if (!full || System.nanoTime() - until >= 0) {
          throw e;
        }
      }
      engine().dispatcher().blockBegin(worker);
      try {
        engine().awaitMemory();
      } finally {
        engine().dispatcher().blockEnd(worker);
      }
    }
  }

  private void init(GuestInstance guest, Worker worker, @Nullable Payload state) {
    Turn turn = new Turn(cell, worker, "init", false, guest);
    Frame frame = GuestFrames.init(cell.id(), cell.args(), cell.app().plan(), state != null);
    cell.setTurn(turn);
    turn.begin();
    boolean committed = false;
    try {
      require(guest.call(GuestOp.INIT, frame, turn));
      if (state != null) {
        restore(guest, state, turn);
      }
      persist(turn);
      turn.end();
      DurableTimers reminders = cell.reminders();
      if (reminders != null) {
        reminders.facetChanges().forEach(turn::addTimerChange);
      }
      commit(turn);
      committed = true;
      TimerOperations.settleFacets(cell);
    } catch (GuestTrap e) {
      throw new HostException(e.error());
    } catch (TurnStopped e) {
      throw new HostException(e.error());
    } finally {
      turn.end();
      cell.setTurn(null);
      turn.drop();
      if (!committed) {
        turn.rollBackParticipants();
      }
    }
  }

  /** What an actor without a journal did to durable spaces is on disk before it is committed. */
  private void persist(Turn turn) {
    HostError failure = cell.isDurable() ? null : turn.persistTuples();
    if (failure != null) {
      throw new HostException(failure);
    }
  }

  private void commit(Turn turn) {
    TurnRecorder recorder = cell.recorder();
    if (recorder == null) {
      turn.commitParticipants();
    } else {
      recorder.appendOwn(turn);
    }
  }

  private static void restore(GuestInstance guest, Payload state, Turn turn) {
    HostError error;
    try {
      error = guest.call(GuestOp.RESTORE, Frame.ofBody(state.bytes()), turn).error();
    } catch (GuestTrap e) {
      error = e.error();
    } catch (TurnStopped e) {
      error = e.error();
    }
    if (error != null) {
      throw new StateRefused(error);
    }
  }

  private static void require(GuestReply r) {
    HostError e = r.error();
    if (e != null) {
      throw new HostException(e);
    }
  }

  /** Leaves the declared state to the app's next start; whatever goes wrong then is only logged. */
  void keepState(Worker worker) {
    GuestInstance guest = cell.guest();
    if (guest == null) {
      cell.log(3, "its state is not kept: it had left memory");
      return;
    }
    Turn turn = new Turn(cell, worker, "state", true, guest);
    cell.setTurn(turn);
    turn.begin();
    try {
      GuestReply r = guest.call(GuestOp.SNAPSHOT, Frame.EMPTY, turn);
      HostError error = r.error();
      if (error == null) {
        cell.app().keptStates().keep(cell.id(), GuestFrames.reply(r.frame()));
      } else {
        cell.log(3, "its state is not kept: " + error.message());
      }
    } catch (GuestTrap | TurnStopped e) {
      cell.log(3, "its state is not kept: " + e.getMessage());
    } finally {
      turn.end();
      turn.rollBackParticipants();
      cell.setTurn(null);
      turn.drop();
    }
  }

  /** Lets the guest say goodbye; whatever goes wrong then is only logged. */
  void terminate(Worker worker, String reason) {
    GuestInstance guest = cell.guest();
    if (guest == null) {
      return;
    }
    Turn turn = new Turn(cell, worker, "terminate", false, guest);
    cell.setTurn(turn);
    turn.begin();
    try {
      GuestReply r =
          guest.call(
              GuestOp.TERMINATE, Frame.of(Value.Obj.builder().put("reason", reason).build()), turn);
      if (r.error() == null) {
        persist(turn);
      }
      turn.end();
      if (r.error() == null) {
        commit(turn);
      } else {
        turn.rollBackParticipants();
        cell.log(3, "terminate failed: " + r.error().message());
      }
    } catch (GuestTrap | TurnStopped | HostException e) {
      turn.end();
      turn.rollBackParticipants();
      cell.log(3, "terminate failed: " + e.getMessage());
    } finally {
      turn.end();
      cell.setTurn(null);
      turn.drop();
    }
  }
}
