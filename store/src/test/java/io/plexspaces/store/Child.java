package io.plexspaces.store;

import io.plexspaces.api.HostException;
import io.plexspaces.api.Telemetry;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.JournalOptions;
import io.plexspaces.store.log.LogOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A JVM of its own that uses a data directory: what it prints is what it was acknowledged. */
final class Child implements AutoCloseable {
  private final Process process;

  private Child(Process process) {
    this.process = process;
  }

  static Child start(List<String> before, String... arguments) throws IOException {
    return start(before, Map.of(), arguments);
  }

  static Child start(List<String> before, Map<String, String> environment, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(before);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:TieredStopAtLevel=1",
            "-Xshare:auto",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            Child.class.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    return new Child(builder.start());
  }

  BufferedReader reader() {
    return new BufferedReader(process.inputReader(StandardCharsets.UTF_8));
  }

  /** All it prints; waits for its end. */
  String output() throws IOException, InterruptedException {
    try (BufferedReader r = reader()) {
      String text = r.lines().collect(Collectors.joining("\n"));
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        throw new AssertionError("the child process does not end; it printed: " + text);
      }
      return text;
    }
  }

  /** SIGKILL. */
  void kill() {
    // Through the handle: Process.destroyForcibly would also close what the child has printed.
    process.toHandle().destroyForcibly();
    process.onExit().join();
  }

  @Override
  public void close() {
    kill();
  }

  public static void main(String[] arguments) {
    Path directory = Path.of(arguments[1]);
    switch (arguments[0]) {
      case "lock" -> lock(directory);
      case "sequential" -> sequential(directory, Integer.parseInt(arguments[2]), arguments[3]);
      case "effect" -> effect(directory);
      case "forever" -> forever(directory, Integer.parseInt(arguments[2]));
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }

  private static void lock(Path directory) {
    try (DataDirectory data = DataDirectory.open(directory)) {
      System.out.println("opened " + data.root());
    } catch (HostException e) {
      System.out.println(e.code() + " " + e.error().message());
    }
  }

  /** A node's journals, on their log. */
  private record Opened(NodeLog log, SqliteJournalStore store) implements AutoCloseable {
    static Opened on(DataDirectory data, boolean durable) {
      NodeLog log = new NodeLog(data, LogOptions.DEFAULT, InstantSource.system());
      SqliteJournalStore store =
          new SqliteJournalStore(
              data,
              log,
              StoreOptions.DEFAULT,
              Telemetry.NONE,
              InstantSource.system(),
              new SqliteFiles(Duration.ofSeconds(2), durable, 0),
              Applier.Pace.DEFAULT);
      log.start();
      return new Opened(log, store);
    }

    Journal journal(String key) {
      Journal j = store.journal(Turns.actor(key), JournalOptions.DEFAULT);
      var _ = j.recover();
      return j;
    }

    @Override
    public void close() {
      store.close();
      log.close();
    }
  }

  /** Commits one turn after the other and ends at once, or after the files have followed. */
  private static void sequential(Path directory, int turns, String mode) {
    try (DataDirectory data = DataDirectory.open(directory);
        Opened store = Opened.on(data, !mode.equals("careless"));
        Journal j = store.journal("a")) {
      for (long seq = 1; seq <= turns; seq++) {
        Turns.commit(j, Turns.turn(seq, null, List.of(Turns.effect(seq, 0))));
      }
      if (!mode.equals("durable")) {
        store.store().settle();
        store.store().close();
        store.log().close();
      }
      System.out.println("acknowledged " + turns);
      System.out.flush();
      Runtime.getRuntime().halt(0);
    }
  }

  /** A turn, a turn with an effect, and then nothing more: no file is closed. */
  private static void effect(Path directory) {
    try (DataDirectory data = DataDirectory.open(directory);
        Opened store = Opened.on(data, true);
        Journal j = store.journal("a")) {
      Turns.commit(j, Turns.turn(1));
      Turns.commit(j, Turns.turn(2, null, List.of(Turns.effect(2, 0))));
      System.out.println("acknowledged 2");
      System.out.flush();
      Runtime.getRuntime().halt(0);
    }
  }

  /** Commits to many actors until it is killed, printing each turn after its acknowledgement. */
  private static void forever(Path directory, int actors) {
    try (DataDirectory data = DataDirectory.open(directory);
        Opened store = Opened.on(data, true)) {
      List<Journal> journals = new ArrayList<>();
      for (int i = 0; i < actors; i++) {
        journals.add(store.journal("a" + i));
      }
      for (long seq = 1; ; seq++) {
        for (int i = 0; i < actors; i++) {
          long s = seq;
          int actor = i;
          journals
              .get(i)
              .append(
                  Turns.turn(seq),
                  failure -> {
                    // One write, so that no line is torn but the last.
                    System.out.println(
                        failure == null ? "ok " + actor + " " + s : "failed " + failure);
                    System.out.flush();
                  });
        }
        if (seq % 16 == 0) {
          Turns.commit(journals.getFirst(), Turns.turn(++seq));
          for (int i = 1; i < actors; i++) {
            Turns.commit(journals.get(i), Turns.turn(seq));
          }
        }
      }
    }
  }
}
