package io.plexspaces.bench;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.engine.NativeModule;
import io.plexspaces.engine.NativeModule.NativeActor;
import io.plexspaces.engine.NativeModule.NativeContext;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** The engine's own speed: actors in Java that do next to nothing. */
final class NativeWorkloads {
  private static final Payload TICK = Payload.EMPTY_OBJECT;

  private NativeWorkloads() {}

  private static String keyOf(NativeContext context) {
    String id = context.actorId();
    return id.substring(id.lastIndexOf('/') + 1);
  }

  /** What the workloads share: an app, and the latch that the last message of a run opens. */
  private abstract static class Base implements Workload {
    private final EngineApp app;
    volatile CountDownLatch done = new CountDownLatch(0);

    @SuppressWarnings("this-escape") // the actors only read the latch, once a run has begun
    Base() {
      app = new EngineApp(module());
    }

    abstract NativeModule module();

    EngineApp app() {
      return app;
    }

    @Override
    public void close() {
      app.close();
    }
  }

  /** Pairs that throw a ball to and fro. */
  static Workload pingPong(int pairs) {
    return new Base() {
      final class Ping implements NativeActor {
        private String peer = "";
        private long left;

        @Override
        public void init(NativeContext context, Value.Obj config) {
          peer = EngineApp.address("pong", keyOf(context));
        }

        @Override
        public Payload handle(NativeContext context, String op, Payload payload) {
          if (op.equals("start")) {
            left = ((Value.Int) payload.value()).value();
            context.send(peer, "ball", TICK);
          } else if (--left > 0) {
            context.send(peer, "ball", TICK);
          } else {
            done.countDown();
          }
          return TICK;
        }
      }

      final class Pong implements NativeActor {
        private String peer = "";

        @Override
        public void init(NativeContext context, Value.Obj config) {
          peer = EngineApp.address("ping", keyOf(context));
        }

        @Override
        public Payload handle(NativeContext context, String op, Payload payload) {
          context.send(peer, "ball", TICK);
          return TICK;
        }
      }

      @Override
      NativeModule module() {
        return NativeModule.builder()
            .type("ping", Ping::new, "start", "ball")
            .type("pong", Pong::new, "ball")
            .build();
      }

      @Override
      public long run(long operations) throws InterruptedException {
        long each = Math.max(1, operations / (2L * pairs));
        done = new CountDownLatch(pairs);
        Payload start = Payload.json(Long.toString(each));
        for (int i = 0; i < pairs; i++) {
          app().send(EngineApp.id("ping", "p" + i), "start", start);
        }
        Bench.await(done);
        return each * 2 * pairs;
      }
    };
  }

  /** Counts messages until it has as many as the run announced. */
  private abstract static class Counting extends Base {
    volatile long expected;

    final class Sink implements NativeActor {
      private long seen;

      @Override
      public Payload handle(NativeContext context, String op, Payload payload) {
        if (++seen == expected) {
          seen = 0;
          done.countDown();
        }
        return TICK;
      }
    }

    @Override
    NativeModule module() {
      return NativeModule.builder().type("sink", Sink::new, "tick").build();
    }
  }

  /** Threads from outside that all send to one actor. */
  static Workload fanIn(int producers) {
    return new Counting() {
      private final Producers threads = new Producers(producers);
      private final ActorId sink = EngineApp.id("sink", "only");

      @Override
      public long run(long operations) throws Exception {
        long each = Math.max(1, operations / producers);
        expected = each * producers;
        done = new CountDownLatch(1);
        threads.run(() -> {
          for (long i = 0; i < each; i++) {
            app().send(sink, "tick", TICK);
          }
        });
        Bench.await(done);
        return each * producers;
      }

      @Override
      public void close() {
        threads.close();
        super.close();
      }
    };
  }

  /** One thread sends to many actors in turn and waits for all of them. */
  static Workload forkJoin(int actors) {
    return new Counting() {
      private final List<ActorId> sinks = new ArrayList<>();

      {
        for (int i = 0; i < actors; i++) {
          sinks.add(EngineApp.id("sink", "s" + i));
        }
      }

      @Override
      public long run(long operations) throws InterruptedException {
        long rounds = Math.max(1, operations / actors);
        expected = rounds;
        done = new CountDownLatch(actors);
        for (long r = 0; r < rounds; r++) {
          for (ActorId s : sinks) {
            app().send(s, "tick", TICK);
          }
        }
        Bench.await(done);
        return rounds * actors;
      }
    };
  }

  private abstract static class Echoing extends Base {
    @Override
    NativeModule module() {
      NativeActor echo = (context, op, payload) -> payload;
      return NativeModule.builder().type("echo", () -> echo, "echo").build();
    }
  }

  /** Virtual threads from outside, each of which asks an actor of its own and waits. */
  static Workload ask(int clients) {
    return new Echoing() {
      @Override
      public long run(long operations) throws Exception {
        long each = Math.max(1, operations / clients);
        Clients.run(
            clients,
            client -> {
              ActorId target = EngineApp.id("echo", "e" + client);
              for (long i = 0; i < each; i++) {
                var _ = app().ask(target, "echo", TICK);
              }
            });
        return each * clients;
      }
    };
  }

  /** Actors that ask others from inside a turn. */
  static Workload askInside(int actors) {
    return new Base() {
      final class Asker implements NativeActor {
        private String peer = "";

        @Override
        public void init(NativeContext context, Value.Obj config) {
          peer = EngineApp.address("echo", keyOf(context));
        }

        @Override
        public Payload handle(NativeContext context, String op, Payload payload) {
          long n = ((Value.Int) payload.value()).value();
          for (long i = 0; i < n; i++) {
            var _ = context.ask(peer, "echo", TICK, EngineApp.ASK_MILLIS);
          }
          done.countDown();
          return TICK;
        }
      }

      @Override
      NativeModule module() {
        NativeActor echo = (context, op, payload) -> payload;
        return NativeModule.builder()
            .type("asker", Asker::new, "start")
            .type("echo", () -> echo, "echo")
            .build();
      }

      @Override
      public long run(long operations) throws InterruptedException {
        long each = Math.max(1, operations / actors);
        done = new CountDownLatch(actors);
        Payload start = Payload.json(Long.toString(each));
        for (int i = 0; i < actors; i++) {
          app().send(EngineApp.id("asker", "a" + i), "start", start);
        }
        Bench.await(done);
        return each * actors;
      }
    };
  }
}
