package io.plexspaces.bench;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.guest.GuestModule;
import java.util.ArrayList;
import java.util.List;

/** Counters of a module, in an engine of their own. */
final class GuestCounters implements Counters {
  private static final Payload BY_ONE = Payload.json("{\"by\":1}");

  private final EngineApp app;
  private final String op;
  private final List<ActorId> ids = new ArrayList<>();

  private GuestCounters(GuestModule module, String op, int n) {
    this.app = new EngineApp(module);
    this.op = op;
    for (int i = 0; i < n; i++) {
      ids.add(EngineApp.id(Guests.TYPE, "c" + i));
    }
  }

  /**
   * @param op what they are sent and asked
   */
  static Counters of(GuestModule module, String op, int n) {
    return new GuestCounters(module, op, n);
  }

  @Override
  public void send(int counter) {
    app.send(ids.get(counter), op, BY_ONE);
  }

  @Override
  public void ask(int counter) {
    var _ = app.ask(ids.get(counter), op, BY_ONE);
  }

  @Override
  public void close() {
    app.close();
  }
}
