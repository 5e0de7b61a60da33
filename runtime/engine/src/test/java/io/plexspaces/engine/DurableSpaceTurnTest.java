package io.plexspaces.engine;

import static io.plexspaces.engine.TestApps.APP;
import static io.plexspaces.engine.TestApps.actor;
import static io.plexspaces.engine.TestApps.app;
import static io.plexspaces.engine.TestApps.child;
import static io.plexspaces.engine.TestApps.context;
import static io.plexspaces.engine.TestApps.durable;
import static io.plexspaces.engine.TestApps.id;
import static io.plexspaces.engine.TestApps.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Telemetry;
import io.plexspaces.api.Value;
import io.plexspaces.api.journal.CommitListener;
import io.plexspaces.api.journal.SpaceStore;
import io.plexspaces.api.journal.TupleChange;
import io.plexspaces.api.journal.TurnRecord;
import io.plexspaces.engine.NativeModule.NativeActor;
import io.plexspaces.engine.NativeModule.NativeContext;
import io.plexspaces.tuplespace.TupleSpaceOperations;
import io.plexspaces.tuplespace.TupleSpaces;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Turns that do something in a durable tuple space: in their record, or on disk by themselves. */
@Timeout(60)
class DurableSpaceTurnTest {
  /** Keeps appends; told to, it holds or refuses them. */
  private static final class Spaces implements SpaceStore {
    private final List<TupleChange> durable = new ArrayList<>();
    private final List<Runnable> held = new ArrayList<>();
    private boolean hold;
    private boolean full;

    @Override
    public Contents load(AppId app, String space) {
      return new Contents(List.of(), 0);
    }

    @Override
    public synchronized void append(AppId app, List<TupleChange> changes, CommitListener listener) {
      Runnable write =
          () -> {
            durable.addAll(changes);
            listener.committed(null);
          };
      if (full) {
        listener.committed(new HostException(ErrorCode.UNAVAILABLE, "the disk is full"));
      } else if (hold) {
        held.add(write);
        notifyAll();
      } else {
        write.run();
      }
    }

    synchronized void hold() {
      hold = true;
    }

    synchronized void full(boolean yes) {
      full = yes;
    }

    synchronized void awaitHeld(int n) throws InterruptedException {
      while (held.size() < n) {
        wait();
      }
    }

    void release() {
      List<Runnable> all;
      synchronized (this) {
        hold = false;
        all = List.copyOf(held);
        held.clear();
      }
      all.forEach(Runnable::run);
    }

    @Override
    public void check(AppId app, String space) {}

    @Override
    public boolean exists(AppId app) {
      return false;
    }

    @Override
    public void purge(AppId app) {}
  }

  private static final class Clerk implements NativeActor {
    private long handled;

    @Override
    public Payload handle(NativeContext c, String op, Payload p) {
      handled++;
      return switch (op) {
        case "write" -> tuples(c, "ts_write", "{\"tuple\":[\"job\"," + p.text() + "]}");
        case "take" -> tuples(c, "ts_take", "{\"pattern\":[\"job\",null]}");
        case "all" -> tuples(c, "ts_read_all", "{\"pattern\":[\"job\",null]}");
        default -> json(Long.toString(handled));
      };
    }

    private static Payload tuples(NativeContext c, String operation, String header) {
      Frame request = Frame.of((Value.Obj) Json.read(header));
      return Payload.json(c.call(operation, request).body());
    }

    @Override
    public Payload snapshot() {
      return Payload.json(Value.Obj.builder().put("handled", handled).build());
    }

    @Override
    public void restore(Payload state) {
      handled = ((Value.Obj) state.value()).integer("handled", -1);
    }
  }

  private final MemoryJournals journals = new MemoryJournals();
  private final Spaces store = new Spaces();
  private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
  private final TupleSpaces spaces =
      new TupleSpaces(
          Telemetry.NONE,
          System::nanoTime,
          RandomGenerator.getDefault(),
          TupleSpaces.DEFAULT_MAX_BYTES);
  private final ActorEngine engine =
      ActorEngine.builder()
          .workers(2)
          .operations(new TupleSpaceOperations(spaces).operations())
          .journals(journals)
          .spaces(store)
          .build();

