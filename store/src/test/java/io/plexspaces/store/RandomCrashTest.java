package io.plexspaces.store;

import static io.plexspaces.store.Turns.APP;
import static io.plexspaces.store.Turns.actor;
import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.journal.Journal;
import io.plexspaces.api.journal.JournalOptions;
import io.plexspaces.api.journal.JournalStore.Pending;
import io.plexspaces.api.journal.Recovered;
import io.plexspaces.api.journal.TimerChange;
import io.plexspaces.api.journal.TurnOutcome;
import io.plexspaces.api.journal.TurnRecord;
import io.plexspaces.api.journal.Watermark;
import io.plexspaces.store.log.LogOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random turns of a few actors; now and then files follow, are synced, closed, lost or replaced by
 * what they were at an earlier moment that the log still covers, and the node begins anew on what a
 * crash would have left. What is recovered is what a model says.
 */
class RandomCrashTest {
  private static final int ACTORS = 4;
  private static final int ROUNDS = 8;
  private static final int STEPS = 60;
  private static final String SENDER = "shop/front/1";

  /** Files follow when the test says so, and not while it copies them. */
  private static final Applier.Pace STILL = new Applier.Pace(3_600_000, 3_600_000);

  @TempDir Path root;

  /** What an actor is after the turns that were acknowledged. */
  private static final class Model {
    long epoch;
    long lastSeq;
    long lastNumber;
    @Nullable Payload state;
    final TreeMap<Long, TurnRecord.Outgoing> pending = new TreeMap<>();
    final TreeMap<String, TimerChange.Set> timers = new TreeMap<>();
    final Map<MessageId, TurnOutcome> handled = new HashMap<>();
    Watermark watermark = Watermark.NONE;

    /** Effects whose receivers have them: the file may have noted it or not. */
    final TreeSet<Long> done = new TreeSet<>();

    List<Long> undelivered() {
      return pending.keySet().stream().filter(n -> !done.contains(n)).toList();
    }

    void add(TurnRecord t) {
      lastSeq = t.seq();
      state = t.state() == null ? state : t.state();
      for (TurnRecord.Outgoing e : t.effects()) {
        pending.put(e.number(), e);
        lastNumber = e.number();
      }
      t.undeliverable().forEach(d -> pending.remove(d.number()));
      for (TimerChange c : t.timers()) {
        if (c instanceof TimerChange.Set set) {
          timers.put(c.id(), set);
        } else {
          timers.remove(c.id());
        }
      }
      if (t.repeatable()) {
        handled.put(t.message(), t.outcome());
      }
      if (t.received() != null) {
        watermark = watermark.with(t.received());
      }
    }
  }

  private static final Model NOBODY = new Model();

  private final Map<String, Model> models = new HashMap<>();
  private long nextMessage;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void whatWasAcknowledgedIsRecovered(long seed) throws IOException {
    Random random = new Random(seed);
    for (int i = 0; i < ACTORS; i++) {
      models.put("k" + i, new Model());
    }
    Path data = Files.createDirectory(root.resolve("data-0"));
    for (int round = 1; round <= ROUNDS; round++) {
      Path image = root.resolve("data-" + round);
      boolean clean = random.nextInt(4) == 0;
      try (Store store = open(data)) {
        verify(store);
        Path synced = root.resolve("synced");
        work(store, random, data, synced);
        if (!clean) {
          copy(data, image);
          lose(synced, image, random);
        }
        DurableFiles.delete(synced);
      }
      if (clean) {
        copy(data, image);
      }
      DurableFiles.delete(data);
      data = image;
    }
    try (Store store = open(data)) {
      verify(store);
      store.journals.settle();
    }
    // And all of it is in the files, once the log holds nothing.
    DurableFiles.delete(data.resolve("log"));
    try (Store store = open(data)) {
      verify(store);
    }
    for (String key : models.keySet()) {
      if (model(key).lastSeq > 0) {
        assertThat(Store.query(Store.file(data, key), "pragma integrity_check")).isEqualTo("ok");
      }
    }
  }

  private static Store open(Path data) {
    return new Store(data, StoreOptions.DEFAULT, Store.FILES, LogOptions.DEFAULT, STILL);
  }

  private void work(Store store, Random random, Path data, Path synced) throws IOException {
    store.journals.settle();
    copy(data, synced);
    Map<String, Journal> open = new HashMap<>();
    for (int step = 0; step < STEPS; step++) {
      String key = "k" + random.nextInt(ACTORS);
      Model m = model(key);
      int what = random.nextInt(40);
      if (what == 0) {
        store.journals.settle();
        DurableFiles.delete(synced);
        copy(data, synced);
      } else if (what == 1) {
        store.journals.settle(actor(key));
      } else if (what == 2) {
        Journal j = open.remove(key);
        if (j != null) {
          j.close();
        }
      } else if (what == 3) {
        Journal j = open.remove(key);
        if (j != null) {
          j.close();
        }
        assertThat(store.journals.delete(actor(key))).isEqualTo(m.lastSeq > 0);
        models.put(key, new Model());
      } else {
        Journal j = open.computeIfAbsent(key, k -> journal(store, k));
        List<TurnRecord> turns = new ArrayList<>();
        for (int i = random.nextInt(4); i >= 0; i--) {
          TurnRecord t = turn(m, random);
          m.add(t);
          turns.add(t);
        }
        for (TurnRecord t : turns.subList(0, turns.size() - 1)) {
          j.append(t, failure -> {});
        }
        Turns.commit(j, turns.getLast());
        List<Long> undelivered = m.undelivered();
        if (random.nextBoolean() && !undelivered.isEmpty()) {
          j.effectDone(undelivered.getFirst());
          m.done.add(undelivered.getFirst());
        }
        assertThat(j.findTurn(turns.getFirst().message()))
            .isEqualTo(java.util.Optional.ofNullable(m.handled.get(turns.getFirst().message())));
        assertThat(j.watermark(SENDER)).isEqualTo(m.watermark);
      }
    }
  }

