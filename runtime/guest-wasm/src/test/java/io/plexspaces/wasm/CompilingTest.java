package io.plexspaces.wasm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.dylibso.chicory.compiler.internal.CompilerResult;
import com.dylibso.chicory.wasm.WasmModule;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.wasm.fixture.Code;
import io.plexspaces.wasm.fixture.ModuleBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class CompilingTest {
  /** So many that their code is within 64 KiB before the rewrite and beyond it after. */
  private static final int LOOPS = 6250;

  private static byte[] module(int n) {
    ModuleBuilder b = new ModuleBuilder().memory(1);
    return b.export("f", 0, b.function(":i", "", Code.code().i32(n))).build();
  }

  /** Translators that wait at a gate, and what is seen of them. */
  private static final class Gate implements ModuleCompiler.Translator {
    final Semaphore inside = new Semaphore(0);
    final CountDownLatch open = new CountDownLatch(1);
    final AtomicInteger now = new AtomicInteger();
    final AtomicInteger most = new AtomicInteger();
    final AtomicInteger calls = new AtomicInteger();
    volatile boolean onVirtualThread;

    @Override
    public CompilerResult translate(WasmModule module, Set<Integer> interpreted) {
      most.accumulateAndGet(now.incrementAndGet(), Math::max);
      calls.incrementAndGet();
      onVirtualThread |= Thread.currentThread().isVirtual();
      inside.release();
      try {
        open.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      } finally {
        now.decrementAndGet();
      }
      return ModuleCompiler.translate(module, interpreted);
    }
  }

  @Test
  void fewModulesAreCompiledAtOnceAndNotByTheirCallers() throws Exception {
    Gate gate = new Gate();
    ModuleCompiler compiler = new ModuleCompiler(null, null, gate);
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<CompiledModule>> all = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        byte[] m = module(i);
        all.add(callers.submit(() -> compiler.compile(m)));
      }
      gate.inside.acquire(2);
      gate.open.countDown();
      for (Future<CompiledModule> f : all) {
        assertThat(f.get()).isNotNull();
      }
    }
    assertThat(gate.calls).hasValue(6);
    assertThat(gate.most).hasValue(2);
    assertThat(gate.onVirtualThread).isFalse();
  }

  @Test
  void anInterruptedCallerLeavesTheModuleToTheOthers() throws Exception {
    Gate gate = new Gate();
    ModuleCompiler compiler = new ModuleCompiler(null, null, gate);
    byte[] mine = module(7);
    CompletableFuture<Throwable> failure = new CompletableFuture<>();
    CompletableFuture<Boolean> stillInterrupted = new CompletableFuture<>();
    Thread caller =
        Thread.ofVirtual()
            .start(() -> {
              try {
                compiler.compile(mine);
              } catch (HostException e) {
                stillInterrupted.complete(Thread.currentThread().isInterrupted());
                failure.complete(e);
              }
            });
    gate.inside.acquire();
    caller.interrupt();
    assertThat(failure.get())
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED));
    assertThat(stillInterrupted.get()).isTrue();
    mine[mine.length - 2] ^= 1;
    gate.open.countDown();
    CompiledModule compiled = compiler.compile(module(7));
    assertThat(compiled.digest()).isEqualTo(Digests.sha256(module(7)));
    assertThat(gate.calls).hasValue(1);
  }

  @Test
  void whatTheCompilerTripsOverIsRefused() {
    for (Throwable t :
        new Throwable[] {
          new IllegalStateException("a branch to nowhere"),
          new ArrayIndexOutOfBoundsException(3),
          new StackOverflowError()
        }) {
      ModuleCompiler compiler =
          new ModuleCompiler(
              null,
              null,
              (module, interpreted) -> {
                if (t instanceof Error e) {
                  throw e;
                }
                throw (RuntimeException) t;
              });
      assertThatThrownBy(() -> compiler.compile(module(1)))
          .isInstanceOfSatisfying(
              HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
          .hasMessageContaining("it cannot be compiled")
          .hasMessageContaining(t.getClass().getSimpleName());
    }
  }

  @Test
  void functionsThatTheRewriteMakesTooBigAreFoundTogether() {
    ModuleBuilder b = new ModuleBuilder().memory(1);
    for (int f = 0; f < 2; f++) {
      Code code = Code.code();
      for (int i = 0; i < LOOPS; i++) {
        code.loop().get(0).brIf(0).end();
      }
      b.export("f" + f, 0, b.function("i:i", "", code.i32(f)));
    }
    List<Set<Integer>> passes = new ArrayList<>();
    ModuleCompiler compiler =
        new ModuleCompiler(
            null,
            null,
            (module, interpreted) -> {
              passes.add(Set.copyOf(interpreted));
              CompilerResult r = ModuleCompiler.translate(module, interpreted);
              if (passes.size() == 1) {
                assertThat(r.interpretedFunctions()).as("too big before the rewrite").isEmpty();
              }
              return r;
            });
    assertThat(compiler.compile(b.build()).interpreted()).isTrue();
    assertThat(passes).containsExactly(Set.of(), Set.of(0, 1));
  }
}
