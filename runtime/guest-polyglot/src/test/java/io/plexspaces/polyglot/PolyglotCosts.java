package io.plexspaces.polyglot;

import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.polyglot.Fixture.Actor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Prints what actors cost; run by name, asserts nothing. */
class PolyglotCosts {
  @Test
  void print() {
    measure(
        "graaljs",
        Fixture.js(
            "getDefaultState() { return { n: 0 }; }\nonAdd(p) { return this.state.n += p.by; }"),
        50);
    measure(
        "graalpy",
        Fixture.python(
            """
            n: int = state(default=0)

            @handler("add")
            def add(self, by: int = 1) -> int:
                self.n += by
                return self.n
            """),
        20);
  }

  private static long heap() {
    for (int i = 0; i < 4; i++) {
      System.gc();
    }
    Runtime r = Runtime.getRuntime();
    return r.totalMemory() - r.freeMemory();
  }

  private static void measure(String what, GuestModule m, int actors) {
    for (int i = 0; i < 5; i++) {
      Fixture.spawn(m).close();
    }
    long before = heap();
    List<Actor> all = new ArrayList<>();
    long start = System.nanoTime();
    for (int i = 0; i < actors; i++) {
      all.add(Fixture.spawn(m));
    }
    long spawned = System.nanoTime() - start;
    all.forEach(a -> a.ask("add", "{\"by\":1}"));
    long bytes = (heap() - before) / actors;
    Actor one = all.getFirst();
    int calls = 20_000;
    for (int i = 0; i < calls; i++) {
      one.ask("add", "{\"by\":1}");
    }
    start = System.nanoTime();
    for (int i = 0; i < calls; i++) {
      one.ask("add", "{\"by\":1}");
    }
    long each = (System.nanoTime() - start) / calls;
    all.forEach(Actor::close);
    all.clear();
    m.close();
    System.out.printf(
        "%s: spawn and init %d us, %d KB an actor, a handler %d us, %d KB after closing%n",
        what, spawned / actors / 1000, bytes >> 10, each / 1000, (heap() - before) >> 10);
  }
}