  private Model model(String key) {
    return models.getOrDefault(key, NOBODY);
  }

  private Journal journal(Store store, String key) {
    Journal j =
        store.journals.journal(actor(key), new JournalOptions(3, Duration.ofHours(1), null));
    Model m = model(key);
    Recovered r = j.recover();
    check(m, r);
    m.epoch = r.epoch();
    return j;
  }

  private TurnRecord turn(Model m, Random random) {
    long seq = m.lastSeq + 1;
    TurnRecord.Builder b =
        TurnRecord.builder(seq, 1000 + seq, new MessageId(9, ++nextMessage))
            .operation("add", "call", Payload.json("{\"by\":" + seq + "}"))
            .outcome(new TurnOutcome.Replied(Payload.json(Long.toString(nextMessage))))
            .repeatable(random.nextBoolean());
    if (random.nextInt(3) > 0) {
      b.state(
          Payload.json(
              "{\"n\":" + nextMessage + ",\"rest\":\"" + "x".repeat(random.nextInt(300)) + "\"}"));
    }
    List<TurnRecord.Outgoing> effects = new ArrayList<>();
    for (int n = 0; n < random.nextInt(3); n++) {
      effects.add(
          new TurnRecord.Outgoing(
              n,
              m.lastNumber + 1 + n,
              new MessageId(10, nextMessage * 10 + n),
              "shop/stock/1",
              "reserve",
              Payload.json("1"),
              random.nextBoolean()));
    }
    b.effects(effects);
    List<Long> undelivered = m.undelivered();
    if (random.nextInt(5) == 0 && !undelivered.isEmpty()) {
      b.undeliverable(List.of(new TurnRecord.DeadLetter(undelivered.getLast(), "nobody")));
    }
    String timer = "t" + random.nextInt(3);
    b.timers(
        switch (random.nextInt(6)) {
          case 0 ->
              List.of(
                  new TimerChange.Set(
                      timer, nextMessage, "shop/counter/a", "tick", Payload.NULL, "every 5"));
          case 1 -> List.of(new TimerChange.Cancelled(timer));
          default -> List.of();
        });
    if (random.nextBoolean()) {
      long low = Math.max(1, nextMessage - random.nextInt(5));
      b.received(new TurnRecord.Received(SENDER, 3, nextMessage, low));
    }
    return b.build();
  }

  private void verify(Store store) {
    for (Map.Entry<String, Model> e : models.entrySet()) {
      Model m = e.getValue();
      boolean work = !m.timers.isEmpty() || !m.undelivered().isEmpty();
      List<Pending> pending =
          store.journals.pending(APP).stream()
              .filter(p -> p.actor().equals(actor(e.getKey())))
              .toList();
      if (work) {
        assertThat(pending).as(e.getKey()).hasSize(1);
        long due =
            m.timers.values().stream()
                .mapToLong(TimerChange.Set::dueMillis)
                .min()
                .orElse(Long.MAX_VALUE);
        assertThat(pending.getFirst().nextDueMillis()).isLessThanOrEqualTo(due);
      }
      assertThat(store.journals.actors(APP).contains(actor(e.getKey()))).isEqualTo(m.lastSeq > 0);
      try (Journal j = journal(store, e.getKey())) {
        assertThat(j.watermark(SENDER)).isEqualTo(m.watermark);
        m.handled.forEach((message, outcome) -> assertThat(j.findTurn(message)).contains(outcome));
      }
    }
  }

  private static void check(Model m, Recovered r) {
    assertThat(r.lastSeq()).isEqualTo(m.lastSeq);
    assertThat(r.lastNumber()).isEqualTo(m.lastNumber);
    assertThat(r.state()).isEqualTo(m.state);
    assertThat(r.timers()).containsExactlyInAnyOrderElementsOf(m.timers.values());
    if (m.epoch != 0 && m.lastSeq > 0) {
      assertThat(r.epoch()).isEqualTo(m.epoch);
    }
    // What a receiver has taken may be sent again; what it has not must be.
    assertThat(m.pending.values()).containsAll(r.pending());
    assertThat(r.pending())
        .containsAll(
            m.pending.values().stream().filter(e -> !m.done.contains(e.number())).toList());
  }

  /**
   * Each file is as it is or, since nothing has synced it, as it was when the log last forgot
   * something.
   */
  private static void lose(Path synced, Path image, Random random) throws IOException {
    List<Path> files = new ArrayList<>();
    for (int i = 0; i < ACTORS; i++) {
      files.add(image.relativize(Store.file(image, "k" + i)));
    }
    files.add(Path.of("pending.db"));
    for (Path file : files) {
      if (random.nextBoolean()) {
        continue;
      }
      for (String suffix : List.of("", "-wal")) {
        Path lost = image.resolve(file + suffix);
        Path before = synced.resolve(file + suffix);
        Files.deleteIfExists(lost);
        if (Files.exists(before)) {
          Files.createDirectories(lost.getParent());
          Files.copy(before, lost);
        }
      }
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path p : all.toList()) {
        Path target = to.resolve(from.relativize(p).toString());
        if (Files.isDirectory(p)) {
          Files.createDirectories(target);
        } else if (!p.endsWith("lock") && !p.toString().endsWith("-shm")) {
          Files.copy(p, target);
        }
      }
    }
  }
}
