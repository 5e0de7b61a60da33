package io.plexspaces.system.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** Small stories of which it is known what a crash may leave: no less is made, and no more. */
class DiskTest {
  private static final String SECTOR = "x".repeat(Loss.SECTOR);

  private final Disk disk = new Disk(Path.of("/data"));
  private long syncs;

  private void create(int fd, String name) {
    disk.apply(new DiskEvent.Opened(fd, "/data/" + name, true, false, false, false));
  }

  private void open(int fd, String name, boolean truncated, boolean synced) {
    disk.apply(new DiskEvent.Opened(fd, "/data/" + name, false, truncated, false, synced));
  }

  private void write(int fd, long offset, String text) {
    disk.apply(new DiskEvent.Wrote(fd, offset, text.getBytes(StandardCharsets.UTF_8)));
  }

  private void sync(int fd) {
    disk.apply(new DiskEvent.SyncBegun(fd, ++syncs));
    disk.apply(new DiskEvent.SyncEnded(fd, syncs));
  }

  private void syncDirectory(String name) {
    disk.apply(new DiskEvent.Opened(99, name, false, false, true, false));
    sync(99);
    disk.apply(new DiskEvent.Closed(99));
  }

  /** A file that is wholly on disk. */
  private void file(int fd, String name, String text) {
    create(fd, name);
    write(fd, 0, text);
    sync(fd);
    syncDirectory("/data");
  }

  /** What is on disk after crashes in all modes with many seeds. */
  private Set<Map<String, String>> crashes() {
    Set<Map<String, String>> all = new HashSet<>();
    for (Loss.Mode mode : Loss.Mode.values()) {
      for (long seed = 0; seed < 400; seed++) {
        all.add(texts(disk.image(new Loss(mode, seed))));
      }
    }
    return all;
  }

  private static Map<String, String> texts(Image image) {
    Map<String, String> texts = new TreeMap<>();
    image
        .files()
        .forEach((name, c) -> texts.put(name, new String(c.bytes(), StandardCharsets.UTF_8)));
    return texts;
  }

  private static Predicate<Map<String, String>> has(String name, String text) {
    return m -> text.equals(m.get(name));
  }

  @Test
  void whatWasSyncedWithItsNameIsThereWhateverHappens() {
    file(3, "a", "one");
    assertThat(crashes()).containsExactly(Map.of("a", "one"));
  }

  @Test
  void aSyncedFileWhoseNameWasNotMayBeGone() {
    create(3, "a");
    write(3, 0, "one");
    sync(3);
    assertThat(crashes()).containsExactlyInAnyOrder(Map.of(), Map.of("a", "one"));
  }

  @Test
  void aNameIsNoBytes() {
    create(3, "a");
    write(3, 0, "one");
    syncDirectory("/data");
    // Of the bytes all, none, or the length alone.
    assertThat(crashes())
        .containsExactlyInAnyOrder(Map.of("a", "one"), Map.of("a", ""), Map.of("a", "\0\0\0"));
  }

  @Test
  void whatIsWrittenWhileASyncRunsIsNotPartOfIt() {
    file(3, "a", "one");
    disk.apply(new DiskEvent.SyncBegun(3, 70));
    write(3, 0, "two");
    disk.apply(new DiskEvent.SyncEnded(3, 70));
    assertThat(crashes()).containsExactlyInAnyOrder(Map.of("a", "one"), Map.of("a", "two"));
  }

  @Test
  void aSyncThatHasNotEndedPromisesNothing() {
    file(3, "a", "one");
    write(3, 0, "two");
    disk.apply(new DiskEvent.SyncBegun(3, 70));
    assertThat(crashes()).contains(Map.of("a", "one"));
    disk.apply(new DiskEvent.Started()); // the process is gone, and its sync with it
    disk.apply(new DiskEvent.SyncEnded(3, 70));
    assertThat(crashes()).contains(Map.of("a", "one"));
  }

  @Test
  void aSyncIsOfTheFileNotOfTheDescriptor() {
    file(3, "a", "one");
    write(3, 0, "two");
    open(4, "a", false, false);
    disk.apply(new DiskEvent.Duplicated(4, 5));
    disk.apply(new DiskEvent.Closed(4));
    sync(5);
    assertThat(crashes()).containsExactly(Map.of("a", "two"));
  }

  @Test
  void aWriteThatSyncsItselfIsOnDisk() {
    file(3, "a", "one");
    open(4, "a", false, true);
    write(4, 0, "two");
    assertThat(crashes()).containsExactly(Map.of("a", "two"));
  }

  @Test
  void aRenameIsAllOrNothing() {
    file(3, "a", "old");
    file(4, "a.new", "new");
    disk.apply(new DiskEvent.Renamed("/data/a.new", "/data/a"));
    assertThat(crashes())
        .containsExactlyInAnyOrder(Map.of("a", "old", "a.new", "new"), Map.of("a", "new"));
    syncDirectory("/data");
    assertThat(crashes()).containsExactly(Map.of("a", "new"));
  }

