package io.plexspaces.store;

import static io.plexspaces.store.Turns.APP;
import static io.plexspaces.store.Turns.actor;
import static io.plexspaces.store.Turns.commit;
import static io.plexspaces.store.Turns.turn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.journal.Journal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {
  @TempDir Path root;

  @Test
  void aSecondNodeInThisProcessIsRefusedAndDoesNotBreakTheLock() throws Exception {
    Path dir = root.resolve("deep/er");
    try (DataDirectory data = DataDirectory.open(dir)) {
      assertThat(data.moduleCache()).isDirectory();
      assertThatThrownBy(() -> DataDirectory.open(dir))
          .isInstanceOfSatisfying(
              HostException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION))
          .hasMessageContaining(dir.toRealPath().toString())
          .hasMessageContaining("process " + ProcessHandle.current().pid());
      try (Child child = Child.start(List.of(), "lock", dir.toString())) {
        assertThat(child.output())
            .contains("FAILED_PRECONDITION")
            .contains(dir.toRealPath().toString())
            .contains("process " + ProcessHandle.current().pid());
      }
    }
    DataDirectory.open(dir).close();
  }

  @Test
  void aDirectoryThatIsAFileIsRefusedByName() throws IOException {
    Path file = Files.writeString(root.resolve("f"), "x");
    assertThatThrownBy(() -> DataDirectory.open(file)).hasMessageContaining(file.toString());
  }

  @Test
  void keysOfAnyUnicodeHaveFilesOfTheirOwn() throws IOException {
    List<String> keys =
        List.of(
            "a",
            "A",
            ".",
            "..",
            "a/b",
            "a%2fb",
            "%",
            "~",
            "ü",
            "\uD83D\uDE00",
            " ",
            "\u0000",
            "x\u0000y",
            "con",
            "a.db",
            "a.db-wal",
            "k".repeat(512),
            "k".repeat(511) + "j",
            "ü".repeat(256),
            "-",
            "?");
    try (Store store = new Store(root)) {
      for (String key : keys) {
        Journal j = store.journal(key);
        commit(j, turn(1));
        j.close();
      }
    }
    Set<String> names = new HashSet<>();
    try (var files = Files.list(root.resolve("journals/acme/shop/counter"))) {
      files.forEach(f -> names.add(f.getFileName().toString().toLowerCase(Locale.ROOT)));
    }
    assertThat(names).hasSize(keys.size()).allMatch(n -> n.length() <= 243);
    try (Store store = new Store(root)) {
      assertThat(store.journals.actors(APP))
          .containsExactlyInAnyOrderElementsOf(keys.stream().map(Turns::actor).toList());
      for (String key : keys) {
        Journal j = store.journal(key);
        assertThat(j.recover().lastSeq()).isEqualTo(1);
        j.close();
      }
      assertThatThrownBy(() -> store.journal("\uD83D")).hasMessageContaining("not valid Unicode");
      assertThat(actor("a")).isNotEqualTo(actor("A"));
    }
  }

  @Property(tries = 500, seed = "20261121")
  void aNameIsShortPlainAndReadBack(@ForAll String s) {
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(s)) {
      return;
    }
    String name = FileNames.encode(s);
    assertThat(name).matches("([a-z0-9_%-][a-z0-9_.%~-]*)?").hasSizeLessThanOrEqualTo(240);
    if (!name.contains("~")) {
      assertThat(FileNames.decode(name)).contains(s);
    }
  }
}
