package io.plexspaces.wasm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.dylibso.chicory.runtime.ByteArrayMemory;
import com.dylibso.chicory.runtime.Memory;
import com.dylibso.chicory.runtime.TrapException;
import com.dylibso.chicory.wasm.ChicoryException;
import com.dylibso.chicory.wasm.types.MemoryLimits;
import io.plexspaces.api.guest.MemoryBudget;
import java.util.SplittableRandom;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PagedMemoryTest {
  private static final int WASM_PAGE = 65536;
  private final MemoryBudget budget = MemoryBudget.unlimited();

  private PagedMemory memory(PageTable table) {
    PagedMemory m = new PagedMemory(true);
    m.attach(table, null);
    return m;
  }

  private PageTable table(int pages, int max) {
    return new PageTable(pages, max, budget);
  }

  /** What a memory did: a value, or "trap". */
  private static String outcome(LongFunction<Object> f, long arg) {
    try {
      return String.valueOf(f.apply(arg));
    } catch (ChicoryException e) {
      return "trap";
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void behavesAsTheStockMemoryDoes(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int start = 1 + random.nextInt(5);
    Memory stock = new ByteArrayMemory(new MemoryLimits(start, 9));
    PageTable table = table(start, 9);
    PagedMemory mine = memory(table);
    for (int n = 0; n < 4000; n++) {
      int a = address(random, mine.pages());
      int b = address(random, mine.pages());
      int size = random.nextInt(8) == 0 ? random.nextInt(3 * WASM_PAGE) : random.nextInt(9000);
      long v = random.nextLong();
      int op = random.nextInt(16);
      assertThat(outcome(x -> apply(mine, op, a, b, size, x), v))
          .as("seed %d step %d: operation %d at %d, %d, size %d", seed, n, op, a, b, size)
          .isEqualTo(outcome(x -> apply(stock, op, a, b, size, x), v));
      if (random.nextInt(200) == 0) {
        table.mark();
        mine.refresh();
      } else if (random.nextInt(200) == 0) {
        table.forgetMark();
      }
    }
    assertThat(mine.pages()).isEqualTo(stock.pages());
    int bytes = mine.pages() * WASM_PAGE;
    assertThat(mine.readBytes(0, bytes)).isEqualTo(stock.readBytes(0, bytes));
  }

  /** Mostly near edges of pages, chunks and the memory. */
  private static int address(SplittableRandom random, int pages) {
    int bytes = pages * WASM_PAGE;
    return switch (random.nextInt(6)) {
      case 0 -> random.nextInt(bytes);
      case 1 -> bytes - random.nextInt(10);
      case 2 -> random.nextInt(bytes / PageTable.SIZE) * PageTable.SIZE - random.nextInt(9) + 4;
      case 3 -> random.nextInt(pages) * WASM_PAGE * 4 - random.nextInt(9);
      case 4 -> random.nextInt();
      default -> random.nextInt(20_000);
    };
  }

  private static Object apply(Memory m, int op, int a, int b, int size, long v) {
    switch (op) {
      case 0 -> m.writeByte(a, (byte) v);
      case 1 -> m.writeShort(a, (short) v);
      case 2 -> m.writeI32(a, (int) v);
      case 3 -> m.writeLong(a, v);
      case 4 -> m.writeF32(a, (float) v);
      case 5 -> m.writeF64(a, (double) v);
      case 6 -> {
        // As compiled code does it: the end may wrap around.
        if (size > 0) {
          m.fill((byte) v, a, a + size);
        }
      }
      case 7 -> m.copy(a, b, size);
      case 8 -> {
        return v % 20 == 0 ? m.grow(1) : m.pages();
      }
      case 9 -> {
        return m.read(a);
      }
      case 10 -> {
        return m.readShort(a);
      }
      case 11 -> {
        return m.readInt(a);
      }
      case 12 -> {
        return m.readLong(a);
      }
      case 13 -> {
        return m.readU16(a);
      }
      case 14 -> {
        return java.util.Arrays.hashCode(m.readBytes(a, size));
      }
      default -> m.write(a, new byte[] {1, 2, 3, 4, 5, (byte) v}, 1, 5);
    }
    return "done";
  }

  @Test
  void everyEdgeIsExact() {
    PagedMemory m = memory(table(1, 2));
    int end = WASM_PAGE;
    m.writeByte(end - 1, (byte) 1);
    m.writeShort(end - 2, (short) 1);
    m.writeI32(end - 4, 1);
    m.writeLong(end - 8, 1);
    m.write(end, new byte[0], 0, 0);
    m.fill((byte) 0, end, end);
    m.copy(end, end, 0);
    for (int a : new int[] {end - 7, end - 1, end, end + 1, Integer.MAX_VALUE, -1, -8, 1 << 31}) {
      assertThatThrownBy(() -> m.readLong(a)).isInstanceOf(TrapException.class);
      assertThatThrownBy(() -> m.writeLong(a, 1)).isInstanceOf(TrapException.class);
      assertThatThrownBy(() -> m.readBytes(a, 8)).isInstanceOf(TrapException.class);
      assertThatThrownBy(() -> m.write(a, new byte[8], 0, 8)).isInstanceOf(TrapException.class);
      assertThatThrownBy(() -> m.copy(a, 0, 8)).isInstanceOf(TrapException.class);
      assertThatThrownBy(() -> m.copy(0, a, 8)).isInstanceOf(TrapException.class);
      assertThatThrownBy(() -> m.fill((byte) 1, a, a + 8)).isInstanceOf(TrapException.class);
    }
    assertThatThrownBy(() -> m.readBytes(8, Integer.MAX_VALUE)).isInstanceOf(TrapException.class);
    assertThatThrownBy(() -> m.readBytes(8, -1)).isInstanceOf(TrapException.class);
    assertThat(m.grow(-1)).isEqualTo(-1);
    assertThat(m.grow(2)).isEqualTo(-1);
    assertThat(m.grow(1)).isEqualTo(1);
    assertThat(m.readLong(end - 4)).isZero();
  }

  @Test
  void aTrappedWriteAcrossTheEndWritesNothing() {
    PagedMemory m = memory(table(1, 1));
    assertThatThrownBy(() -> m.writeLong(WASM_PAGE - 4, -1)).isInstanceOf(TrapException.class);
    assertThat(m.readInt(WASM_PAGE - 4)).isZero();
  }

  @Test
  void forksShareUntilTheyWriteAndAreChargedForWhatTheyCopy() {
    PageTable template = table(3, 4);
    memory(template).writeI32(100, 7);
    PageTable.Image image = template.freeze();
    long idle = budget.used();
    PageTable a = new PageTable(image, 4, budget);
    PageTable b = new PageTable(image, 4, budget);
    long birth = (budget.used() - idle) / 2;
    PagedMemory ma = memory(a);
    PagedMemory mb = memory(b);
    ma.writeI32(104, 8);
    ma.writeI32(108, 9);
    assertThat(a.heldBytes()).isEqualTo(birth + PageTable.SIZE);
    assertThat(b.heldBytes()).isEqualTo(birth);
    assertThat(mb.readLong(100)).isEqualTo(7);
    assertThat(ma.readLong(100)).isEqualTo(7 | 8L << 32);
    a.close();
    b.close();
    template.close();
    assertThat(budget.used()).isZero();
  }

  @Test
  void rollingBackBringsBackBytesSizeAndCharge() {
    PageTable t = table(1, 40);
    PagedMemory m = memory(t);
    m.writeI32(0, 1);
    t.mark();
    m.refresh();
    long held = t.heldBytes();
    m.writeI32(0, 2);
    m.writeI32(9000, 2);
    assertThat(m.grow(20)).isEqualTo(1);
    m.writeI32(20 * WASM_PAGE, 3);
    assertThat(t.heldBytes()).isEqualTo(held + 3L * PageTable.SIZE);
    t.rollBack();
    m.refresh();
    assertThat(m.pages()).isEqualTo(1);
    assertThat(m.readInt(0)).isEqualTo(1);
    assertThat(m.readInt(9000)).isZero();
    assertThat(t.heldBytes()).isEqualTo(held);
    m.writeI32(0, 5);
    t.mark();
    m.refresh();
    assertThat(t.heldBytes())
        .as("the page that only the old mark had is given back")
        .isEqualTo(held);
    t.close();
    assertThat(budget.used()).isZero();
  }

  @Test
  void aForgottenMarkLeavesOneVersionOfEachPage() {
    PageTable t = table(1, 1);
    PagedMemory m = memory(t);
    m.writeI32(0, 1);
    m.writeI32(9000, 1);
    t.mark();
    m.refresh();
    long held = t.heldBytes();
    m.writeI32(0, 2);
    assertThat(t.heldBytes()).isEqualTo(held + PageTable.SIZE);
    t.forgetMark();
    m.refresh();
    assertThat(t.heldBytes()).as("the page as it was is given back").isEqualTo(held);
    m.writeI32(9000, 2);
    assertThat(t.heldBytes()).as("nobody else has the page, so it is not copied").isEqualTo(held);
    assertThat(m.readInt(0)).isEqualTo(2);
    assertThat(m.readInt(9000)).isEqualTo(2);
    t.mark();
    m.refresh();
    m.writeI32(9000, 3);
    t.rollBack();
    m.refresh();
    assertThat(m.readInt(9000)).isEqualTo(2);
    t.close();
    assertThat(budget.used()).isZero();
  }

  @Test
  void noPageWithoutRoomInTheBudget() {
    MemoryBudget small = new MemoryBudget(PageTable.SIZE + 1500);
    PagedMemory m = memory(new PageTable(1, 1, small));
    m.writeByte(0, (byte) 1);
    assertThatThrownBy(() -> m.writeByte(5000, (byte) 1)).isInstanceOf(BudgetExhausted.class);
    assertThat(m.read(5000)).isZero();
    m.writeByte(1, (byte) 1);
  }
}