  /** The classic mistake: the new name is there and the bytes are not. */
  @Test
  void aRenameBeforeTheBytesAreSyncedMayLoseBoth() {
    file(3, "a", "old");
    create(4, "a.new");
    write(4, 0, "new");
    disk.apply(new DiskEvent.Renamed("/data/a.new", "/data/a"));
    assertThat(crashes()).contains(Map.of("a", ""), Map.of("a", "new"), Map.of("a", "old"));
  }

  @Test
  void sectorsAreWholeAndMayBeThereInAnyCombination() {
    file(3, "a", "x".repeat(2048));
    write(3, 256, "y".repeat(1024));
    Set<String> found = new HashSet<>();
    for (Map<String, String> m : crashes()) {
      String text = m.getOrDefault("a", "");
      assertThat(text).hasSize(2048);
      StringBuilder pieces = new StringBuilder();
      for (int[] piece :
          new int[][] {{0, 256}, {256, 512}, {512, 1024}, {1024, 1280}, {1280, 2048}}) {
        String part = text.substring(piece[0], piece[1]);
        assertThat(part).matches("x+|y+");
        pieces.append(part.charAt(0));
      }
      found.add(pieces.toString());
    }
    assertThat(found)
        .containsExactlyInAnyOrder(
            "xxxxx", "xyyyx", "xyxxx", "xxyxx", "xxxyx", "xyyxx", "xyxyx", "xxyyx");
  }

  @Test
  void aLaterWriteToAnotherFileMayBeThereWithoutTheEarlierOne() {
    file(3, "a", SECTOR);
    file(4, "b", SECTOR);
    write(3, 0, "1");
    write(4, 0, "2");
    String one = "1" + SECTOR.substring(1);
    String two = "2" + SECTOR.substring(1);
    assertThat(crashes())
        .containsExactlyInAnyOrder(
            Map.of("a", SECTOR, "b", SECTOR),
            Map.of("a", one, "b", SECTOR),
            Map.of("a", SECTOR, "b", two),
            Map.of("a", one, "b", two));
  }

  @Test
  void twoWritesOfOneFileMayBeReordered() {
    file(3, "a", SECTOR + SECTOR);
    write(3, 0, "1");
    write(3, Loss.SECTOR, "2");
    assertThat(crashes()).anyMatch(has("a", SECTOR + "2" + SECTOR.substring(1)));
  }

  @Test
  void changesOfOneNameKeepTheirOrder() {
    create(3, "a");
    write(3, 0, "one");
    sync(3);
    disk.apply(new DiskEvent.Removed("/data/a"));
    create(4, "a");
    write(4, 0, "two");
    sync(4);
    assertThat(crashes())
        .containsExactlyInAnyOrder(Map.of(), Map.of("a", "one"), Map.of("a", "two"));
  }

  @Test
  void aDirectorySyncTakesAlongWhatItsNamesNeed() {
    disk.apply(new DiskEvent.MadeDirectory("/data/d"));
    disk.apply(new DiskEvent.MadeDirectory("/data/e"));
    syncDirectory("/data");
    create(3, "d/a");
    write(3, 0, "one");
    sync(3);
    disk.apply(new DiskEvent.Renamed("/data/d/a", "/data/e/b"));
    syncDirectory("/data/e");
    assertThat(crashes()).containsExactly(Map.of("e/b", "one"));
  }

  @Test
  void whatIsInADirectoryIsLostWithItsName() {
    disk.apply(new DiskEvent.MadeDirectory("/data/d"));
    create(3, "d/a");
    write(3, 0, "one");
    sync(3);
    syncDirectory("/data/d");
    assertThat(crashes()).containsExactlyInAnyOrder(Map.of(), Map.of("d/a", "one"));
    syncDirectory("/data");
    assertThat(crashes()).containsExactly(Map.of("d/a", "one"));
  }

  @Test
  void whatIsWrittenBehindATruncationIsThereOnlyWithIt() {
    file(3, "a", "a long text");
    open(4, "a", true, false);
    write(4, 0, "new");
    assertThat(crashes())
        .containsExactlyInAnyOrder(
            Map.of("a", "a long text"), Map.of("a", ""), Map.of("a", "new"), Map.of("a", "\0\0\0"));
  }

  @Test
  void roomThatWasReservedIsZeros() {
    create(3, "a");
    disk.apply(new DiskEvent.Extended(3, 5000));
    sync(3);
    syncDirectory("/data");
    write(3, 0, "one");
    assertThat(crashes())
        .containsExactlyInAnyOrder(
            Map.of("a", "\0".repeat(5000)), Map.of("a", "one" + "\0".repeat(4997)));
  }

  @Test
  void theSameSeedLosesTheSame() {
    file(3, "a", "x".repeat(8192));
    for (int i = 0; i < 50; i++) {
      write(3, i * 100L, "y".repeat(300));
    }
    for (Loss.Mode mode : Loss.Mode.values()) {
      byte[] once = content(new Loss(mode, 7));
      assertThat(Arrays.equals(content(new Loss(mode, 7)), once)).isTrue();
    }
    assertThat(
            Arrays.equals(
                content(new Loss(Loss.Mode.SOME, 7)), content(new Loss(Loss.Mode.SOME, 8))))
        .isFalse();
  }

  private byte[] content(Loss loss) {
    return disk.image(loss).files().values().iterator().next().bytes();
  }
}
