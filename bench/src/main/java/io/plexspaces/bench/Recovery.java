package io.plexspaces.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * How soon a node answers after a crash. One process makes turns and dies without closing anything;
 * another opens what is there and asks.
 */
final class Recovery {
  private static final String MANY = "recovery-20k";
  private static final String LONG = "recovery-1m";
  private static final int ACTORS = 20_000;
  private static final int TURNS = 1_000_000;

  /** Asks that wait at once while the turns are made. */
  private static final int CLIENTS = 256;

  private final Path scratch;
  private final Consumer<String> progress;

  Recovery(Path scratch, Consumer<String> progress) {
    this.scratch = scratch;
    this.progress = progress;
  }

  static Map<String, String> list() {
    Map<String, String> list = new LinkedHashMap<>();
    list.put(MANY, "a crash with 20,000 actors: the first answer, and all of them");
    list.put(LONG, "a crash of one actor with 1,000,000 turns: its first answer");
    return list;
  }

  List<Result> measure(Predicate<String> chosen) throws IOException, InterruptedException {
    List<Result> results = new ArrayList<>();
    if (chosen.test(MANY)) {
      results.addAll(measure(MANY, ACTORS, ACTORS * 2));
    }
    if (chosen.test(LONG)) {
      results.addAll(measure(LONG, 1, TURNS));
    }
    return results;
  }

  List<Result> measure(String name, int actors, int turns)
      throws IOException, InterruptedException {
    Path directory = Files.createDirectories(scratch.resolve(name));
    try {
      progress.accept(name + ": making " + turns + " turns");
      String made = child("make", directory, actors, turns);
      if (!made.contains("made " + turns)) {
        throw new IllegalStateException("the turns were not made: " + made);
      }
      progress.accept(name + ": opening what the crash left");
      String answer = child("answer", directory, actors, turns);
      List<Result> results = new ArrayList<>();
      for (String line : answer.lines().toList()) {
        int equals = line.indexOf(" = ");
        if (equals > 0) {
          results.add(
              new Result.Figure(
                  name + ", " + line.substring(0, equals),
                  Benchmark.NATIVE,
                  new Samples(Double.parseDouble(line.substring(equals + 3))),
                  "ms"));
        }
      }
      if (results.isEmpty()) {
        throw new IllegalStateException("no answer after the crash: " + answer);
      }
      return results;
    } finally {
      StartUp.delete(directory);
    }
  }

  private static String child(String what, Path directory, int actors, int turns)
      throws IOException, InterruptedException {
    Process p =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseCompactObjectHeaders",
                "-cp",
                System.getProperty("java.class.path"),
                Recovery.class.getName(),
                what,
                directory.toString(),
                Integer.toString(actors),
                Integer.toString(turns))
            .redirectErrorStream(true)
            .start();
    String out = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    p.waitFor();
    return out;
  }

  /** The two processes. */
  public static void main(String[] args) throws Exception {
    Path directory = Path.of(args[1]);
    int actors = Integer.parseInt(args[2]);
    int turns = Integer.parseInt(args[3]);
    if (args[0].equals("make")) {
      make(directory, actors, turns);
    } else {
      answer(directory, actors, turns);
    }
    // As a crash: nothing is closed.
    Runtime.getRuntime().halt(0);
  }

  private static void make(Path directory, int actors, int turns) throws Exception {
    DurableActors all = new DurableActors(directory, NativeLedger.module(), actors);
    Clients.run(
        CLIENTS,
        client -> {
          for (int i = client; i < turns; i += CLIENTS) {
            all.turn(i % actors);
          }
        });
    System.out.println("made " + turns);
  }

  private static void answer(Path directory, int actors, int turns) throws Exception {
    long begin = System.nanoTime();
    DurableActors all = new DurableActors(directory, NativeLedger.module(), actors);
    long opened = System.nanoTime();
    String first = all.credit(0);
    long answered = System.nanoTime();
    long expected = turns / actors + 1L;
    if (!first.contains("\"balance\":" + expected + "}")) {
      throw new IllegalStateException("expected " + expected + " but got " + first);
    }
    System.out.println("opened = " + millis(opened - begin));
    System.out.println("first answer = " + millis(answered - begin));
    if (actors > 1) {
      Clients.run(
          CLIENTS,
          client -> {
            for (int i = 1 + client; i < actors; i += CLIENTS) {
              all.turn(i);
            }
          });
      System.out.println("all answered = " + millis(System.nanoTime() - begin));
    }
  }

  private static double millis(long nanos) {
    return nanos / 1e6;
  }
}
