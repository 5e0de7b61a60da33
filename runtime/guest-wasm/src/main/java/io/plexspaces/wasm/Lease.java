package io.plexspaces.wasm;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.guest.GuestHost;
import io.plexspaces.api.guest.GuestTrap;
import io.plexspaces.api.guest.TurnStopped;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A running guest: an instance lent to a {@link GuestState}, with the host of the running turn.
 * Used by the thread that entered; {@link #close} gives the instance back.
 *
 * <p>Addresses and sizes come from the guest: one that lies outside of its memory is a trap of that
 * guest.
 */
public final class Lease implements AutoCloseable {
  private final GuestState state;
  private final PagedMemory memory;
  private final GuestHost host;

  /** Null while the module's start function runs: there is no whole instance yet. */
  private final @Nullable LentInstance instance;

  private final Map<Integer, WasiImports.LineLog> outputs = new HashMap<>(2);
  private @Nullable Object context;
  private volatile boolean requested;
  private boolean trapped;
  private boolean closed;

  Lease(GuestState state, PagedMemory memory, GuestHost host, @Nullable LentInstance instance) {
    this.state = state;
    this.memory = memory;
    this.host = host;
    this.instance = instance;
  }

  /** What the guest may call during this lease. */
  public GuestHost host() {
    return host;
  }

  public GuestState state() {
    return state;
  }

  /**
   * Runs an export; an import may do so too, in the middle of a call.
   *
   * @return its result, 0 if it has none; an i32 is sign-extended
   * @throws GuestTrap if the guest trapped
   * @throws TurnStopped if the host stopped it. After either, and after any exception of an import,
   *     the lease only can be closed, and the state rolled back or closed
   */
  public long call(ExportedFunction function, long... args) {
    LentInstance i = instance;
    if (closed || trapped || i == null) {
      throw new IllegalStateException("the lease is closed, its guest trapped, or starts just now");
    }
    boolean good = false;
    try {
      long result = i.call(function, args);
      good = true;
      return result;
    } finally {
      trapped |= !good;
    }
  }

  /** What {@link #setContext} was given, or null. */
  public @Nullable Object context() {
    return context;
  }

  /** Keeps something for the imports of this lease. */
  public void setContext(Object c) {
    context = c;
  }

  /** Traps the guest unless the {@code size} bytes from {@code address} are in its memory. */
  public void checkRange(int address, int size) {
    memory.checkRange(address, size);
  }

  /** Where what the guest writes to a file descriptor goes. */
  WasiImports.LineLog output(int fd) {
    return outputs.computeIfAbsent(fd, n -> new WasiImports.LineLog(this, n));
  }

  /** Copies {@code size} bytes of the guest's memory. */
  public byte[] read(int address, int size) {
    return memory.readBytes(address, size);
  }

  /** Copies {@code bytes} into the guest's memory. */
  public void write(int address, byte[] bytes) {
    memory.write(address, bytes, 0, bytes.length);
  }

  public byte readByte(int address) {
    return memory.read(address);
  }

  public void writeByte(int address, byte value) {
    memory.writeByte(address, value);
  }

  public int readInt(int address) {
    return memory.readInt(address);
  }

  public void writeInt(int address, int value) {
    memory.writeI32(address, value);
  }

  public long readLong(int address) {
    return memory.readLong(address);
  }

  public void writeLong(int address, long value) {
    memory.writeLong(address, value);
  }

  /** The size of the guest's memory in bytes. */
  public long memorySize() {
    return (long) memory.pages() << 16;
  }

  /** Whether the guest has been refused memory during this lease. */
  public boolean memoryRefused() {
    return memory.growthRefused();
  }

  /** The trap of a guest that needs more memory than it may have: its limit ends the turn. */
  public static GuestTrap outOfMemory() {
    return new GuestTrap(
        HostError.lasting(
            ErrorCode.RESOURCE_EXHAUSTED,
            "the actor is out of memory: it has reached memory_per_actor"));
  }

  /**
   * A trap by an import's own account, to be thrown: the guest broke the rules of a call.
   *
   * @param why one sentence that names the offence
   */
  public static GuestTrap trap(String why) {
    return new GuestTrap(HostError.of(ErrorCode.INTERNAL, why));
  }

  /** As {@link GuestState#requestSafepoint}. */
  void requestSafepoint() {
    requested = true;
    memory.requestSafepoint();
  }

  /**
   * Called by the running guest when it sees the flag of its memory, which a late request for the
   * guest before may have set.
   */
  void safepoint() {
    memory.clearSafepoint();
    if (requested) {
      requested = false;
      host.safepoint();
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      outputs.values().forEach(WasiImports.LineLog::flush);
      state.leave(instance, trapped);
    }
  }
}
