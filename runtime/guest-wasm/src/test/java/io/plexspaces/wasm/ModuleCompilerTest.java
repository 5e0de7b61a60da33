package io.plexspaces.wasm;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.wasm.fixture.GuestBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
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
    Files.setLastModifiedTime(file, LONG_AGO);
    loads();
    assertThat(Files.getLastModifiedTime(onlyFile())).as("not written again").isEqualTo(LONG_AGO);
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
