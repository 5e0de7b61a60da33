package io.plexspaces.bench;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.guest.GuestModule;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * What actors keep while they do nothing, in bytes of heap after a collection: the difference that
 * many of them make, divided by their number. And how long a new one takes to answer.
 */
final class Footprint {
  static final String NAME = "footprint";
  static final String FIRST = "first answer";
  static final String SPAWNED = "bytes spawned";
  static final String USED = "bytes used";
  static final String WORN = "bytes after 11";

  private static final Payload BY_ONE = Payload.json("{\"by\":1}");
  private static final int MORE = 10;

  private final Guests guests;
  private final int rounds;
  private final Consumer<String> progress;

  Footprint(Guests guests, int rounds, Consumer<String> progress) {
    this.guests = guests;
    this.rounds = rounds;
    this.progress = progress;
  }

  /**
   * @param actors how many are made at once
   */
  List<Result> measure(Language language, int actors) throws IOException {
    String system = language.id();
    GuestModule module;
    try {
      module = guests.module(language).module();
    } catch (Unavailable e) {
      return List.of(new Result.Absent(NAME, system, e.why()));
    }
    double[] spawned = new double[rounds];
    double[] first = new double[rounds];
    double[] used = new double[rounds];
    double[] worn = new double[rounds];
    for (int r = 0; r < rounds; r++) {
      progress.accept(NAME + ": " + system + ", window " + (r + 1) + " of " + rounds);
      spawned[r] = spawned(module, actors);
      try (EngineApp app = new EngineApp(module)) {
        List<ActorId> ids = new ArrayList<>();
        for (int i = 0; i < actors; i++) {
          ids.add(EngineApp.id(Guests.TYPE, "f" + i));
        }
        long before = Heap.used();
        long start = System.nanoTime();
        ask(app, ids);
        first[r] = (System.nanoTime() - start) / 1e3 / actors;
        used[r] = (double) (Heap.used() - before) / actors;
        for (int i = 0; i < MORE; i++) {
          ask(app, ids);
        }
        worn[r] = (double) (Heap.used() - before) / actors;
      }
    }
    return List.of(
        new Result.Figure(FIRST, system, new Samples(first), "us"),
        new Result.Figure(SPAWNED, system, new Samples(spawned), "B"),
        new Result.Figure(USED, system, new Samples(used), "B"),
        new Result.Figure(WORN, system, new Samples(worn), "B"));
  }

  /** Guests alone, that have run nothing. */
  private static double spawned(GuestModule module, int actors) {
    List<GuestInstance> all = new ArrayList<>(actors);
    byte[][] seeds = new byte[actors][32];
    long before = Heap.used();
    for (int i = 0; i < actors; i++) {
      all.add(module.spawn(Guests.TYPE, seeds[i]));
    }
    double each = (double) (Heap.used() - before) / actors;
    all.forEach(GuestInstance::close);
    return each;
  }

  private static void ask(EngineApp app, List<ActorId> ids) {
    try {
      Clients.run(
          1,
          client -> {
            for (ActorId id : ids) {
              var _ = app.ask(id, "increment", BY_ONE);
            }
          });
    } catch (Exception e) {
      throw new IllegalStateException("an actor did not answer", e);
    }
  }
}
