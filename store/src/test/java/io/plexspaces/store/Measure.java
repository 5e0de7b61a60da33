package io.plexspaces.store;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.Telemetry;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.JournalOptions;
import io.plexspaces.store.log.LogOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;

/**
 * Prints what journals cost on this disk:
 *
 * <pre>
 * mvn -q -pl store test-compile exec:java -Dexec.classpathScope=test \
 *     -Dexec.mainClass=io.plexspaces.store.Measure -Dexec.args=/a/directory/on/the/disk
 * </pre>
 */
final class Measure {
  private static final int CREATED = 300;
  private static final int SEQUENTIAL = 3000;
  private static final int ACTORS = 1000;
  private static final int IN_FLIGHT = 8;
  private static final int ROUNDS = 100;

  private final SqliteJournalStore store;
  private final LongAdder commits;

  private Measure(SqliteJournalStore store, LongAdder commits) {
    this.store = store;
    this.commits = commits;
  }

  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory(Path.of(arguments[0]), "measure");
    LongAdder commits = new LongAdder();
    Telemetry telemetry =
        new Telemetry() {
          @Override
          public void journalCommit(ActorId actor, int turns, long nanos) {
            commits.increment();
          }
        };
    try (DataDirectory data = DataDirectory.open(directory);
        NodeLog log = new NodeLog(data, LogOptions.DEFAULT, InstantSource.system());
        SqliteJournalStore store =
            new SqliteJournalStore(
                data, log, StoreOptions.DEFAULT, telemetry, InstantSource.system())) {
      log.start();
      Measure m = new Measure(store, commits);
      m.creation();
      m.sequential();
      m.throughput(IN_FLIGHT);
      m.throughput(1);
    } finally {
      DurableFiles.delete(directory);
    }
  }

  private Journal journal(String key) {
    Journal j = store.journal(Turns.actor(key), JournalOptions.DEFAULT);
    var _ = j.recover();
    return j;
  }

  private void creation() {
    long[] nanos = new long[CREATED];
    for (int i = 0; i < CREATED; i++) {
      Journal j = journal("created-" + i);
      long begin = System.nanoTime();
      Turns.commit(j, Turns.turn(1));
      nanos[i] = System.nanoTime() - begin;
    }
    Arrays.sort(nanos);
    print("first commit of a new journal, median", nanos[CREATED / 2] / 1000, "us");
  }

  private void sequential() {
    Journal j = journal("sequential");
    long begin = System.nanoTime();
    for (long seq = 1; seq <= SEQUENTIAL; seq++) {
      Turns.commit(j, Turns.turn(seq));
    }
    print("one actor, one turn at a time", perSecond(SEQUENTIAL, begin), "commits/s");
  }

  private void throughput(int inFlight) throws InterruptedException {
    List<Journal> journals = new ArrayList<>();
    List<Semaphore> places = new ArrayList<>();
    for (int i = 0; i < ACTORS; i++) {
      journals.add(journal("actor-" + inFlight + "-" + i));
      Turns.commit(journals.getLast(), Turns.turn(1));
      places.add(new Semaphore(inFlight));
    }
    commits.reset();
    long begin = System.nanoTime();
    for (long seq = 2; seq < ROUNDS + 2; seq++) {
      for (int i = 0; i < ACTORS; i++) {
        Semaphore place = places.get(i);
        place.acquire();
        journals
            .get(i)
            .append(
                Turns.turn(seq),
                failure -> {
                  if (failure != null) {
                    failure.printStackTrace();
                  }
                  place.release();
                });
      }
    }
    for (Semaphore place : places) {
      place.acquire(inFlight);
    }
    print(
        ACTORS + " actors, " + inFlight + " turns in flight each",
        perSecond(ACTORS * ROUNDS, begin),
        "turns/s");
    print("  turns a commit", ACTORS * ROUNDS / commits.sum(), "");
  }

  private static long perSecond(long n, long begin) {
    return Math.round(n / ((System.nanoTime() - begin) / 1e9));
  }

  private static void print(String what, long value, String unit) {
    System.out.println(what + ": " + value + " " + unit);
  }
}
