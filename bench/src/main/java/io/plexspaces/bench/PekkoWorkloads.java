package io.plexspaces.bench;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** The same work done by Pekko typed, in the words its own documentation uses. */
final class PekkoWorkloads {
  private static final Duration ASK = Duration.ofMillis(EngineApp.ASK_MILLIS);
  private static final long STOP_SECONDS = 30;

  private PekkoWorkloads() {}

  /** Ends a system and waits until it has. */
  static void stop(ActorSystem<?> system) {
    system.terminate();
    try {
      system.getWhenTerminated().toCompletableFuture().get(STOP_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("Pekko did not stop", e);
    }
  }

  /** As many threads as cores, and as many messages in a row as ours takes. */
  static Config config() {
    int cores = Runtime.getRuntime().availableProcessors();
    return ConfigFactory.parseString(
            """
            pekko.log-dead-letters = off
            pekko.log-dead-letters-during-shutdown = off
            pekko.actor.default-dispatcher {
              throughput = 64
              fork-join-executor {
                parallelism-min = %d
                parallelism-factor = 1.0
                parallelism-max = %d
              }
            }
            """
                .formatted(cores, cores))
        .withFallback(ConfigFactory.load());
  }

  /** A system whose guardian has made its actors when the constructor returns. */
  abstract static class Base<A> implements Workload {
    private final ActorSystem<Void> system;
    private final A actors;
    volatile CountDownLatch done = new CountDownLatch(0);

    Base(Function<Base<A>, Function<ActorContext<Void>, A>> make)
        throws ExecutionException, InterruptedException {
      CompletableFuture<A> made = new CompletableFuture<>();
      @SuppressWarnings("this-escape") // the actors only read the latch, once a run has begun
      Function<ActorContext<Void>, A> spawn = make.apply(this);
      system =
          ActorSystem.create(
              Behaviors.<Void>setup(context -> {
                made.complete(spawn.apply(context));
                return Behaviors.empty();
              }),
              "bench",
              config());
      actors = made.get();
    }

    ActorSystem<Void> system() {
      return system;
    }

    A actors() {
      return actors;
    }

    @Override
    public void close() {
      stop(system);
    }
  }

  private static <T> List<ActorRef<T>> spawn(
      ActorContext<Void> context, int n, Function<Integer, Behavior<T>> behavior) {
    List<ActorRef<T>> refs = new ArrayList<>(n);
    for (int i = 0; i < n; i++) {
      refs.add(context.spawnAnonymous(behavior.apply(i)));
    }
    return refs;
  }

  // ---- ping pong

  sealed interface Ball {
    record Start(long left) implements Ball {}

    record Throw() implements Ball {}
  }

  private static final Ball THROW = new Ball.Throw();

  static Workload pingPong(int pairs) throws Exception {
    return new Base<List<ActorRef<Ball>>>(w -> context -> spawn(context, pairs, i -> ping(w))) {
      @Override
      public long run(long operations) throws InterruptedException {
        long each = Math.max(1, operations / (2L * pairs));
        done = new CountDownLatch(pairs);
        actors().forEach(a -> a.tell(new Ball.Start(each)));
        Bench.await(done);
        return each * 2 * pairs;
      }
    };
  }

  private static Behavior<Ball> ping(Base<?> w) {
    return Behaviors.setup(context -> {
      ActorRef<Ball> self = context.getSelf();
      ActorRef<Ball> pong =
          context.spawnAnonymous(
              Behaviors.receiveMessage(ball -> {
                self.tell(ball);
                return Behaviors.same();
              }));
      long[] left = {0};
      return Behaviors.receiveMessage(message -> {
        switch (message) {
          case Ball.Start(long n) -> {
            left[0] = n;
            pong.tell(THROW);
          }
          case Ball.Throw _ -> {
            if (--left[0] > 0) {
              pong.tell(THROW);
            } else {
              w.done.countDown();
            }
          }
        }
        return Behaviors.same();
      });
    });
  }

  // ---- fan-in, fork and join

  private static final Object TICK = new Object();

  private abstract static class Counting extends Base<List<ActorRef<Object>>> {
    volatile long expected;

    Counting(int sinks) throws Exception {
      super(w -> context -> spawn(context, sinks, i -> sink((Counting) w)));
    }

    private static Behavior<Object> sink(Counting w) {
      long[] seen = {0};
      return Behaviors.receiveMessage(m -> {
        if (++seen[0] == w.expected) {
          seen[0] = 0;
          w.done.countDown();
        }
        return Behaviors.same();
      });
    }
  }

  static Workload fanIn(int producers) throws Exception {
    return new Counting(1) {
      private final Producers threads = new Producers(producers);

      @Override
      public long run(long operations) throws Exception {
        long each = Math.max(1, operations / producers);
        ActorRef<Object> sink = actors().getFirst();
        expected = each * producers;
        done = new CountDownLatch(1);
        threads.run(() -> {
          for (long i = 0; i < each; i++) {
            sink.tell(TICK);
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

  static Workload forkJoin(int sinks) throws Exception {
    return new Counting(sinks) {
      @Override
      public long run(long operations) throws InterruptedException {
        long rounds = Math.max(1, operations / sinks);
        expected = rounds;
        done = new CountDownLatch(sinks);
        for (long r = 0; r < rounds; r++) {
          for (ActorRef<Object> sink : actors()) {
            sink.tell(TICK);
          }
        }
        Bench.await(done);
        return rounds * sinks;
      }
    };
  }

  // ---- asks

  private record Echo(ActorRef<Object> replyTo) {}

  private static Behavior<Echo> echo() {
    return Behaviors.receiveMessage(m -> {
      m.replyTo().tell(TICK);
      return Behaviors.same();
    });
  }

  static Workload ask(int clients) throws Exception {
    return new Base<List<ActorRef<Echo>>>(w -> context -> spawn(context, clients, i -> echo())) {
      @Override
      public long run(long operations) throws Exception {
        long each = Math.max(1, operations / clients);
        Clients.run(
            clients,
            client -> {
              ActorRef<Echo> target = actors().get(client);
              for (long i = 0; i < each; i++) {
                var _ =
                    AskPattern.<Echo, Object>ask(target, Echo::new, ASK, system().scheduler())
                        .toCompletableFuture()
                        .join();
              }
            });
        return each * clients;
      }
    };
  }

  private sealed interface Asking {
    record Start(long left) implements Asking {}

    record Answered() implements Asking {}
  }

  private static final Asking ANSWERED = new Asking.Answered();

  static Workload askInside(int askers) throws Exception {
    return new Base<List<ActorRef<Asking>>>(w -> context -> spawn(context, askers, i -> asker(w))) {
      @Override
      public long run(long operations) throws InterruptedException {
        long each = Math.max(1, operations / askers);
        done = new CountDownLatch(askers);
        actors().forEach(a -> a.tell(new Asking.Start(each)));
        Bench.await(done);
        return each * askers;
      }
    };
  }

  private static Behavior<Asking> asker(Base<?> w) {
    return Behaviors.setup(context -> {
      ActorRef<Echo> peer = context.spawnAnonymous(echo());
      long[] left = {0};
      return Behaviors.receiveMessage(message -> {
        switch (message) {
          case Asking.Start(long n) -> left[0] = n;
          case Asking.Answered _ -> left[0]--;
        }
        if (left[0] > 0) {
          context.ask(Object.class, peer, ASK, Echo::new, (reply, failure) -> ANSWERED);
        } else {
          w.done.countDown();
        }
        return Behaviors.same();
      });
    });
  }

  // ---- the counter that the guests are

  private sealed interface Count {
    record Increment(long by) implements Count {}

    record IncrementAndTell(long by, ActorRef<Long> replyTo) implements Count {}
  }

  private static Behavior<Count> counter() {
    long[] value = {0};
    return Behaviors.receiveMessage(message -> {
      switch (message) {
        case Count.Increment(long by) -> value[0] += by;
        case Count.IncrementAndTell(long by, ActorRef<Long> replyTo) -> {
          value[0] += by;
          replyTo.tell(value[0]);
        }
      }
      return Behaviors.same();
    });
  }

  static Counters counters(int n) throws Exception {
    Base<List<ActorRef<Count>>> base =
        new Base<>(w -> context -> spawn(context, n, i -> counter())) {
          @Override
          public long run(long operations) {
            throw new UnsupportedOperationException("see the counters that use it");
          }
        };
    return new Counters() {
      @Override
      public void send(int counter) {
        base.actors().get(counter).tell(new Count.Increment(1));
      }

      @Override
      public void ask(int counter) {
        var _ =
            AskPattern.<Count, Long>ask(
                    base.actors().get(counter),
                    replyTo -> new Count.IncrementAndTell(1, replyTo),
                    ASK,
                    base.system().scheduler())
                .toCompletableFuture()
                .join();
      }

      @Override
      public void close() {
        base.close();
      }
    };
  }
}
