package io.plexspaces.bench;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code plexspaces bench}: measures, and prints one table. */
@Command(
    name = "plexspaces bench",
    mixinStandardHelpOptions = true,
    description = {
      "Measures the engine, its guests and a node's start, beside Pekko in the same process.",
      "What counts are the ratios: times differ from machine to machine and from day to day."
    },
    footer = {
      "",
      "Examples:",
      "  plexspaces bench --only ping-pong-64,ask-1 --windows 15",
      "  plexspaces bench --only languages --windows 5",
      "  plexspaces bench --only durable --windows 5 --window-ms 2000"
    })
public final class Bench implements Callable<Integer> {
  private static final long STUCK_SECONDS = 120;
  private static final String START_UP = "start-up";

  @Option(
      names = "--only",
      split = ",",
      paramLabel = "NAME",
      description =
          "Only these benchmarks; --list names them, \"languages\" and \"durable\" are groups of them.")
  private List<String> only = new ArrayList<>();

  @Option(names = "--list", description = "Names the benchmarks and runs none.")
  private boolean list;

  @Option(
      names = "--windows",
      paramLabel = "N",
      defaultValue = "9",
      description = "Windows of each system (default: ${DEFAULT-VALUE}).")
  private int windows = 9;

  @Option(
      names = "--window-ms",
      paramLabel = "MS",
      defaultValue = "400",
      description = "Length of a window in milliseconds (default: ${DEFAULT-VALUE}).")
  private int windowMillis = 400;

  @Option(
      names = "--warm-up-ms",
      paramLabel = "MS",
      defaultValue = "4000",
      description = "Warm-up of each system in milliseconds (default: ${DEFAULT-VALUE}).")
  private int warmUpMillis = 4000;

  @Option(
      names = "--languages",
      split = ",",
      paramLabel = "NAME",
      description = "Only these languages: native, rust, go, python, typescript, graalpy, graaljs.")
  private List<String> languages = new ArrayList<>();

  @Option(
      names = "--blocked",
      paramLabel = "N",
      defaultValue = "10000",
      description = "Actors that wait at once in \"blocked\" (default: ${DEFAULT-VALUE}).")
  private int blocked = 10_000;

  @Option(
      names = "--directory",
      paramLabel = "DIR",
      description =
          "Where the durable benchmarks write: the disk that is measured (default: the system's"
              + " folder for temporary files).")
  private @Nullable Path directory;

  private final PrintStream out;
  private final PrintStream err;

