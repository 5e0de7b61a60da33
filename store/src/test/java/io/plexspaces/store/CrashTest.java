package io.plexspaces.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.Recovered;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is promised of acknowledged turns: synced before they are acknowledged, there after a kill.
 */
class CrashTest {
  private static final int TURNS = 60;
  private static final int ACTORS = 20;

  @TempDir Path root;

  @Test
  void everyAcknowledgedTurnIsSyncedInTheLogAndInNothingElse() throws Exception {
    List<String> synced = sequential("durable");
    assertThat(count(synced, "/log/")).isGreaterThanOrEqualTo(TURNS);
    assertThat(count(synced, "/a.db-wal")).isZero();
  }

  @Test
  void aFileAndItsNameAndTheIndexAreOnDiskBeforeTheLogForgets() throws Exception {
    List<String> synced = sequential("settled");
    Path data = root.resolve("data").toRealPath();
    Path type = data.resolve("journals/acme/shop/counter");
    int file = synced.lastIndexOf(type.resolve("a.db-wal").toString());
    int index = synced.lastIndexOf(data.resolve("pending.db-wal").toString());
    assertThat(synced.subList(0, file))
        .contains(type.resolve("a.new").toString())
        .contains(type.toString())
        .contains(type.resolve("..").normalize().toString())
        .contains(type.resolve("../..").normalize().toString())
        .contains(data.resolve("journals").toString());
    // The last of the log's own files that is synced says what it has forgotten.
    assertThat(index).isGreaterThan(file);
    assertThat(lastOf(synced, data.resolve("log").toString())).isGreaterThan(index);
  }

  /** The test of the test: without the syncs of the files the assertion above fails. */
  @Test
  void aMissingSyncOfAFileIsNoticed() throws Exception {
    List<String> synced = sequential("careless");
    assertThat(count(synced, "/log/")).isGreaterThanOrEqualTo(TURNS);
    assertThat(count(synced, "/a.db-wal")).isZero();
    assertThat(count(synced, "/a.db")).isZero();
  }

  @Test
  void anActorWithEffectsIsNamedAfterACrash() throws Exception {
    var _ = syncs(2, "effect", root.resolve("data").toString());
    try (Store store = new Store(root.resolve("data"))) {
      assertThat(store.pending(Turns.APP)).containsExactly(Turns.actor("a"));
    }
  }

  private List<String> sequential(String mode) throws IOException, InterruptedException {
    String data = root.resolve("data").toString();
    return syncs(TURNS, "sequential", data, Integer.toString(TURNS), mode);
  }

  private static long count(List<String> synced, String part) {
    return synced.stream()
        .filter(p -> part.endsWith("/") ? p.contains(part) : p.endsWith(part))
        .count();
  }

  private static int lastOf(List<String> synced, String prefix) {
    int last = -1;
    for (int i = 0; i < synced.size(); i++) {
      last = synced.get(i).startsWith(prefix) ? i : last;
    }
    return last;
  }

  @Test
  void acknowledgedTurnsAreThereAfterAKill() throws Exception {
    long[] acknowledged = new long[ACTORS];
    Pattern line = Pattern.compile("ok (\\d+) (\\d+)");
    try (Child child =
            Child.start(List.of(), "forever", root.toString(), Integer.toString(ACTORS));
        BufferedReader out = child.reader()) {
      int lines = 0;
      for (String s = out.readLine(); s != null; s = out.readLine()) {
        Matcher m = line.matcher(s);
        if (m.matches()) {
          int actor = Integer.parseInt(m.group(1));
          long seq = Long.parseLong(m.group(2));
          acknowledged[actor] = Math.max(acknowledged[actor], seq);
        } else {
          // The last line may be torn by the kill.
          assertThat(lines).as(s).isGreaterThan(1000);
        }
        if (++lines == 1500) {
          child.kill();
        }
      }
      assertThat(lines).isGreaterThanOrEqualTo(1500);
    }
    try (Store store = new Store(root)) {
      for (int i = 0; i < ACTORS; i++) {
        try (Journal j = store.journal("a" + i)) {
          Recovered r = j.recover();
          assertThat(r.lastSeq()).isGreaterThanOrEqualTo(acknowledged[i]);
          assertThat(r.state()).isEqualTo(Turns.turn(r.lastSeq()).state());
        }
      }
    }
  }

  /** What a child that commits {@code turns} turns asked to be synced, in order. */
  private List<String> syncs(int turns, String... arguments)
      throws IOException, InterruptedException {
    Path log = root.resolve("syncs");
    Optional<Path> shim = shim();
    if (shim.isPresent()) {
      Map<String, String> environment =
          Map.of("LD_PRELOAD", shim.get().toString(), "SYNC_LOG", log.toString());
      try (Child child = Child.start(List.of(), environment, arguments)) {
        assertThat(child.output()).contains("acknowledged " + turns);
      }
      return Files.readAllLines(log);
    }
    assumeTrue(
        runs("strace", "-V"), "skipped: neither a C compiler nor strace is here to count syncs");
    List<String> strace =
        List.of("strace", "-f", "-y", "-o", log.toString(), "-e", "trace=fsync,fdatasync");
    try (Child child = Child.start(strace, arguments)) {
      assertThat(child.output()).contains("acknowledged " + turns);
    }
    Pattern call = Pattern.compile("(?:fsync|fdatasync)\\(\\d+<([^>]*)>");
    try (var lines = Files.lines(log)) {
      return lines.map(call::matcher).filter(Matcher::find).map(m -> m.group(1)).toList();
    }
  }

  private Optional<Path> shim() throws IOException, InterruptedException {
    Path source = root.resolve("disk_log.c");
    try (var in = CrashTest.class.getResourceAsStream("/disk_log.c")) {
      Files.write(source, java.util.Objects.requireNonNull(in).readAllBytes());
    }
    Path library = root.resolve("disk_log.so");
    return System.getProperty("os.name").equals("Linux")
            && runs("cc", "-shared", "-fPIC", "-O1", "-o", library.toString(), source.toString())
        ? Optional.of(library)
        : Optional.empty();
  }

  private static boolean runs(String... command) throws InterruptedException {
    try {
      Process p =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return p.waitFor(30, TimeUnit.SECONDS) && p.exitValue() == 0;
    } catch (IOException notInstalled) {
      return false;
    }
  }
}
