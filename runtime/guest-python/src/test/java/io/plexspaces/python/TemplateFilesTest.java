package io.plexspaces.python;

import static io.plexspaces.python.PyFixture.bytes;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.python.TemplateFiles.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TemplateFilesTest {
  private static final String APP = PyFixture.actor("@handler(\"a\")\ndef a(self):\n    pass\n");

  @TempDir Path dir;

  private static @Nullable String text(@Nullable ByteBuffer b) {
    return b == null ? null : UTF_8.decode(b.slice()).toString();
  }

  @Test
  void whatWasStoredIsLoaded() {
    TemplateFiles files = new TemplateFiles(dir.resolve("new"), null);
    assertThat(files.load(Kind.INTERPRETER, "k")).isNull();
    files.store(Kind.INTERPRETER, "k", bytes("content"));
    assertThat(text(files.load(Kind.INTERPRETER, "k"))).isEqualTo("content");
    assertThat(files.load(Kind.INTERPRETER, "other")).isNull();
  }

  @Test
  void aDamagedCutOrForeignFileIsNotUsedAndDeleted() throws IOException {
    TemplateFiles files = new TemplateFiles(dir, null);
    Path file = dir.resolve(TemplateFiles.name(Kind.INTERPRETER, "k"));
    files.store(Kind.INTERPRETER, "k", bytes("content"));
    byte[] good = Files.readAllBytes(file);
    byte[] changed = good.clone();
    changed[good.length - 1] ^= 1;
    for (byte[] bad :
        List.of(changed, Arrays.copyOf(good, good.length - 1), new byte[0], bytes("short"))) {
      Files.write(file, bad);
      assertThat(files.load(Kind.INTERPRETER, "k")).isNull();
      assertThat(file).doesNotExist();
    }
    Files.write(dir.resolve(TemplateFiles.name(Kind.INTERPRETER, "other")), good);
    assertThat(files.load(Kind.INTERPRETER, "other")).isNull();
  }

  @Test
  void filesOfFormerVersionsAreDeleted() throws IOException {
    TemplateFiles files = new TemplateFiles(dir, null);
    files.store(Kind.INTERPRETER, "old", bytes("1"));
    files.store(Kind.INTERPRETER, "new", bytes("2"));
    assertThat(files.load(Kind.INTERPRETER, "old")).isNull();
    assertThat(text(files.load(Kind.INTERPRETER, "new"))).isEqualTo("2");
    try (Stream<Path> left = Files.list(dir)) {
      assertThat(left).hasSize(1);
    }
  }

  @Test
  void aFewOfTheLatestSdksStay() {
    TemplateFiles files = new TemplateFiles(dir, null);
    files.store(Kind.INTERPRETER, "i", bytes("0"));
    for (int i = 0; i < 6; i++) {
      files.store(Kind.SDK, "k" + i, bytes("s" + i));
    }
    assertThat(text(files.load(Kind.SDK, "k5"))).isEqualTo("s5");
    assertThat(text(files.load(Kind.INTERPRETER, "i"))).isEqualTo("0");
    assertThat(dir.toFile().list()).hasSize(5);
  }

  @Test
  void theInstalledOneIsTakenAndNeverTouched() throws IOException {
    Path installed = dir.resolve("installed");
    new TemplateFiles(installed, null).store(Kind.INTERPRETER, "k", bytes("it"));
    TemplateFiles files = new TemplateFiles(dir.resolve("own"), installed);
    assertThat(text(files.load(Kind.INTERPRETER, "k"))).isEqualTo("it");
    Path file = installed.resolve(TemplateFiles.name(Kind.INTERPRETER, "k"));
    Files.write(file, bytes("damaged, and not ours to delete, but not used either"));
    assertThat(files.load(Kind.INTERPRETER, "k")).isNull();
    assertThat(file).exists();
  }

  @Test
  void aFolderThatCannotBeWrittenIsNoFailure() throws IOException {
    Path file = Files.writeString(dir.resolve("file"), "");
    TemplateFiles files = new TemplateFiles(file, null);
    files.store(Kind.INTERPRETER, "k", bytes("1"));
    assertThat(files.load(Kind.INTERPRETER, "k")).isNull();
  }

  @Test
  void aDamagedTemplateIsMadeAnewOnceForAllThatAsk() throws Exception {
    PyFixture.load(APP).close();
    try (Stream<Path> cached = Files.list(PyFixture.CACHE)) {
      // Copied with their times of use: the latest is of the template that is there.
      for (Path p :
          cached.filter(f -> !f.getFileName().toString().startsWith("pythonsdk-")).toList()) {
        Files.copy(p, dir.resolve(p.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    try (PythonEngine engine = new PythonEngine(PyFixture.COMPILER, dir, null, PyFixture.BUDGET)) {
      engine.load(PyFixture.artifact(APP), PyFixture.LIMITS).close();
    }
    assertThat(sdkLayers()).isEqualTo(1);
    Path template = template();
    byte[] good = Files.readAllBytes(template);
    byte[] bad = good.clone();
    bad[bad.length / 2] ^= 1;
    Files.write(template, bad);
    Queue<Throwable> wrong = new ConcurrentLinkedQueue<>();
    List<String> said = new CopyOnWriteArrayList<>();
    Handler listener = listener(said);
    Logger log = Logger.getLogger(Base.class.getName());
    log.addHandler(listener);
    try (PythonEngine engine = new PythonEngine(PyFixture.COMPILER, dir, null, PyFixture.BUDGET)) {
      Runnable load =
          () -> {
            try (GuestModule m = engine.load(PyFixture.artifact(APP), PyFixture.LIMITS)) {
              m.description();
            } catch (Throwable e) {
              wrong.add(e);
            }
          };
      Thread other = Thread.ofPlatform().start(load);
      load.run();
      other.join();
      assertThat(said).as("made once").hasSize(1);
      assertThat(sdkLayers()).as("one is of the template that was, and of no use").isEqualTo(2);
    }
    try (PythonEngine again = new PythonEngine(PyFixture.COMPILER, dir, null, PyFixture.BUDGET)) {
      again.load(PyFixture.artifact(APP), PyFixture.LIMITS).close();
    } finally {
      log.removeHandler(listener);
    }
    assertThat(said).as("and read from then on").hasSize(1);
    assertThat(wrong).isEmpty();
    assertThat(template()).isEqualTo(template);
    assertThat(Files.mismatch(template, Files.write(dir.resolve("bad"), bad))).isNotEqualTo(-1);
  }

  private static Handler listener(List<String> said) {
    return new Handler() {
      @Override
      public void publish(LogRecord r) {
        if (r.getMessage().startsWith("making the Python interpreter's template")) {
          said.add(r.getMessage());
        }
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
  }

  private long sdkLayers() throws IOException {
    try (Stream<Path> files = Files.list(dir)) {
      return files.filter(f -> f.getFileName().toString().startsWith("pythonsdk-")).count();
    }
  }

  private Path template() throws IOException {
    try (Stream<Path> files = Files.list(dir)) {
      return files
          .filter(f -> f.getFileName().toString().startsWith("python-"))
          .findFirst()
          .orElseThrow();
    }
  }
}
