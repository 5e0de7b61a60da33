package io.plexspaces.wasm;

import com.dylibso.chicory.runtime.ConstantEvaluators;
import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.runtime.Memory;
import com.dylibso.chicory.runtime.TrapException;
import com.dylibso.chicory.wasm.UninstantiableException;
import com.dylibso.chicory.wasm.types.ActiveDataSegment;
import com.dylibso.chicory.wasm.types.DataSegment;
import com.dylibso.chicory.wasm.types.PassiveDataSegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The linear memory of a lent instance: a window on the pages of the actor it is attached to. Pages
 * are copied when first written; each copy is charged to the actor's budget. It is the only {@link
 * Memory} of the process, so that calls from compiled guests stay monomorphic.
 *
 * <p>Addresses are unsigned 32 bits, and memory stays below 2 GiB: an address that is negative as
 * an {@code int} is out of bounds. Used by one thread at a time, except {@link #preempt}.
 */
final class PagedMemory implements Memory {
  static final VarHandle PREEMPT;
  private static final VarHandle SHORT = view(short[].class);
  private static final VarHandle INT = view(int[].class);
  private static final VarHandle LONG = view(long[].class);

  private static final int SHIFT = PageTable.SHIFT;
  private static final int SIZE = PageTable.SIZE;
  private static final int MASK = SIZE - 1;
  private static final int CHUNK_SHIFT = PageTable.CHUNK_SHIFT;
  private static final int CHUNK_MASK = PageTable.CHUNK_MASK;

  static {
    try {
      PREEMPT = MethodHandles.lookup().findVarHandle(PagedMemory.class, "preempt", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** Not zero: the running guest shall come to a safepoint. Read by compiled guests. */
  @SuppressWarnings("UnusedVariable") // written through PREEMPT
  private int preempt;

  private PageTable table = PageTable.DETACHED;
  private byte[][][] readable = table.readable;
  private byte[] @Nullable [][] owned = table.owned;
  private final boolean fresh;
  private DataSegment[] segments = {};
  private @Nullable Lease lease;
  private boolean growthRefused;

  /**
   * @param fresh whether the data segments shall be written when the instance is initialised; false
   *     for an instance that will be lent to forks
   */
  PagedMemory(boolean fresh) {
    this.fresh = fresh;
  }

  private static VarHandle view(Class<?> array) {
    return MethodHandles.byteArrayViewVarHandle(array, ByteOrder.LITTLE_ENDIAN);
  }

  void attach(PageTable t, @Nullable Lease by) {
    table = t;
    readable = t.readable;
    owned = t.owned;
    lease = by;
    growthRefused = false;
  }

  void detach() {
    attach(PageTable.DETACHED, null);
  }

  /** Has to follow each change of the table that is not made through this memory. */
  void refresh() {
    readable = table.readable;
    owned = table.owned;
  }

  Lease lease() {
    Lease l = lease;
    if (l == null) {
      throw new IllegalStateException("no lease is attached");
    }
    return l;
  }

  void requestSafepoint() {
    PREEMPT.setOpaque(this, 1);
  }

  boolean preemptRequested() {
    return (int) PREEMPT.getOpaque(this) != 0;
  }

  void clearSafepoint() {
    PREEMPT.setOpaque(this, 0);
  }

  // ---- pages

  /** The page of {@code address} for reading; bounds are those of the page arrays. */
  private byte[] page(int address) {
    return readable[address >>> CHUNK_SHIFT][(address >>> SHIFT) & CHUNK_MASK];
  }

  /** The page of {@code address} for writing, copied if it is shared yet. */
  private byte[] ownedPage(int address) {
    byte[][] chunk = owned[address >>> CHUNK_SHIFT];
    byte[] p = chunk == null ? null : chunk[(address >>> SHIFT) & CHUNK_MASK];
    return p != null ? p : table.own(address >>> SHIFT);
  }

  void checkRange(int address, int size) {
    if (address < 0 || size < 0 || (long) address + size > bytes()) {
      throw outOfBounds(address, size);
    }
  }

  private long bytes() {
    return (long) table.pages * PAGE_SIZE;
  }

  private TrapException outOfBounds(int address, int size) {
    return new TrapException(
        "out of bounds memory access: address "
            + Integer.toUnsignedString(address)
            + ", size "
            + Integer.toUnsignedString(size)
            + ", memory "
            + bytes());
  }

  @Override
  public int pages() {
    return table.pages;
  }

  @Override
  public int grow(int delta) {
    int before = table.grow(delta);
    growthRefused |= before < 0;
    refresh();
    return before;
  }

  /** Whether the guest has asked for more than it may have, since it was attached. */
  boolean growthRefused() {
    return growthRefused;
  }

  @Override
  public int initialPages() {
    return table.pages;
  }

  @Override
  public int maximumPages() {
    return table.maxPages;
  }

  @Override
  public boolean shared() {
    return false;
  }

  @Override
  @SuppressWarnings("removal") // the interface still asks for it
  public Object lock(int address) {
    throw new TrapException("threads are not supported");
  }

  @Override
  @SuppressWarnings("removal") // the interface still asks for it
  public int waitOn(int address, int expected, long timeout) {
    throw new TrapException("threads are not supported");
  }

  @Override
  @SuppressWarnings("removal") // the interface still asks for it
  public int waitOn(int address, long expected, long timeout) {
    throw new TrapException("threads are not supported");
  }

  @Override
  @SuppressWarnings("removal") // the interface still asks for it
  public int notify(int address, int maxThreads) {
    return 0;
  }

  // ---- segments

  @Override
  public void initialize(Instance instance, DataSegment[] dataSegments) {
    initialize(instance, dataSegments, 0);
  }

  @Override
  public void initialize(Instance instance, DataSegment[] dataSegments, int memoryIndex) {
    segments = dataSegments.clone();
    if (!fresh) {
      return;
    }
    for (DataSegment s : segments) {
      if (s instanceof ActiveDataSegment a && a.index() == memoryIndex) {
        int offset =
            (int) ConstantEvaluators.computeConstantValue(instance, a.offsetInstructions())[0];
        byte[] data = a.data();
        if (offset < 0 || (long) offset + data.length > bytes()) {
          throw new UninstantiableException(
              "a data segment of "
                  + data.length
                  + " bytes at "
                  + Integer.toUnsignedString(offset)
                  + " does not fit the memory of "
                  + bytes());
        }
        write(offset, data, 0, data.length);
      }
    }
  }

  @Override
  public void initPassiveSegment(int segment, int destination, int offset, int size) {
    byte[] data = segments[segment].data();
    if (offset < 0 || size < 0 || (long) offset + size > data.length) {
      throw outOfBounds(offset, size);
    }
    write(destination, data, offset, size);
  }

  @Override
  public void drop(int segment) {
    segments[segment] = PassiveDataSegment.EMPTY;
  }

  @Override
  public void zero() {
    // A page table starts out zeroed.
  }

  // ---- blocks

  @Override
  public void write(int address, byte[] data, int offset, int size) {
    checkRange(address, size);
    int a = address;
    int from = offset;
    int left = size;
    while (left > 0) {
      int at = a & MASK;
      int n = Math.min(left, SIZE - at);
      System.arraycopy(data, from, ownedPage(a), at, n);
      a += n;
      from += n;
      left -= n;
    }
  }

  @Override
  public byte[] readBytes(int address, int size) {
    checkRange(address, size);
    byte[] out = new byte[size];
    int a = address;
    int to = 0;
    while (to < size) {
      int at = a & MASK;
      int n = Math.min(size - to, SIZE - at);
      System.arraycopy(page(a), at, out, to, n);
      a += n;
      to += n;
    }
    return out;
  }

  /** Fills [{@code from}, {@code to}); {@code to} is from + size and may have wrapped around. */
  @Override
  public void fill(byte value, int from, int to) {
    checkRange(from, to - from);
    int a = from;
    while (a != to) {
      int at = a & MASK;
      int n = Math.min(to - a, SIZE - at);
      Arrays.fill(ownedPage(a), at, at + n, value);
      a += n;
    }
  }

  @Override
  public void copy(int destination, int source, int size) {
    checkRange(source, size);
    checkRange(destination, size);
    if (size == 0 || destination == source) {
      return;
    }
    if (destination < source || destination >= source + size) {
      copyForward(destination, source, size);
    } else {
      copyBackward(destination, source, size);
    }
  }

  private void copyForward(int destination, int source, int size) {
    int d = destination;
    int s = source;
    int left = size;
    while (left > 0) {
      int n = Math.min(left, Math.min(SIZE - (d & MASK), SIZE - (s & MASK)));
      byte[] to = ownedPage(d);
      System.arraycopy(page(s), s & MASK, to, d & MASK, n);
      d += n;
      s += n;
      left -= n;
    }
  }

  private void copyBackward(int destination, int source, int size) {
    int d = destination + size;
    int s = source + size;
    int left = size;
    while (left > 0) {
      int n = Math.min(left, Math.min(((d - 1) & MASK) + 1, ((s - 1) & MASK) + 1));
      d -= n;
      s -= n;
      byte[] to = ownedPage(d);
      System.arraycopy(page(s), s & MASK, to, d & MASK, n);
      left -= n;
    }
  }

  // ---- scalars. A fast access relies on the array bounds: pages end where memory ends, and a
  // negative address has a chunk number beyond any table.

  @Override
  public byte read(int address) {
    try {
      return page(address)[address & MASK];
    } catch (ArrayIndexOutOfBoundsException e) {
      throw outOfBounds(address, 1);
    }
  }

  @Override
  public void writeByte(int address, byte value) {
    try {
      ownedPage(address)[address & MASK] = value;
    } catch (ArrayIndexOutOfBoundsException e) {
      throw outOfBounds(address, 1);
    }
  }

  @Override
  public short readShort(int address) {
    if ((address & MASK) <= SIZE - 2) {
      try {
        return (short) SHORT.get(page(address), address & MASK);
      } catch (ArrayIndexOutOfBoundsException e) {
        throw outOfBounds(address, 2);
      }
    }
    return (short) readAcross(address, 2);
  }

  @Override
  public void writeShort(int address, short value) {
    if ((address & MASK) <= SIZE - 2) {
      try {
        SHORT.set(ownedPage(address), address & MASK, value);
      } catch (ArrayIndexOutOfBoundsException e) {
        throw outOfBounds(address, 2);
      }
    } else {
      writeAcross(address, value, 2);
    }
  }

  @Override
  public int readInt(int address) {
    if ((address & MASK) <= SIZE - 4) {
      try {
        return (int) INT.get(page(address), address & MASK);
      } catch (ArrayIndexOutOfBoundsException e) {
        throw outOfBounds(address, 4);
      }
    }
    return (int) readAcross(address, 4);
  }

  @Override
  public void writeI32(int address, int value) {
    if ((address & MASK) <= SIZE - 4) {
      try {
        INT.set(ownedPage(address), address & MASK, value);
      } catch (ArrayIndexOutOfBoundsException e) {
        throw outOfBounds(address, 4);
      }
    } else {
      writeAcross(address, value, 4);
    }
  }

  @Override
  public long readLong(int address) {
    if ((address & MASK) <= SIZE - 8) {
      try {
        return (long) LONG.get(page(address), address & MASK);
      } catch (ArrayIndexOutOfBoundsException e) {
        throw outOfBounds(address, 8);
      }
    }
    return readAcross(address, 8);
  }

  @Override
  public void writeLong(int address, long value) {
    if ((address & MASK) <= SIZE - 8) {
      try {
        LONG.set(ownedPage(address), address & MASK, value);
      } catch (ArrayIndexOutOfBoundsException e) {
        throw outOfBounds(address, 8);
      }
    } else {
      writeAcross(address, value, 8);
    }
  }

  private long readAcross(int address, int size) {
    checkRange(address, size);
    long v = 0;
    for (int i = size - 1; i >= 0; i--) {
      v = v << 8 | (page(address + i)[(address + i) & MASK] & 0xffL);
    }
    return v;
  }

  /** All of it or nothing: the bounds are checked before the first byte. */
  private void writeAcross(int address, long value, int size) {
    checkRange(address, size);
    for (int i = 0; i < size; i++) {
      ownedPage(address + i)[(address + i) & MASK] = (byte) (value >>> (8 * i));
    }
  }

  @Override
  public long readU16(int address) {
    return readShort(address) & 0xffffL;
  }

  @Override
  public void writeF32(int address, float value) {
    writeI32(address, Float.floatToRawIntBits(value));
  }

  @Override
  public long readF32(int address) {
    return readInt(address);
  }

  @Override
  public float readFloat(int address) {
    return Float.intBitsToFloat(readInt(address));
  }

  @Override
  public void writeF64(int address, double value) {
    writeLong(address, Double.doubleToRawLongBits(value));
  }

  @Override
  public double readDouble(int address) {
    return Double.longBitsToDouble(readLong(address));
  }

  @Override
  public long readF64(int address) {
    return readLong(address);
  }
}