  Bench(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  /**
   * The system property {@code plexspaces.root} names the checkout; without it, the working
   * directory is one.
   */
  public static void main(String[] args) {
    // Pekko logs through SLF4J, which would say that nobody listens.
    System.setProperty("slf4j.internal.verbosity", "ERROR");
    // Each engine for polyglot guests would say anew that it interprets, as it does on a node.
    System.setProperty("polyglotimpl.AttachLibraryFailureAction", "ignore");
    System.setProperty("polyglot.engine.WarnInterpreterOnly", "false");
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    PrintStream err = new PrintStream(System.err, true, StandardCharsets.UTF_8);
    System.exit(run(out, err, args));
  }

  static int run(PrintStream out, PrintStream err, String... args) {
    return new CommandLine(new Bench(out, err))
        .setOut(new java.io.PrintWriter(out, true, StandardCharsets.UTF_8))
        .setErr(new java.io.PrintWriter(err, true, StandardCharsets.UTF_8))
        .execute(args);
  }

  @Override
  public Integer call() throws Exception {
    Path root = Path.of(System.getProperty("plexspaces.root", "")).toAbsolutePath();
    Path scratch =
        directory == null
            ? Files.createTempDirectory("plexspaces-bench")
            : Files.createTempDirectory(directory, "plexspaces-bench");
    try (Guests guests = new Guests(root, scratch)) {
      return measure(root, scratch, guests);
    } finally {
      StartUp.delete(scratch);
    }
  }

  private int measure(Path root, Path scratch, Guests guests) throws Exception {
    List<Benchmark> suite = Suite.of();
    String wrong = wrongUsage(suite);
    if (wrong != null) {
      err.println("plexspaces bench: " + wrong);
      return CommandLine.ExitCode.USAGE;
    }
    if (list) {
      suite.forEach(b -> out.println(b.name() + ": " + b.what()));
      LanguageSuite.list().forEach((name, what) -> out.println(name + ": " + what));
      DurableSuite.list().forEach((name, what) -> out.println(name + ": " + what));
      Recovery.list().forEach((name, what) -> out.println(name + ": " + what));
      out.println(START_UP + ": a node's start to the first answer of its app over HTTP");
      return CommandLine.ExitCode.OK;
    }
    out.println(Machine.describe());
    Measurement measurement =
        new Measurement(windows, warmUpMillis, windowMillis, System::nanoTime, this::progress);
    List<Result> results = new ArrayList<>();
    for (Benchmark b : suite) {
      if (chosen(b.name())) {
        results.addAll(measurement.measure(b));
      }
    }
    List<Result> ofLanguages =
        new LanguageSuite(guests, scratch, chosenLanguages(), Integer.MAX_VALUE)
            .measure(measurement, this::chosen, windows, blocked, this::progress);
    results.addAll(ofLanguages);
    if (chosen(START_UP)) {
      try {
        results.addAll(
            new StartUp(root, scratch, this::progress)
                .measure(guests.artifact(Language.TYPESCRIPT), windows));
      } catch (Unavailable e) {
        results.add(new Result.Absent(START_UP, Language.TYPESCRIPT.id(), e.why()));
      }
    }
    results.addAll(new Recovery(scratch, this::progress).measure(this::chosen));
    List<DurableTable.Row> durable =
        new DurableSuite(guests, scratch, this::progress)
            .measure(this::chosen, windows, warmUpMillis, windowMillis);
    progress("");
    if (!results.isEmpty()) {
      out.print(Table.of(results));
    }
    out.print(DurableTable.of(durable));
    String table = LanguageTable.of(ofLanguages);
    if (!table.isEmpty()) {
      out.println();
      out.print(table);
    }
    return CommandLine.ExitCode.OK;
  }

  private boolean chosen(String name) {
    return only.isEmpty()
        || only.contains(name)
        || (only.contains(DurableSuite.GROUP)
            && (DurableSuite.list().containsKey(name) || Recovery.list().containsKey(name)))
        || (only.contains(LanguageSuite.GROUP) && LanguageSuite.list().containsKey(name));
  }

  private Set<Language> chosenLanguages() {
    Set<Language> chosen = EnumSet.allOf(Language.class);
    chosen.removeIf(l -> !languages.isEmpty() && !languages.contains(l.id()));
    return chosen;
  }

  private @Nullable String wrongUsage(List<Benchmark> suite) {
    Set<String> names = new TreeSet<>(suite.stream().map(Benchmark::name).toList());
    names.addAll(LanguageSuite.list().keySet());
    names.add(LanguageSuite.GROUP);
    names.addAll(DurableSuite.list().keySet());
    names.addAll(Recovery.list().keySet());
    names.add(DurableSuite.GROUP);
    names.add(START_UP);
    for (String o : only) {
      if (!names.contains(o)) {
        return "there is no benchmark \"" + o + "\"; there are " + String.join(", ", names);
      }
    }
    List<String> ids = Stream.of(Language.values()).map(Language::id).toList();
    for (String l : languages) {
      if (!ids.contains(l)) {
        return "there is no language \"" + l + "\"; there are " + String.join(", ", ids);
      }
    }
    if (blocked < 1) {
      return "--blocked must be at least 1";
    }
    if (windows < 1 || windowMillis < 1 || warmUpMillis < 1) {
      return "--windows, --window-ms and --warm-up-ms must be at least 1";
    }
    return null;
  }

  /** One line that is written over, where there is a terminal. */
  private void progress(String what) {
    if (Boolean.getBoolean("plexspaces.terminal")) {
      err.print("\r\033[K" + what);
    } else if (!what.isEmpty() && !what.contains("window")) {
      err.println(what);
    }
  }

  /** Waits for the last message of a run; a run that stands still is an error, not a hang. */
  static void await(CountDownLatch done) throws InterruptedException {
    if (!done.await(STUCK_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException(
          "a run did not end in " + STUCK_SECONDS + " s: " + done.getCount() + " still missing");
    }
  }
}
