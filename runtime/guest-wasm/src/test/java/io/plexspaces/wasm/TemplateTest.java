package io.plexspaces.wasm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.wasm.fixture.Code;
import io.plexspaces.wasm.fixture.ModuleBuilder;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** What a frozen guest is on disk. */
class TemplateTest {
  private static final byte[] SEED = new byte[GuestRandom.SEED_BYTES];
  private static final byte[] DATA = {1, 2, 3, 4};
  private static final ModuleCompiler COMPILER = new ModuleCompiler(null);

  private final MemoryBudget budget = new MemoryBudget(1 << 20);

  /** {@code add(n)} adds to a global and to the word at 70000; {@code grow()} by a page. */
  private static CompiledModule module(int globals) {
    ModuleBuilder m = new ModuleBuilder().memory(2, 10).data(8, DATA);
    for (int i = 0; i < globals; i++) {
      m.global('i', true, Code.code().i32(100 + i));
    }
    Code add = Code.code().i32(70_000).i32(70_000).i32Load().get(0).add().i32Store();
    if (globals > 0) {
      add.globalGet(0).get(0).add().globalSet(0).globalGet(0);
    } else {
      add.i32(0);
    }
    int f = m.function("i:i", "", add);
    int grow = m.function(":i", "", Code.code().i32(1).memoryGrow());
    return COMPILER.compile(
        m.export("memory", 2, 0).export("add", 0, f).export("grow", 0, grow).build());
  }

  private static Program program(CompiledModule m) {
    return new Program(m, HostImports.builder().build());
  }

  /** A guest of some module, for tests that only need one. */
  static GuestState started() {
    return program(module(1))
        .start(new TestHost(), SEED, GuestLimits.DEFAULT, MemoryBudget.unlimited());
  }

  private static long add(GuestState s, int n) {
    try (Lease lease = s.enter(new TestHost())) {
      return lease.call(s.program().function("add", "i:i"), n);
    }
  }

  private static int word(GuestState s, int address) {
    try (Lease lease = s.enter(new TestHost())) {
      return lease.readInt(address);
    }
  }

  private Template template(Program p) {
    GuestState s = p.start(new TestHost(), SEED, GuestLimits.DEFAULT, budget);
    assertThat(add(s, 5)).isEqualTo(105);
    try (Lease lease = s.enter(new TestHost())) {
      assertThat(lease.call(p.function("grow", ":i"))).isEqualTo(2);
      lease.write(3 * 65536 - 4, new byte[] {9, 9, 9, 9});
    }
    return s.freeze();
  }

  private static byte[] written(Template t, @org.jspecify.annotations.Nullable Template base) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    t.write(out, base);
    return out.toByteArray();
  }

  @Test
  void whatWasWrittenIsReadWithMemorySizeAndGlobals() {
    Program p = program(module(1));
    byte[] bytes = written(template(p), null);
    Program again = program(module(1));
    Template read = Template.read(again.module(), new ByteArrayInputStream(bytes), budget, null);
    GuestState fork = again.fork(read, SEED, GuestLimits.DEFAULT, budget);
    assertThat(word(fork, 8)).isEqualTo(0x04030201);
    assertThat(word(fork, 70_000)).isEqualTo(5);
    assertThat(word(fork, 3 * 65536 - 4)).isEqualTo(0x09090909);
    assertThat(add(fork, 1)).isEqualTo(106);
    assertThatThrownBy(() -> word(fork, 3 * 65536 - 3)).hasMessageContaining("out of bounds");
    assertThat(written(read, null)).as("a fork's writes are its own").isEqualTo(bytes);
  }

  @Test
  void untouchedPagesAreNotWritten() {
    Program p = program(module(1));
    assertThat(written(template(p), null)).hasSizeLessThan(4 * (PageTable.SIZE + 4) + 100);
  }

  @Test
  void aTemplateOnAnotherHoldsTheDifferenceOnly() {
    Program p = program(module(1));
    Template base = template(p);
    GuestState s = p.fork(base, SEED, GuestLimits.DEFAULT, budget);
    assertThat(add(s, 2)).isEqualTo(107);
    Template upper = s.freeze();
    byte[] bytes = written(upper, base);
    assertThat(bytes.length).isLessThan(PageTable.SIZE + 100).isGreaterThan(PageTable.SIZE);
    Template read = Template.read(p.module(), new ByteArrayInputStream(bytes), budget, base);
    GuestState fork = p.fork(read, SEED, GuestLimits.DEFAULT, budget);
    assertThat(word(fork, 70_000)).isEqualTo(7);
    assertThat(word(fork, 8)).isEqualTo(0x04030201);
    assertThat(read.memoryBytes()).isLessThan(2 * PageTable.SIZE + 2048);
  }

  /** Wherever it is cut: an exception, and nothing stays charged. */
  @Test
  void aCutTemplateIsRefusedAndChargesNothing() {
    Program p = program(module(1));
    byte[] bytes = written(template(p), null);
    long before = budget.used();
    for (int n = 0; n < bytes.length; n += n < 64 ? 1 : 501) {
      byte[] cut = Arrays.copyOf(bytes, n);
      assertThatThrownBy(
              () -> Template.read(p.module(), new ByteArrayInputStream(cut), budget, null))
          .as("cut at %d", n)
          .isInstanceOf(UncheckedIOException.class);
      assertThat(budget.used()).isEqualTo(before);
    }
  }

  /** Contents are the keeper's to verify; what would lead outside of the memory is not believed. */
  @Test
  void numbersThatCannotBeAreRefused() {
    Program p = program(module(1));
    byte[] bytes = written(template(p), null);
    int pageSizeAt = Integer.BYTES + Long.BYTES;
    long before = budget.used();
    for (int at : new int[] {0, pageSizeAt, pageSizeAt + 4, pageSizeAt + 8}) {
      for (int value : new int[] {-2, 0x00ffffff, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
        if (at == pageSizeAt + 8 && value < 0) {
          continue; // a negative page number is the end
        }
        byte[] bad = bytes.clone();
        ByteBuffer.wrap(bad).putInt(at, value);
        assertThatThrownBy(
                () -> Template.read(p.module(), new ByteArrayInputStream(bad), budget, null))
            .as("%d at %d", value, at)
            .isInstanceOf(UncheckedIOException.class);
        assertThat(budget.used()).isEqualTo(before);
      }
    }
  }

  @Test
  void aTemplateOfAModuleWithOtherGlobalsIsRefused() {
    byte[] bytes = written(template(program(module(1))), null);
    for (int globals : new int[] {0, 2}) {
      CompiledModule other = module(globals);
      assertThatThrownBy(() -> Template.read(other, new ByteArrayInputStream(bytes), budget, null))
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining("other globals");
    }
  }

  @Test
  void withoutRoomItIsResourceExhaustedAndChargesNothing() {
    Program p = program(module(1));
    byte[] bytes = written(template(p), null);
    MemoryBudget small = new MemoryBudget(1024 + PageTable.SIZE);
    assertThatThrownBy(
            () -> Template.read(p.module(), new ByteArrayInputStream(bytes), small, null))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED));
    assertThat(small.used()).isZero();
  }
}
