package io.plexspaces.wasm;

import com.dylibso.chicory.runtime.Memory;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.guest.MemoryBudget;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The pages of one actor's linear memory, in two levels: chunks of {@value #CHUNK} pages of {@value
 * #SIZE} bytes. A page or a whole chunk may be shared with a template or a mark; what is shared is
 * copied before it is written. Every page of its own is charged to the node's budget, once for each
 * copy that is still reachable.
 *
 * <p>Invariants: {@code owned[c] == null} exactly if the array {@code readable[c]} itself is
 * shared; {@code owned[c][k]} is null or the same array as {@code readable[c][k]}, and then nobody
 * else has it. Used by one thread at a time; {@link #heldBytes} by any.
 */
@SuppressWarnings("ReferenceEquality") // which array it is tells whether a page is shared
final class PageTable {
  /**
   * Pages of 1 KiB: small enough that an actor that changes a few words here and there does not
   * copy much, large enough that an access seldom crosses an edge. See {@code docs/python.md}.
   */
  static final int SHIFT = 10;

  static final int SIZE = 1 << SHIFT;
  static final int CHUNK_BITS = 6;
  static final int CHUNK = 1 << CHUNK_BITS;
  static final int CHUNK_MASK = CHUNK - 1;
  static final int CHUNK_SHIFT = SHIFT + CHUNK_BITS;

  private static final int MAX_READ_PAGES = 32767;

  /** Host pages in a WASM page of 64 KiB. */
  private static final int PER_WASM_PAGE = Memory.PAGE_SIZE >> SHIFT;

  /** About what a fork costs before its first page; charged so that idle guests count too. */
  private static final int BIRTH = 1024;

  /** Stands for all pages never written; never written itself. */
  private static final byte[] ZERO = new byte[SIZE];

  private static final byte[][] ZERO_CHUNK = filled(CHUNK);

  /** Has no pages, so that every access to a memory that is lent to nobody traps. */
  static final PageTable DETACHED = new PageTable(0, 0, MemoryBudget.unlimited());

  /** Chunks shared by all forks. The last chunk of a memory may be shorter than the others. */
  static final class Image {
    private final byte[][][] chunks;
    private final int pages;

    Image(byte[][][] chunks, int pages) {
      this.chunks = chunks;
      this.pages = pages;
    }

    byte[][][] chunks() {
      return chunks;
    }

    int pages() {
      return pages;
    }

    /** The pages that are not those of {@code base}, each behind its number; -1 at the end. */
    void write(DataOutputStream out, Image base) throws IOException {
      out.writeInt(SIZE);
      out.writeInt(pages);
      for (int c = 0; c < chunks.length; c++) {
        for (int k = 0; k < chunks[c].length; k++) {
          byte[] page = chunks[c][k];
          byte[] below = base.page(c, k);
          if (page != below && !Arrays.equals(page, below)) {
            out.writeInt(c << CHUNK_BITS | k);
            out.write(page);
          }
        }
      }
      out.writeInt(-1);
    }

    private byte[] page(int c, int k) {
      return c < chunks.length && k < chunks[c].length ? chunks[c][k] : ZERO;
    }
  }

  /** Nothing, for a memory that is written or read without another below it. */
  static final Image NO_IMAGE = new Image(new byte[0][][], 0);

  /**
   * A memory as {@link Image#write} wrote it, on the same base.
   *
   * @throws IOException if it is not what that writes
   * @throws HostException RESOURCE_EXHAUSTED if the budget has no room
   */
  static PageTable read(DataInputStream in, MemoryBudget budget, Image base) throws IOException {
    int size = in.readInt();
    if (size != SIZE) {
      throw new IOException("pages of " + size + " bytes");
    }
    int pages = in.readInt();
    if (pages < base.pages() || pages > MAX_READ_PAGES) {
      throw new IOException("a memory of " + pages + " pages");
    }
    PageTable t = new PageTable(base, pages, budget);
    boolean good = false;
    try {
      t.grow(pages - base.pages());
      int number;
      while ((number = in.readInt()) >= 0) {
        if (number >= pages * PER_WASM_PAGE) {
          throw new IOException("page " + number + " of " + pages * PER_WASM_PAGE);
        }
        in.readFully(t.own(number));
      }
      good = true;
      return t;
    } catch (BudgetExhausted e) {
      throw new HostException(ErrorCode.RESOURCE_EXHAUSTED, String.valueOf(e.getMessage()), e);
    } finally {
      if (!good) {
        t.close();
      }
    }
  }

  byte[][][] readable;
  byte[] @Nullable [][] owned;
  int pages;
  final int maxPages;
  private final MemoryBudget budget;

  /** What it was forked from; its pages are not charged here. */
  private final byte[][][] base;

  private @Nullable Image mark;

  /** Since the mark: pages copied, and those among them whose former copy only the mark has. */
  private long copiedSinceMark;

  private long heldByMarkOnly;

  /** Written by the owner only, read by any thread. */
  private final AtomicLong held = new AtomicLong();

  /** A zeroed memory of {@code pages} WASM pages. */
  PageTable(int pages, int maxPages, MemoryBudget budget) {
    this(zeroed(pages), maxPages, budget);
  }

  /** A fork of {@code image}. */
  PageTable(Image image, int maxPages, MemoryBudget budget) {
    this.readable = image.chunks().clone();
    this.owned = new byte[readable.length][][];
    this.pages = image.pages();
    this.maxPages = maxPages;
    this.budget = budget;
    budget.charge(BIRTH);
    held.setPlain(BIRTH);
    this.base = image.chunks();
  }

  private static Image zeroed(int pages) {
    return new Image(grown(new byte[0][][], 0, pages), pages);
  }

  private static byte[][] filled(int n) {
    byte[][] chunk = new byte[n][];
    Arrays.fill(chunk, ZERO);
    return chunk;
  }

  /** The chunks of a memory grown to {@code to} WASM pages. Whole chunks are kept as they are. */
  private static byte[][][] grown(byte[][][] chunks, int from, int to) {
    int pages = to * PER_WASM_PAGE;
    int n = (pages + CHUNK_MASK) >> CHUNK_BITS;
    byte[][][] out = Arrays.copyOf(chunks, n);
    int kept = (from * PER_WASM_PAGE) >> CHUNK_BITS;
    for (int c = kept; c < n; c++) {
      int size = Math.min(CHUNK, pages - (c << CHUNK_BITS));
      if (c < chunks.length) {
        byte[][] longer = filled(size);
        System.arraycopy(chunks[c], 0, longer, 0, chunks[c].length);
        out[c] = longer;
      } else {
        out[c] = size == CHUNK ? ZERO_CHUNK : filled(size);
      }
    }
    return out;
  }

  /** Grows by {@code delta} (unsigned) WASM pages; answers the former size, or -1 past the cap. */
  int grow(int delta) {
    int before = pages;
    if (delta < 0 || (long) before + delta > maxPages) {
      return -1;
    }
    if (delta == 0) {
      return before;
    }
    byte[][][] r = grown(readable, before, before + delta);
    byte[] @Nullable [][] w = Arrays.copyOf(owned, r.length);
    for (int c = 0; c < owned.length; c++) {
      byte[][] mine = owned[c];
      if (r[c] != readable[c]) {
        // A short last chunk became longer, in an array of our own.
        w[c] = mine == null ? new byte[r[c].length][] : Arrays.copyOf(mine, r[c].length);
      }
    }
    readable = r;
    owned = w;
    pages = before + delta;
    return before;
  }

  /**
   * Copies the page with this number for writing.
   *
   * @throws ArrayIndexOutOfBoundsException if there is no such page
   * @throws BudgetExhausted if the budget has no room for the copy
   */
  byte[] own(int number) {
    int c = number >>> CHUNK_BITS;
    int k = number & CHUNK_MASK;
    byte[] shared = readable[c][k];
    boolean before = shared != ZERO && !inBase(c, k, shared);
    if (before && mark == null) {
      // A mark had it too, and is gone: nobody else has it now.
      ownChunk(c)[k] = shared;
      return shared;
    }
    if (!budget.tryCharge(SIZE)) {
      throw new BudgetExhausted(budget.limit());
    }
    held.setPlain(held.getPlain() + SIZE);
    byte[][] mine = ownChunk(c);
    byte[] copy = shared == ZERO ? new byte[SIZE] : shared.clone();
    readable[c][k] = copy;
    mine[k] = copy;
    if (mark != null) {
      copiedSinceMark++;
      if (before) {
        heldByMarkOnly++;
      }
    }
    return copy;
  }

  /** The pages of chunk {@code c} that are owned, in arrays of our own. */
  private byte[][] ownChunk(int c) {
    byte[][] mine = owned[c];
    if (mine == null) {
      readable[c] = readable[c].clone();
      mine = new byte[readable[c].length][];
      owned[c] = mine;
    }
    return mine;
  }

  private boolean inBase(int c, int k, byte[] page) {
    return c < base.length && k < base[c].length && base[c][k] == page;
  }

  private Image share() {
    Arrays.fill(owned, null);
    return new Image(readable.clone(), pages);
  }

  /** Remembers the memory as it is, in place of what was remembered. */
  void mark() {
    release(heldByMarkOnly * SIZE);
    heldByMarkOnly = 0;
    copiedSinceMark = 0;
    mark = share();
  }

  /** Back to the mark, which stays. */
  void rollBack() {
    Image m = mark;
    if (m == null) {
      throw new IllegalStateException("nothing is marked");
    }
    release(copiedSinceMark * SIZE);
    copiedSinceMark = 0;
    heldByMarkOnly = 0;
    readable = m.chunks().clone();
    owned = new byte[readable.length][][];
    pages = m.pages();
  }

  /** Gives up what only the mark has. */
  void forgetMark() {
    release(heldByMarkOnly * SIZE);
    heldByMarkOnly = 0;
    copiedSinceMark = 0;
    mark = null;
  }

  /** The memory as it is, for forks; this table must not be used afterwards, but for closing. */
  Image freeze() {
    forgetMark();
    return share();
  }

  private void release(long bytes) {
    if (bytes != 0) {
      budget.release(bytes);
      held.setPlain(held.getPlain() - bytes);
    }
  }

  /** Gives all that was charged back and forgets the pages. */
  void close() {
    release(held.getPlain());
    mark = null;
    readable = DETACHED_CHUNKS;
    owned = DETACHED_CHUNKS;
    pages = 0;
  }

  private static final byte[][][] DETACHED_CHUNKS = {};

  /** Bytes charged to the budget. */
  long heldBytes() {
    return held.getOpaque();
  }
}
