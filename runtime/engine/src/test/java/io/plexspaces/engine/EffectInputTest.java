package io.plexspaces.engine;

import static io.plexspaces.engine.TestApps.actor;
import static io.plexspaces.engine.TestApps.app;
import static io.plexspaces.engine.TestApps.child;
import static io.plexspaces.engine.TestApps.context;
import static io.plexspaces.engine.TestApps.durable;
import static io.plexspaces.engine.TestApps.id;
import static io.plexspaces.engine.TestApps.idleAfter;
import static io.plexspaces.engine.TestApps.json;
import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.Json;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Role;
import io.plexspaces.api.Telemetry;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.ModuleDescription.Kind;
import io.plexspaces.api.guest.ModuleDescription.Operation;
import io.plexspaces.engine.plan.AppPlan;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a durable actor sent while nobody knew what its receiver takes. */
@Timeout(60)
class EffectInputTest {
  private static final AppId OTHER = new AppId("t", "other");

  private final BlockingQueue<String> deadLetters = new LinkedBlockingQueue<>();
  private final MemoryJournals journals = new MemoryJournals();
  private final AtomicInteger made = new AtomicInteger();
  private final CountDownLatch busy = new CountDownLatch(1);
  private final CountDownLatch free = new CountDownLatch(1);
  private final ActorEngine engine =
      ActorEngine.builder()
          .workers(2)
          .journals(journals)
          .telemetry(
              new Telemetry() {
                @Override
                public void deadLetter(ActorId actor, String reason) {
                  deadLetters.add(actor.address() + ": " + reason);
                }
              })
          .build();

  private final NativeModule receivers =
      NativeModule.builder()
          .described(
              "counter",
              () -> {
                made.incrementAndGet();
                return (c, op, payload) -> {
                  if (op.equals("wait")) {
                    busy.countDown();
                    try {
                      free.await();
                    } catch (InterruptedException e) {
                      throw new IllegalStateException(e);
                    }
                  }
                  return payload;
                };
              },
              new Operation(
                  "add",
                  Kind.CAST,
                  false,
                  (Value.Obj) Json.read("{\"type\":\"object\",\"required\":[\"by\"]}"),
                  null,
                  ""),
              new Operation("wait", Kind.CAST))
          .build();

  private void sendBeforeTheReceiverRuns(String target) {
    NativeModule senders =
        NativeModule.builder()
            .type(
                "writer",
                () ->
                    (c, op, payload) -> {
                      c.send(target, "add", payload);
                      return payload;
                    },
                "go")
            .build();
    engine.start(app(List.of(child("writer", "writer", durable()))), senders);
    journals.hold();
    // It is answered when its commit is.
    var _ =
        Thread.startVirtualThread(
            () -> engine.ask(context(), id("writer/writer"), "go", json("{}"), null));
    while (journals.waitingCommits() == 0) {
      Thread.onSpinWait();
    }
    engine.start(
        new AppPlan(
            OTHER,
            "1",
            app(OTHER, 5, List.of(child("one", "counter", actor())), Map.of()).supervisor(),
            Map.of("counter", idleAfter(Duration.ofHours(1), false)),
            Map.of("counter", new AppPlan.Access(Set.of(Role.INVOKER), Set.of("app"))),
            app(List.of()).limits(),
            Map.of()),
        receivers);
  }

  @AfterEach
  void close() {
    free.countDown();
    engine.close();
  }

  @Test
  void isComparedByTheReceiversWorkerAndNotWhereCommitsEnd() throws Exception {
    sendBeforeTheReceiverRuns("other/counter/one");
    var _ =
        engine.send(
            context(), ActorId.parse("t", "other/counter/one"), "wait", Payload.EMPTY_OBJECT, null);
    busy.await();
    journals.release(); // on this thread, which stands for one of the store's
    assertThat(deadLetters).isEmpty();
    free.countDown();
    assertThat(deadLetters.poll(30, TimeUnit.SECONDS))
        .isEqualTo("app/writer/writer: add: \"by\" is missing");
    while (!journals.done(id("writer/writer")).contains("1.0")) {
      Thread.onSpinWait();
    }
  }

  @Test
  void nothingIsMadeForWhatIsADeadLetter() throws Exception {
    sendBeforeTheReceiverRuns("other/counter/virtual");
    int before = made.get();
    journals.release();
    assertThat(deadLetters.poll(30, TimeUnit.SECONDS)).contains("\"by\" is missing");
    while (engine.actors(OTHER).stream().anyMatch(a -> a.actor().key().equals("virtual"))) {
      Thread.onSpinWait();
    }
    assertThat(made).hasValue(before);
  }
}