  @BeforeEach
  void start() {
    spaces.durable(APP, store, InstantSource.system());
    engine.start(
        app(
            List.of(
                child("plain", "clerk", actor()),
                child("other", "clerk", actor()),
                child("kept", "clerk", durable()))),
        NativeModule.builder()
            .type("clerk", Clerk::new, "write", "take", "all", "handled")
            .build());
  }

  @AfterEach
  void stop() {
    store.release();
    journals.release();
    engine.stop(APP, Duration.ofSeconds(5));
    engine.close();
    callers.close();
  }

  private String ask(String actor, String op, String payload) {
    return engine.ask(context(), id("clerk/" + actor), op, json(payload), null).text();
  }

  private Future<String> startAsk(String actor, String op, String payload) {
    return callers.submit(() -> ask(actor, op, payload));
  }

  private String all() {
    return ask("other", "all", "{}");
  }

  @Test
  void aTurnOfADurableActorHasItsTuplesInItsRecord() {
    ask("kept", "write", "1");
    ask("kept", "write", "2");
    assertThat(ask("kept", "take", "{}")).isEqualTo("[\"job\",1]");
    List<TurnRecord> turns = journals.turns(id("clerk/kept"));
    assertThat(turns)
        .extracting(TurnRecord::tuples)
        .containsExactly(
            List.of(new TupleChange.Written("default", 1, "[\"job\",1]", Long.MAX_VALUE)),
            List.of(new TupleChange.Written("default", 2, "[\"job\",2]", Long.MAX_VALUE)),
            List.of(new TupleChange.Taken("default", 1)));
    assertThat(store.durable).isEmpty();
  }

  @Test
  void theTuplesOfADurableActorAreThereWhenItsRecordIsAndNeverIfItIsLost() throws Exception {
    ask("plain", "write", "1");
    journals.hold();
    Future<String> taking = startAsk("kept", "take", "{}");
    while (journals.waitingCommits() == 0) {
      Thread.sleep(1); // between looks only: the condition decides
    }
    assertThat(all()).isEqualTo("[]");
    journals.fail();
    assertThatThrownBy(() -> taking.get(10, TimeUnit.SECONDS)).hasMessageContaining("disk is full");
    assertThat(all()).isEqualTo("[[\"job\",1]]");
  }

  @Test
  void theAnswerOfAnActorWithoutDurabilityWaitsUntilItsTuplesAreOnDisk() throws Exception {
    store.hold();
    Future<String> writing = startAsk("plain", "write", "1");
    store.awaitHeld(1);
    assertThat(all()).isEqualTo("[]");
    assertThat(writing.isDone()).isFalse();
    store.release();
    assertThat(writing.get(10, TimeUnit.SECONDS)).startsWith("\"1-");
    assertThat(all()).isEqualTo("[[\"job\",1]]");
    assertThat(store.durable)
        .containsExactly(new TupleChange.Written("default", 1, "[\"job\",1]", Long.MAX_VALUE));
  }

  @Test
  void aTurnWhoseTuplesCannotBeWrittenNeverWas() {
    ask("plain", "write", "1");
    String handled = ask("plain", "handled", "{}");
    store.full(true);
    assertThatThrownBy(() -> ask("plain", "take", "{}"))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE))
        .hasMessageContaining("the turn could not be committed: the disk is full");
    assertThatThrownBy(() -> ask("plain", "write", "2")).hasMessageContaining("the disk is full");
    assertThat(all()).isEqualTo("[[\"job\",1]]");
    store.full(false);
    assertThat(ask("plain", "take", "{}")).isEqualTo("[\"job\",1]");
    assertThat(engine.app(APP).orElseThrow().restarts()).isZero();
    assertThat(handled).isEqualTo("2");
  }

  @Test
  void whoDoesNothingToTheSpaceDoesNotWaitForIt() {
    store.hold();
    assertThat(ask("plain", "take", "{}")).isEqualTo("null");
    assertThat(all()).isEqualTo("[]");
  }

  @Test
  void whileOneWaitsForTheDiskOthersRun() throws Exception {
    store.hold();
    Future<String> first = startAsk("plain", "write", "1");
    Future<String> second = startAsk("other", "write", "2");
    store.awaitHeld(2);
    // Both workers' turns wait; a third actor gets its turn all the same.
    assertThat(ask("kept", "handled", "{}")).isEqualTo("1");
    store.release();
    assertThat(first.get(10, TimeUnit.SECONDS)).isNotEmpty();
    assertThat(second.get(10, TimeUnit.SECONDS)).isNotEmpty();
  }
}
