package io.plexspaces.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UnzipTest {
  @TempDir private Path dir;
  private Path into = Path.of("");

  @BeforeEach
  void folder() throws IOException {
    into = Files.createDirectory(dir.resolve("into"));
  }

  private Path zip(int bytes, String... names) throws IOException {
    Path zip = dir.resolve("a.zip");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
      for (String name : names) {
        out.putNextEntry(new ZipEntry(name));
        out.write(new byte[bytes]);
      }
    }
    return zip;
  }

  @Test
  void theOnlyFolderOfAnArchiveIsTheProject() throws IOException {
    Path root = Unzip.unzip(zip(3, "app/main.py", "app/lib/x.py"), into);
    assertThat(root).isEqualTo(into.resolve("app"));
    assertThat(root.resolve("lib/x.py")).hasSize(3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"../evil.py", "a/../../evil.py", "/evil.py", "a\\evil.py"})
  void namesThatLeaveTheFolderAreRefused(String name) throws IOException {
    Path zip = zip(1, name);
    assertThatThrownBy(() -> Unzip.unzip(zip, into))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is not a path within it");
    assertThat(dir.resolve("evil.py")).doesNotExist();
  }

  @Test
  void whatUnpacksToTooMuchIsRefusedWhileItUnpacks() throws IOException {
    Path zip = zip(40 << 20, "a.py", "b.py");
    assertThat(Files.size(zip)).isLessThan(1 << 20);
    assertThatThrownBy(() -> Unzip.unzip(zip, into)).hasMessageContaining("more than 64 MiB");
  }

  @Test
  void whatIsNoZipFileIsRefused() throws IOException {
    Path file = Files.writeString(dir.resolve("x.zip"), "nothing");
    assertThatThrownBy(() -> Unzip.unzip(file, into)).hasMessageContaining("no zip file");
  }

  @Test
  void foldersCountAsFilesDo() throws IOException {
    Path zip = zip(0, "a/", "b/", "c/main.py");
    assertThatThrownBy(() -> Unzip.unzip(zip, into, 2))
        .hasMessageContaining("more than 2 files and folders");
    assertThat(Unzip.unzip(zip, into, 3)).isEqualTo(into);
  }
}
