package io.plexspaces.wasm;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.Frame;
import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.wasm.fixture.Code;
import io.plexspaces.wasm.fixture.GuestBuilder;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModuleCompilerTest {
  private static final FileTime LONG_AGO = FileTime.fromMillis(1_000_000_000_000L);

  @TempDir Path directory;

  private Path onlyFile() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      List<Path> all = files.toList();
      assertThat(all).hasSize(1);
      return all.getFirst();
    }
  }

  private void loads() {
    new WasmEngine(new ModuleCompiler(directory), MemoryBudget.unlimited())
        .load(GuestBuilder.echo(), GuestLimits.DEFAULT)
        .close();
  }

  @Test
  void theClassesOutliveTheCompiler() throws IOException {
    loads();
    Path file = onlyFile();
    Object key = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    Files.setLastModifiedTime(file, LONG_AGO);
    loads();
    BasicFileAttributes after = Files.readAttributes(onlyFile(), BasicFileAttributes.class);
    assertThat(after.fileKey()).as("not written again").isEqualTo(key);
    assertThat(after.lastModifiedTime()).as("time of use").isGreaterThan(LONG_AGO);
  }

  @Test
  void aDamagedFileIsMadeAnew() throws IOException {
    loads();
    Path file = onlyFile();
    byte[] good = Files.readAllBytes(file);
    for (int at : new int[] {0, 31, 32, good.length / 2, good.length - 1}) {
      byte[] bad = good.clone();
      bad[at] ^= 1;
      Files.write(file, bad);
      loads();
      assertThat(Files.readAllBytes(onlyFile())).as("byte %d", at).isEqualTo(good);
    }
    for (int size : new int[] {0, 10, 32, 33, good.length - 1}) {
      Files.write(file, java.util.Arrays.copyOf(good, size));
      loads();
      assertThat(Files.readAllBytes(onlyFile())).as("cut to %d", size).isEqualTo(good);
    }
  }

  @Test
  void whatWasNotUsedForLongestMakesRoom() throws IOException {
    CompiledClasses classes = new CompiledClasses("m", Map.of("m", new byte[1000]), Set.of());
    ClassCache cache = new ClassCache(directory, true, 3500);
    for (String name : List.of("a", "b", "c")) {
      cache.store(name, classes);
    }
    Path abandoned = Files.createFile(directory.resolve("new1.part"));
    Path other = Files.write(directory.resolve("other"), new byte[9000]);
    Path young = Files.createFile(directory.resolve("new2.part"));
    try (Stream<Path> files = Files.list(directory)) {
      for (Path p : files.filter(f -> !f.equals(young)).toList()) {
        Files.setLastModifiedTime(p, LONG_AGO);
      }
    }
    ClassCache shared = new ClassCache(directory, false, 1);
    assertThat(shared.load("b")).as("use of a shared cache is not noted").isNotNull();
    assertThat(cache.load("a")).isNotNull();
    assertThat(cache.load("c")).isNotNull();
    cache.store("d", classes);
    assertThat(cache.load("b")).isNull();
    assertThat(List.of("a", "c", "d")).allSatisfy(n -> assertThat(cache.load(n)).isNotNull());
    assertThat(abandoned).doesNotExist();
    assertThat(young).exists();
    assertThat(other).exists();
    new ClassCache(directory, true, 10).store("e", classes);
    assertThat(cache.load("e")).as("stored last").isNotNull();
    assertThat(List.of("a", "c", "d")).allSatisfy(n -> assertThat(cache.load(n)).isNull());
  }

  @Test
  void theClassesOfAClosedModuleAreCollected() throws InterruptedException {
    ModuleCompiler compiler = new ModuleCompiler(null);
    WeakReference<ClassLoader> loader = usedAndClosed(compiler);
    for (int i = 0; i < 50 && loader.get() != null; i++) {
      System.gc();
      // Reference handling is another thread's; this only shortens the wait for it.
      Thread.sleep(10);
    }
    assertThat(loader.get()).isNull();
  }

  private static WeakReference<ClassLoader> usedAndClosed(ModuleCompiler compiler) {
    GuestBuilder g = new GuestBuilder();
    byte[] calling = g.handler(Code.code().i32(0).i32(0).i32(0).i32(0).call(g.call).drop().i32(0));
    TestHost host = new TestHost();
    List<ClassLoader> seen = new ArrayList<>();
    StackWalker walker = StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);
    host.operation =
        (op, request) -> {
          walker.forEach(f -> {
            ClassLoader l = f.getDeclaringClass().getClassLoader();
            if (l != null && "guest".equals(l.getName())) {
              seen.add(l);
            }
          });
          return Frame.EMPTY;
        };
    WasmEngine engine = new WasmEngine(compiler, MemoryBudget.unlimited());
    try (GuestModule m = engine.load(calling, GuestLimits.DEFAULT);
        GuestInstance i = m.spawn("thing", new byte[32])) {
      i.call(GuestOp.HANDLE, Frame.EMPTY, host);
    }
    assertThat(seen).isNotEmpty();
    return new WeakReference<>(seen.getFirst());
  }

  @Test
  void aCacheThatCannotBeWrittenOnlyCostsTime() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "not a directory");
    new WasmEngine(new ModuleCompiler(file.resolve("cache")), MemoryBudget.unlimited())
        .load(GuestBuilder.echo(), GuestLimits.DEFAULT)
        .close();
  }

  @Test
  void whoeverAsksForTheSameModuleGetsTheSameClasses() throws Exception {
    ModuleCompiler compiler = new ModuleCompiler(directory);
    byte[] module = GuestBuilder.echo();
    try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<CompiledModule>> loads = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        loads.add(() -> compiler.compile(module.clone()));
      }
      Set<CompiledModule> made =
          pool.invokeAll(loads).stream().map(Future::resultNow).collect(Collectors.toSet());
      assertThat(made).hasSize(1);
      assertThat(compiler.compile(module)).isSameAs(made.iterator().next());
    }
  }
}
