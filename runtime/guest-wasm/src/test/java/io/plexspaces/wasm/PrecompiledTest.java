package io.plexspaces.wasm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.dylibso.chicory.compiler.internal.CompilerResult;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.api.guest.StartupHost;
import io.plexspaces.api.guest.TurnStopped;
import io.plexspaces.wasm.fixture.Code;
import io.plexspaces.wasm.fixture.ModuleBuilder;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Modules whose classes come in a jar, as an interpreter's do. */
class PrecompiledTest {
  private static final String WASM = "some/where/module.wasm";
  private static final byte[] SEED = new byte[GuestRandom.SEED_BYTES];

  @TempDir Path dir;

  private static byte[] module(String data) {
    ModuleBuilder m =
        new ModuleBuilder().memory(1, 4).data(16, data.getBytes(StandardCharsets.US_ASCII));
    int first = m.function(":i", "", Code.code().i32(16).i32Load());
    int spin = m.function(":", "", Code.code().loop().br(0).end());
    return m.custom("padding", new byte[100])
        .export("memory", 2, 0)
        .export("first", 0, first)
        .export("spin", 0, spin)
        .build();
  }

  private static byte[] tableWriter() {
    ModuleBuilder m = new ModuleBuilder().memory(1, 4).table(2);
    int f = m.function(":i", "", Code.code().i32(7));
    m.elements(0, f);
    int set = m.function(":", "", Code.code().i32(1).i32(0).op(0x25, 0).op(0x26, 0));
    return m.export("memory", 2, 0).export("set", 0, set).build();
  }

  /** A jar of the module and its classes. */
  private record Jar(Path file, String machine) {
    URLClassLoader open() {
      try {
        return new URLClassLoader(
            new URL[] {file.toUri().toURL()}, PrecompiledTest.class.getClassLoader());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private Jar jar(String name, byte[] wasm) throws IOException {
    CompilerResult compiled = ModuleCompiler.translate(ModuleValidator.parse(wasm), Set.of());
    Path file = dir.resolve(name + ".jar");
    try (OutputStream out = Files.newOutputStream(file);
        JarOutputStream jar = new JarOutputStream(out)) {
      jar.putNextEntry(new ZipEntry(WASM));
      jar.write(wasm);
      for (Map.Entry<String, byte[]> c : compiled.classBytes().entrySet()) {
        jar.putNextEntry(new ZipEntry(c.getKey().replace('.', '/') + ".class"));
        jar.write(c.getValue());
      }
    }
    return new Jar(file, compiled.collector().mainClassName().replace('/', '.'));
  }

  private static Precompiled precompiled(Jar jar, ModuleCompiler compiler) throws IOException {
    try (URLClassLoader classes = jar.open()) {
      return compiler.precompiled(classes, WASM, jar.machine());
    }
  }

  /** Its resources are read later too, so the loader stays open. */
  private static Precompiled kept(Jar jar) {
    return new ModuleCompiler(null).precompiled(jar.open(), WASM, jar.machine());
  }

  private static GuestState start(Program p, StartupHost host) {
    return p.start(host, SEED, GuestLimits.DEFAULT, MemoryBudget.unlimited());
  }

  @Test
  void itsClassesRunAndHaveSafepoints() throws IOException {
    Program p = new Program(kept(jar("a", module("abcd"))).whole(), HostImports.builder().build());
    try (StartupHost host = new StartupHost(Duration.ofMillis(200));
        GuestState s = start(p, host)) {
      try (Lease lease = s.enter(host)) {
        assertThat(lease.call(p.function("first", ":i"))).isEqualTo(0x64636261);
      }
      try (Lease lease = s.enter(host)) {
        assertThatThrownBy(() -> lease.call(p.function("spin", ":")))
            .isInstanceOf(TurnStopped.class)
            .hasMessageContaining("200 ms");
      }
    }
  }

  @Test
  void theModuleWithoutItsDataForksTheTemplateOfTheWhole() throws IOException {
    Precompiled python = kept(jar("a", module("abcd".repeat(50))));
    byte[] bare = python.withoutData();
    assertThat(bare.length).isLessThan(module("abcd".repeat(50)).length - 300);
    Program whole = new Program(python.whole(), HostImports.builder().build());
    try (StartupHost host = new StartupHost(Duration.ofSeconds(30))) {
      Template t = start(whole, host).freeze();
      java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
      t.write(out, null);
      CompiledModule module = python.bare(bare);
      Program p = new Program(module, HostImports.builder().build());
      Template read =
          Template.read(
              module,
              new java.io.ByteArrayInputStream(out.toByteArray()),
              MemoryBudget.unlimited(),
              null);
      try (GuestState s = p.fork(read, SEED, GuestLimits.DEFAULT, MemoryBudget.unlimited());
          Lease lease = s.enter(host)) {
        assertThat(lease.call(p.function("first", ":i"))).isEqualTo(0x64636261);
      }
    }
  }

  @Test
  void theRewrittenClassesAreKeptAndAreThoseOfOneJar() throws IOException {
    Path cache = dir.resolve("cache");
    Precompiled first = precompiled(jar("a", module("abcd")), new ModuleCompiler(cache));
    List<Path> kept = files(cache);
    assertThat(kept).hasSize(1);
    Object time = Files.getLastModifiedTime(kept.getFirst());
    byte[] content = Files.readAllBytes(kept.getFirst());

    Precompiled again = precompiled(jar("b", module("abcd")), new ModuleCompiler(cache));
    assertThat(again.digest()).isEqualTo(first.digest());
    assertThat(files(cache)).as("%s", time).isEqualTo(kept);

    Precompiled other = precompiled(jar("c", module("wxyz")), new ModuleCompiler(cache));
    assertThat(other.digest()).isNotEqualTo(first.digest());
    assertThat(files(cache)).hasSize(2);

    // Damaged ones are made again, and to the same bytes.
    byte[] bad = content.clone();
    bad[bad.length / 2] ^= 1;
    Files.write(kept.getFirst(), bad);
    precompiled(jar("a", module("abcd")), new ModuleCompiler(cache));
    assertThat(Files.readAllBytes(kept.getFirst())).isEqualTo(content);
  }

  @Test
  void anInstallationsClassesAreTakenAndNothingIsWritten() throws IOException {
    Path installed = dir.resolve("installed");
    precompiled(jar("a", module("abcd")), new ModuleCompiler(installed));
    Path own = dir.resolve("own");
    precompiled(jar("a", module("abcd")), new ModuleCompiler(own, installed));
    assertThat(own).doesNotExist();
  }

  @Test
  void oneThatChangesItsTablesIsRefused() throws IOException {
    Jar jar = jar("t", tableWriter());
    assertThatThrownBy(() -> precompiled(jar, new ModuleCompiler(null)))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION))
        .hasMessageContaining("changes tables or segments (tableSet)");
  }

  @Test
  void whatIsNotOnTheClassPathIsNamed() {
    ModuleCompiler c = new ModuleCompiler(null);
    ClassLoader here = PrecompiledTest.class.getClassLoader();
    assertThatThrownBy(() -> c.precompiled(here, WASM, "some.Machine"))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION))
        .hasMessageContaining(WASM + " is not on the class path");
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }
}
