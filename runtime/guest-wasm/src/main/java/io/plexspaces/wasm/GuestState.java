package io.plexspaces.wasm;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.guest.GuestHost;
import io.plexspaces.api.guest.StartupHost;
import org.jspecify.annotations.Nullable;

/**
 * One guest: its memory, its mutable globals and its random generator, without an instance to run
 * them on. Used by one thread at a time, with a happens-before between; {@link #requestSafepoint}
 * and {@link #memoryBytes} by any thread.
 */
public final class GuestState implements AutoCloseable {
  private final Program program;
  private final PageTable table;
  private final GuestRandom random;
  private long[] globals;
  private long @Nullable [] markedGlobals;

  /** Set where instances cannot be lent; otherwise an instance comes from the program's pool. */
  private @Nullable LentInstance own;

  private volatile @Nullable Lease running;
  private boolean broken;
  private boolean gone;
  private boolean marked;

  GuestState(Program program, PageTable table, long[] globals, byte[] seed) {
    this.program = program;
    this.table = table;
    this.globals = globals;
    this.random = new GuestRandom(seed);
  }

  /** Before the start function: what it may call, and how a safepoint reaches it. */
  void starting(PagedMemory memory, GuestHost host) {
    Lease lease = new Lease(this, memory, host, null);
    memory.attach(table, lease);
    running = lease;
    watched(host);
  }

  /**
   * After it.
   *
   * @param keep whether the instance is this guest's for good
   */
  void started(LentInstance instance, boolean keep) {
    instance.detach(globals);
    running = null;
    if (keep) {
      own = instance;
    } else {
      program.giveBack(instance, false);
    }
  }

  private void watched(GuestHost host) {
    if (host instanceof StartupHost s) {
      s.watch(this::requestSafepoint);
    }
  }

  /**
   * Lends an instance to this guest for one call (or a few), until the lease is closed. A guest is
   * never entered twice: not from an import of its own either (which has the lease to call with).
   *
   * @throws HostException FAILED_PRECONDITION if it is entered already, closed, frozen, or trapped
   *     since the last {@link #mark}
   */
  public Lease enter(GuestHost host) {
    if (gone) {
      throw refused("the guest is closed");
    }
    if (running != null) {
      throw refused("the guest is running: it is never entered a second time meanwhile");
    }
    if (broken) {
      throw refused("the guest trapped before: it must be rolled back or closed");
    }
    LentInstance mine = own;
    LentInstance instance = mine != null ? mine : program.borrow();
    Lease lease = new Lease(this, instance.memory(), host, instance);
    instance.attach(table, globals, lease);
    running = lease;
    watched(host);
    return lease;
  }

  private static HostException refused(String why) {
    return new HostException(ErrorCode.FAILED_PRECONDITION, why);
  }

  /** Ends a lease: what the instance changed becomes the state. */
  void leave(@Nullable LentInstance instance, boolean trapped) {
    running = null;
    if (instance == null) {
      return;
    }
    instance.detach(globals);
    if (trapped) {
      broken = true;
    }
    if (own == null) {
      program.giveBack(instance, trapped);
    }
  }

  /**
   * Makes a template of this guest, which is used up by it.
   *
   * @throws IllegalStateException if instances of this program cannot be lent
   */
  public Template freeze() {
    requireIdle();
    if (own != null) {
      throw new IllegalStateException("a guest with an instance of its own cannot be forked");
    }
    gone = true;
    return new Template(program.module(), table, globals);
  }

  private void requireIdle() {
    if (gone || running != null || broken) {
      throw new IllegalStateException("the guest is closed, running or broken");
    }
  }

  /** Remembers memory and globals for {@link #rollBack}, in place of what was remembered. */
  public void mark() {
    requireIdle();
    table.mark();
    marked = true;
    long[] m = markedGlobals;
    if (m == null) {
      markedGlobals = globals.clone();
    } else {
      System.arraycopy(globals, 0, m, 0, m.length);
    }
  }

  /**
   * Brings memory and globals back to the last {@link #mark}, also after a trap. The random
   * generator goes on: numbers that were drawn are not drawn again.
   */
  public void rollBack() {
    long[] m = markedGlobals;
    if (gone || running != null || m == null || !marked) {
      throw new IllegalStateException("the guest is closed, running or not marked");
    }
    table.rollBack();
    System.arraycopy(m, 0, globals, 0, m.length);
    broken = false;
  }

  /**
   * Gives up what {@link #mark} remembered, if there is something: a guest that rests needs one
   * version of its pages.
   */
  public void forgetMark() {
    if (running != null) {
      throw new IllegalStateException("the guest is running");
    }
    marked = false;
    if (!gone) {
      table.forgetMark();
    }
  }

  /** Whether {@link #mark} and {@link #rollBack} hold all that a call can change. */
  public boolean canRollBack() {
    return own == null;
  }

  /**
   * Makes the running call, if there is one, invoke {@link GuestHost#safepoint} soon. Any thread,
   * wait-free.
   */
  public void requestSafepoint() {
    Lease l = running;
    if (l != null) {
      l.requestSafepoint();
    }
  }

  /** Bytes of the memory budget that this guest holds. Any thread. */
  public long memoryBytes() {
    return table.heldBytes();
  }

  /** The guest's own generator, seeded at its birth. */
  public GuestRandom random() {
    return random;
  }

  Program program() {
    return program;
  }

  /** Frees its pages. A running guest is not interrupted: it must have left before. */
  @Override
  public void close() {
    if (running != null) {
      throw new IllegalStateException("the guest is running");
    }
    if (!gone) {
      gone = true;
      table.close();
    }
  }
}
