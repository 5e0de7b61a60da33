package io.plexspaces.engine;

import static io.plexspaces.engine.TestApps.APP;
import static io.plexspaces.engine.TestApps.actor;
import static io.plexspaces.engine.TestApps.app;
import static io.plexspaces.engine.TestApps.child;
import static io.plexspaces.engine.TestApps.context;
import static io.plexspaces.engine.TestApps.durable;
import static io.plexspaces.engine.TestApps.id;
import static io.plexspaces.engine.TestApps.idleAfter;
import static io.plexspaces.engine.TestApps.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.ModuleDescription.Kind;
import io.plexspaces.api.guest.ModuleDescription.Operation;
import io.plexspaces.engine.NativeModule.NativeActor;
import io.plexspaces.engine.NativeModule.NativeContext;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A message of the wrong form reaches nobody: who sends it is told. */
@Timeout(60)
class InputTest {
  private static final Payload WRONG = json("{\"by\":\"two\"}");
  private static final String REFUSAL = "add: \"by\" must be an integer, it is a string";

  private final AtomicInteger handled = new AtomicInteger();
  private final MemoryJournals journals = new MemoryJournals();
  private final ActorEngine engine = ActorEngine.builder().workers(2).journals(journals).build();

  final class Counter implements NativeActor {
    @Override
    public Payload handle(NativeContext c, String op, Payload payload) {
      handled.incrementAndGet();
      return payload;
    }
  }

  /** Passes on what it gets and says what came of it. */
  static final class Caller implements NativeActor {
    @Override
    public Payload handle(NativeContext c, String op, Payload payload) {
      try {
        switch (op) {
          case "ask" -> c.ask("counter", "add", payload, 5000);
          case "send" -> c.send("counter", "add", payload);
          default -> {
            Value.Obj call =
                Value.Obj.builder()
                    .put("target", "counter")
                    .put("op", "add")
                    .put("payload", payload.value())
                    .build();
            Frame reply =
                c.call(
                    "ask_all",
                    Frame.of(Value.Obj.builder().put("calls", Value.Arr.of(call)).build()));
            return Payload.json(reply.body());
          }
        }
        return json("\"taken\"");
      } catch (HostException e) {
        return Payload.json(e.error().toValue());
      }
    }
  }

  @BeforeEach
  void start() {
    Value.Obj input =
        (Value.Obj)
            Json.read(
                "{\"type\":\"object\",\"properties\":{\"by\":{\"type\":\"integer\"}},"
                    + "\"required\":[\"by\"]}");
    NativeModule module =
        NativeModule.builder()
            .described(
                "counter",
                Counter::new,
                new Operation("add", Kind.CALL, false, input, null, ""),
                new Operation("free", Kind.CALL))
            .type("caller", Caller::new, "ask", "send", "all")
            .build();
    engine.start(
        app(
            APP,
            5,
            List.of(
                child("counter", "counter", actor()),
                child("caller", "caller", actor()),
                child("writer", "caller", durable())),
            Map.of("counter", idleAfter(Duration.ofMinutes(10), false))),
        module);
  }

  @AfterEach
  void stop() {
    engine.close();
  }

  @Test
  void clientsAreToldAtOnce() {
    assertThatThrownBy(() -> engine.ask(context(), id("counter/counter"), "add", WRONG, null))
        .isInstanceOfSatisfying(
            HostException.class,
            e -> {
              assertThat(e.error().message()).isEqualTo(REFUSAL);
              assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
              assertThat(Json.writeString(e.error().details()))
                  .contains("\"path\":\"by\",\"problem\":\"must be an integer, it is a string\"");
            });
    assertThatThrownBy(() -> engine.send(context(), id("counter/counter"), "add", WRONG, null))
        .hasMessage(REFUSAL);
    assertThat(handled).hasValue(0);
  }

  @Test
  void whatIsRightAndWhatHasNoSchemaPasses() {
    Payload right = json("{\"by\":2,\"undeclared\":true}");
    assertThat(engine.ask(context(), id("counter/counter"), "add", right, null)).isEqualTo(right);
    Payload anything = new Payload(new byte[] {1}, "image/png");
    assertThat(engine.ask(context(), id("counter/counter"), "free", anything, null).bytes())
        .isEqualTo(anything.bytes());
  }

  @Test
  void nothingIsMadeForAWrongMessage() {
    assertThatThrownBy(() -> engine.ask(context(), id("counter/new"), "add", WRONG, null))
        .hasMessage(REFUSAL);
    assertThat(engine.actors(APP)).noneMatch(a -> a.actor().key().equals("new"));
  }

  @Test
  void actorsThatAskOrSendGetTheErrorInTheirOwnTurn() {
    for (String caller : List.of("caller/caller", "caller/writer")) {
      for (String op : List.of("ask", "send", "all")) {
        assertThat(engine.ask(context(), id(caller), op, WRONG, null).text())
            .as(caller + " " + op)
            .contains("INVALID_ARGUMENT", REFUSAL.replace("\"", "\\\""));
        // The second time the sender knows its receiver already.
        assertThat(engine.ask(context(), id(caller), op, json("{\"by\":1}"), null).text())
            .doesNotContain("INVALID_ARGUMENT");
        assertThat(engine.ask(context(), id(caller), op, WRONG, null).text())
            .contains("INVALID_ARGUMENT");
      }
    }
    engine.stop(APP, Duration.ofSeconds(10));
    assertThat(handled).hasValue(6);
  }
}
