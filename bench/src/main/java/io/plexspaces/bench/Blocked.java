package io.plexspaces.bench;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Many actors of one language that wait for a slow service at once: what that takes, and what it
 * does to others. A client asks each of them; each asks a {@link SlowService} from inside its turn,
 * which answers nobody before all have come.
 */
final class Blocked {
  static final String NAME = "blocked";
  static final String ALL_WAIT = "blocked: all wait after";
  static final String ALL_ANSWERED = "blocked: all answered after";
  static final String HEAP = "blocked: bytes waiting";
  static final String PAGES = "blocked: pages of it";
  static final String AFTERWARDS = "blocked: bytes afterwards";
  static final String JAVA = "blocked: native neighbour ";
  static final String GUEST = "blocked: guest neighbour ";

  private static final Payload BY_ONE = Payload.json("{\"by\":1}");
  private static final long TIMEOUT_MILLIS = 600_000;
  private static final int TRIAL = 200;
  private static final int ASKS = 2000;
  private static final long MAX_ASKING_NANOS = 4_000_000_000L;

  private final Guests guests;
  private final int actors;
  private final Consumer<String> progress;

  Blocked(Guests guests, int actors, Consumer<String> progress) {
    this.guests = guests;
    this.actors = actors;
    this.progress = progress;
  }

  List<Result> measure(Language language) throws Exception {
    Guests.Loaded loaded;
    try {
      loaded = guests.module(language);
    } catch (Unavailable e) {
      return List.of(new Result.Absent(NAME, language.id(), e.why()));
    }
    // The first round warms up, and says how much room the others will need.
    Round trial = new Round(language, loaded, Math.min(TRIAL, actors));
    trial.run();
    long needed = (long) (trial.heapEach * actors);
    long free = Heap.max() - Heap.used();
    if (needed > free * 0.95) {
      return List.of(
          new Result.Absent(
              NAME,
              language.id(),
              actors
                  + " actors need about "
                  + (needed >> 20)
                  + " MiB and the heap has room for "
                  + (free >> 20)
                  + ": give it more with PLEXSPACES_JAVA_OPTS=-Xmx, or run fewer with --blocked"));
    }
    Round round = new Round(language, loaded, actors);
    round.run();
    return round.results;
  }

  /** So many actors, from the first question to the last answer. */
  private final class Round {
    private final String system;
    private final Guests.Loaded loaded;
    private final int callers;
    private final SlowService service;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final List<Result> results = new ArrayList<>();
    private double heapEach;

    Round(Language language, Guests.Loaded loaded, int callers) {
      this.system = language.id();
      this.loaded = loaded;
      this.callers = callers;
      this.service = new SlowService(callers);
    }

    void run() throws Exception {
      progress.accept(NAME + ": " + callers + " of " + system);
      try (EngineApp app = new EngineApp(service.operations());
          ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
        app.start(SlowService.APP, service.module());
        app.start(EngineApp.APP, loaded.module());
        latencies(app, "before");
        try {
          run(app, clients);
        } finally {
          service.answerAll(); // also where it failed, or the clients would be waited for
        }
      }
    }

    private void run(EngineApp app, ExecutorService clients) throws Exception {
      long before = Heap.used();
      long pagesBefore = loaded.budget().used();
      long start = System.nanoTime();
      List<Future<Value.Obj>> answers = new ArrayList<>(callers);
      for (int i = 0; i < callers; i++) {
        int n = i;
        answers.add(clients.submit(() -> delegate(app, n)));
      }
      while (!service.arrived().await(100, TimeUnit.MILLISECONDS)) {
        Throwable why = failure.get();
        if (why != null) {
          throw new IllegalStateException("not all actors came to the service", why);
        }
      }
      figure(ALL_WAIT, (System.nanoTime() - start) / 1e6, "ms");
      heapEach = (double) (Heap.used() - before) / callers;
      figure(HEAP, heapEach, "B");
      long pages = loaded.budget().used() - pagesBefore;
      if (pages > 0) { // Java has none, nor have polyglot guests
        figure(PAGES, (double) pages / callers, "B");
      }
      latencies(app, "meanwhile");
      if (service.waiting() != callers) {
        throw new IllegalStateException(
            "only " + service.waiting() + " of " + callers + " actors waited at once");
      }
      long told = System.nanoTime();
      service.answerAll();
      for (int i = 0; i < callers; i++) {
        check(i, answers.get(i));
      }
      figure(ALL_ANSWERED, (System.nanoTime() - told) / 1e6, "ms");
      answers.clear();
      figure(AFTERWARDS, (double) (Heap.used() - before) / callers, "B");
    }

    private Value.Obj delegate(EngineApp app, int n) {
      try {
        Payload question =
            Payload.json(
                Value.Obj.builder()
                    .put("service", SlowService.address(n))
                    .put("n", n)
                    .put("timeout_ms", TIMEOUT_MILLIS)
                    .build());
        ActorId actor = EngineApp.id(Guests.TYPE, "b" + n);
        return (Value.Obj) app.ask(actor, "delegate", question, TIMEOUT_MILLIS).value();
      } catch (RuntimeException | Error e) {
        failure.compareAndSet(null, e);
        throw e;
      }
    }

    private void check(int n, Future<Value.Obj> answer) throws InterruptedException {
      Value.Obj is;
      try {
        is = answer.get();
      } catch (ExecutionException e) {
        throw new CompletionException("actor " + n + " of " + system + " failed", e.getCause());
      }
      if (is.integer("answer", -1) != SlowService.answer(n) || is.integer("value", -1) != 1) {
        throw new IllegalStateException("actor " + n + " of " + system + " answered " + is);
      }
    }

    private void latencies(EngineApp app, String when) throws Exception {
      latency(app, JAVA, EngineApp.id(SlowService.APP, Guests.TYPE, "neighbour"), when);
      latency(app, GUEST, EngineApp.id(Guests.TYPE, "neighbour"), when);
    }

    private void latency(EngineApp app, String whose, ActorId neighbour, String when)
        throws Exception {
      double[] micros = new double[ASKS];
      int[] asked = new int[1];
      long end = System.nanoTime() + MAX_ASKING_NANOS;
      Clients.run(
          1,
          client -> {
            while (asked[0] < ASKS && System.nanoTime() - end < 0) {
              long start = System.nanoTime();
              var _ = app.ask(neighbour, "increment", BY_ONE);
              micros[asked[0]++] = (System.nanoTime() - start) / 1e3;
            }
          });
      Samples samples = new Samples(java.util.Arrays.copyOf(micros, asked[0]));
      figure(whose + "p50 " + when, samples.quantile(0.5), "us");
      figure(whose + "p99 " + when, samples.quantile(0.99), "us");
    }

    private void figure(String what, double is, String unit) {
      results.add(new Result.Figure(what, system, new Samples(is), unit));
    }
  }
}
