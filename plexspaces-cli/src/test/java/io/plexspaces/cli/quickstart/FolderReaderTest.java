package io.plexspaces.cli.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.plexspaces.cli.quickstart.Folder.Reason;
import io.plexspaces.cli.quickstart.FolderReader.Limits;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class FolderReaderTest {
  @TempDir private Path dir;

  private Folder read() {
    return FolderReader.read(dir, Limits.DEFAULT);
  }

  private void file(String path, byte[] content) throws IOException {
    Path file = dir.resolve(path);
    Files.createDirectories(file.getParent());
    Files.write(file, content);
  }

  private void file(String path, String text) throws IOException {
    file(path, text.getBytes(StandardCharsets.UTF_8));
  }

  private static List<String> paths(Folder f) {
    return f.files().stream().map(TextFile::path).toList();
  }

  private static List<String> left(Folder f, Reason reason) {
    Folder.Skipped s = f.skipped().get(reason);
    return s == null ? List.of() : s.examples();
  }

  @Test
  void textIsToldByItsContentAndComesInOrder() throws IOException {
    file("b.exe", "text in spite of its name");
    file("a/deep/er/note", "größer – 東京\n");
    file("windows.txt", "\ufeffwith a mark".getBytes(StandardCharsets.UTF_8));
    file("wide.txt", "\ufeffwide".getBytes(StandardCharsets.UTF_16LE));
    file("photo.md", new byte[] {'#', ' ', 0, 1, 2});
    file("noise.txt", new byte[] {1, 2, 3, (byte) 0xff, (byte) 0xfe, 4, 5});
    file("old.txt", "Straße".repeat(40).getBytes(Charset.forName("ISO-8859-1")));
    file("empty.md", "");
    file("blank.md", " \n\t\n");
    Folder f = read();
    assertThat(paths(f)).containsExactly("a/deep/er/note", "b.exe", "wide.txt", "windows.txt");
    assertThat(f.files().stream().map(TextFile::text))
        .contains("größer – 東京\n", "wide", "with a mark");
    assertThat(left(f, Reason.BINARY)).containsExactlyInAnyOrder("photo.md", "noise.txt");
    assertThat(left(f, Reason.NOT_UTF8)).containsExactly("old.txt");
    assertThat(left(f, Reason.EMPTY)).containsExactlyInAnyOrder("empty.md", "blank.md");
  }

  @Test
  void whatIsTooMuchIsLeftOutAndTold() throws IOException {
    file("large.txt", "x ".repeat(50));
    file("endless.json", "y".repeat(FolderReader.LONGEST_LINE + 1));
    file("one.txt", "1234567890");
    file("two.txt", "1234567890");
    file("zzz.txt", "12345");
    assertThat(left(read(), Reason.ENDLESS_LINES)).containsExactly("endless.json");
    Folder f = FolderReader.read(dir, new Limits(99, 16, 50));
    assertThat(paths(f)).containsExactly("one.txt", "zzz.txt");
    assertThat(f.bytes()).isEqualTo(15);
    assertThat(left(f, Reason.TOO_LARGE)).containsExactlyInAnyOrder("large.txt", "endless.json");
    assertThat(left(f, Reason.BEYOND_TOTAL)).containsExactly("two.txt");
    Folder few = FolderReader.read(dir, new Limits(99, 1000, 2));
    assertThat(paths(few)).containsExactly("one.txt", "two.txt");
    assertThat(left(few, Reason.BEYOND_COUNT)).containsExactly("zzz.txt");
  }

  @Test
  void hiddenAndGeneratedEntriesAreLeftOut() throws IOException {
    file(".git/config", "secret");
    file(".env", "secret");
    file("node_modules/x/README.md", "foreign");
    file("a.txt", "mine");
    assertThat(paths(read())).containsExactly("a.txt");
    assertThat(read().skipped().get(Reason.HIDDEN)).extracting(Folder.Skipped::count).isEqualTo(3);
  }

  @Test
  @Timeout(20)
  void linksAndPipesDoNoHarm(@TempDir Path elsewhere) throws Exception {
    file("real.txt", "once");
    Files.writeString(elsewhere.resolve("far.txt"), "linked");
    Files.createSymbolicLink(dir.resolve("again.txt"), dir.resolve("real.txt"));
    Files.createSymbolicLink(dir.resolve("far.txt"), elsewhere.resolve("far.txt"));
    Files.createSymbolicLink(dir.resolve("loop"), dir);
    Files.createSymbolicLink(dir.resolve("root"), Path.of("/"));
    Files.createSymbolicLink(dir.resolve("self"), dir.resolve("self"));
    Files.createSymbolicLink(dir.resolve("nowhere"), elsewhere.resolve("gone"));
    Files.createSymbolicLink(dir.resolve("null"), Path.of("/dev/zero"));
    boolean pipe =
        new ProcessBuilder("mkfifo", dir.resolve("pipe").toString()).start().waitFor() == 0;
    Folder f = read();
    assertThat(paths(f)).containsExactly("far.txt", "real.txt");
    assertThat(left(f, Reason.LINKED_FOLDER)).containsExactlyInAnyOrder("loop", "root");
    assertThat(left(f, Reason.BROKEN_LINK)).containsExactlyInAnyOrder("self", "nowhere");
    assertThat(left(f, Reason.SPECIAL)).hasSize(pipe ? 2 : 1).contains("null");
    Path link = Files.createSymbolicLink(elsewhere.resolve("link"), dir);
    assertThat(paths(FolderReader.read(link, Limits.DEFAULT))).contains("real.txt");
  }

  @Test
  void whatMayNotBeReadIsTold() throws IOException {
    file("open.txt", "text");
    file("closed.txt", "text");
    file("locked/in.txt", "text");
    Files.setPosixFilePermissions(
        dir.resolve("closed.txt"), PosixFilePermissions.fromString("---------"));
    Files.setPosixFilePermissions(
        dir.resolve("locked"), PosixFilePermissions.fromString("---------"));
    try {
      // The superuser may read everything.
      assumeThat(Files.isReadable(dir.resolve("closed.txt"))).isFalse();
      Folder f = read();
      assertThat(paths(f)).containsExactly("open.txt");
      assertThat(left(f, Reason.UNREADABLE)).containsExactlyInAnyOrder("closed.txt", "locked");
      assertThatThrownBy(() -> FolderReader.read(dir.resolve("locked"), Limits.DEFAULT))
          .hasMessageContaining("check its permissions");
    } finally {
      Files.setPosixFilePermissions(
          dir.resolve("locked"), PosixFilePermissions.fromString("rwx------"));
    }
  }

  @Test
  void aWrongFolderIsNamed() throws IOException {
    assertThatThrownBy(() -> FolderReader.read(dir.resolve("gone"), Limits.DEFAULT))
        .isInstanceOf(QuickstartFailure.class)
        .hasMessage("--docs: there is no folder " + dir.resolve("gone") + ", check the path");
    file("a.txt", "text");
    assertThatThrownBy(() -> FolderReader.read(dir.resolve("a.txt"), Limits.DEFAULT))
        .hasMessageContaining("a.txt is a file: name the folder");
    Files.delete(dir.resolve("a.txt"));
    assertThat(read().files()).isEmpty();
    assertThat(read().skipped()).isEmpty();
  }

  @Test
  void whatWasLeftOutIsOneLineEach() throws IOException {
    file("a\u001b[2J.bin", new byte[] {0});
    file("b.bin", new byte[] {0});
    file("c.bin", new byte[] {0});
    file("d.txt", "");
    assertThat(read().leftOut()).hasSize(2);
    assertThat(read().leftOut().getFirst())
        .startsWith("3 (binary): ")
        .endsWith(", ..")
        .doesNotContain("\u001b");
    assertThat(read().leftOut().getLast()).isEqualTo("1 (empty): d.txt");
  }
}
