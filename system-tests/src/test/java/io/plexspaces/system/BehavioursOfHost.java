package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** State, host operations, streams and concurrency. */
final class BehavioursOfHost {
  private static final String STATE = "State";
  private static final String HOST = "Host operations";
  private static final String STREAMS = "Streams";
  private static final String TOGETHER = "Many at once";

  private BehavioursOfHost() {}

  static List<Behaviour> all() {
    List<Behaviour> all = new ArrayList<>(state());
    all.addAll(host());
    all.addAll(streams());
    all.addAll(together());
    return all;
  }

  private static List<Behaviour> state() {
    return List.of(
        Behaviour.of(
            STATE,
            "Declared state is kept from message to message and read by queries",
            p -> {
              String actor = p.fresh();
              p.value(actor, "set", "{\"key\":\"a\",\"value\":{\"x\":[1,\"\u00e9\"]}}");
              assertThat(p.value(actor, "get", "{\"key\":\"a\"}"))
                  .isEqualTo(Json.read("{\"x\":[1,\"\u00e9\"]}"));
              assertThat(p.value(p.fresh(), "get", "{\"key\":\"a\"}")).isEqualTo(Value.NULL);
            }),
        Behaviour.of(
            STATE,
            "Messages of one sender are handled in order, casts too",
            p -> {
              String actor = p.fresh();
              StringBuilder expected = new StringBuilder("[");
              for (int i = 0; i < 20; i++) {
                Http.Answer a =
                    p.http()
                        .post(
                            "/api/v1/actors/" + actor + "/send/remember",
                            "{\"value\":" + i + "}",
                            null);
                assertThat(a.status()).as(a.body()).isEqualTo(202);
                expected.append(i == 0 ? "" : ",").append(i);
              }
              assertThat(p.value(actor, "remembered", "{}")).isEqualTo(Json.read(expected + "]"));
            }));
  }

  private static List<Behaviour> host() {
    return List.of(
        Behaviour.of(
            HOST,
            "`ask`, `ask_all`, `send`",
            p -> {
              String a = p.fresh();
              String other = Probe.app(p.language()) + "/probe/other-" + a.hashCode();
              assertThat(
                      p.host(
                          a,
                          "ask",
                          "{\"target\":\""
                              + other
                              + "\",\"op\":\"add\",\"payload\":{\"a\":1,\"b\":2}}"))
                  .isEqualTo(new Value.Int(3));
              String add =
                  "{\"target\":\"" + other + "\",\"op\":\"add\",\"payload\":{\"a\":1,\"b\":1}}";
              String bad = "{\"target\":\"" + other + "\",\"op\":\"nosuch\",\"payload\":{}}";
              String both =
                  Json.writeString(p.host(a, "ask_all", "{\"calls\":[" + add + "," + bad + "]}"));
              assertThat(both).contains("2").contains("NOT_FOUND");
              p.host(
                  a,
                  "send",
                  "{\"target\":\"" + other + "\",\"op\":\"remember\",\"payload\":{\"value\":7}}");
              assertThat(
                      p.host(
                          a,
                          "ask",
                          "{\"target\":\"" + other + "\",\"op\":\"remembered\",\"payload\":{}}"))
                  .isEqualTo(Json.read("[7]"));
            }),
        Behaviour.of(
            HOST,
            "An ask that takes longer than its `timeout_ms` is DEADLINE_EXCEEDED",
            p -> {
              Value.Obj e =
                  p.caught(
                      "ask",
                      "{\"target\":\"probe/sleeper\",\"op\":\"host\",\"timeout_ms\":40,\"payload\":"
                          + "{\"operation\":\"sleep\",\"args\":{\"ms\":2000}}}");
              assertThat(e.string("code", "")).isEqualTo("DEADLINE_EXCEEDED");
              assertThat(e.get("retryable")).isEqualTo(new Value.Bool(true));
            }),
        Behaviour.of(
            HOST,
            "Two actors that would wait for each other: ABORTED, with the cycle",
            p -> {
              String a = p.fresh();
              String back = "{\"target\":\"" + a + "\",\"op\":\"echo\",\"payload\":{}}";
              Value v =
                  p.host(
                      a,
                      "ask",
                      "{\"target\":\"probe/cycle\",\"op\":\"catch\",\"payload\":{\"operation\":\"ask\","
                          + "\"args\":"
                          + back
                          + "}}");
              assertThat(((Value.Obj) v).string("code", "")).isEqualTo("ABORTED");
            }),
        Behaviour.of(
            HOST,
            "`register`, `resolve`",
            p -> {
              String a = p.fresh();
              String name = "n" + Integer.toHexString(a.hashCode());
              assertThat(p.host(a, "resolve", "{\"name\":\"" + name + "\"}")).isEqualTo(Value.NULL);
              p.host(a, "register", "{\"name\":\"" + name + "\"}");
              assertThat(p.host(p.fresh(), "resolve", "{\"name\":\"" + name + "\"}"))
                  .isEqualTo(new Value.Str(a));
            }),
        Behaviour.of(
            HOST,
            "`delete`: the actor is gone when the turn has ended, and begins anew",
            p -> {
              String a = p.fresh();
              String other = p.fresh();
              p.value(other, "set", "{\"key\":\"a\",\"value\":1}");
              p.host(a, "delete", "{\"id\":\"" + other + "\"}");
              Value left = new Value.Int(1);
              while (!left.equals(Value.NULL)) { // it leaves with the commit
                Http.Answer got = p.ask(other, "get", "{\"key\":\"a\"}");
                if (got.status() != 503) { // it is on its way out
                  assertThat(got.status()).as(got.body()).isEqualTo(200);
                  left = got.json();
                }
              }
            }),
        Behaviour.of(
            HOST,
            "`journal_sequence`, `is_replaying`",
            p -> {
              String a = p.freshStrict();
              assertThat(p.host(a, "is_replaying", "{}")).isEqualTo(new Value.Bool(false));
              assertThat(((Value.Int) p.host(a, "journal_sequence", "{}")).value())
                  .isGreaterThanOrEqualTo(0);
            }),
        Behaviour.of(
            HOST,
            "`now_ms`, `random`, `uuid`, `sleep`",
            p -> {
              String a = p.fresh();
              long before = System.currentTimeMillis();
              long now = ((Value.Int) p.host(a, "now_ms", "{}")).value();
              assertThat(now).isBetween(before - 1000, System.currentTimeMillis() + 1000);
              Value r = p.host(a, "random", "{}");
              assertThat(r).isInstanceOf(Value.Num.class).isNotEqualTo(p.host(a, "random", "{}"));
              assertThat(((Value.Str) p.host(a, "uuid", "{}")).value())
                  .matches("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
              assertThat(p.host(a, "sleep", "{\"ms\":1}")).isEqualTo(Value.NULL);
            }),
        Behaviour.of(
            HOST,
            "`log`, and the language's own print, with the actor's address",
            p -> {
              String a = p.fresh();
              p.value(a, "print", "{\"text\":\"hello-" + a.hashCode() + "\"}");
              p.host(a, "log", "{\"level\":\"warn\",\"message\":\"logged-" + a.hashCode() + "\"}");
              assertThat(p.log().lines().filter(l -> l.contains("hello-" + a.hashCode())))
                  .hasSizeGreaterThanOrEqualTo(2) // once printed, once by host.log
                  .allMatch(l -> l.contains(a));
              assertThat(p.log()).contains("logged-" + a.hashCode());
            }),
        Behaviour.of(
            HOST,
            "`ts_write`, `ts_read`, `ts_take`, `ts_read_all`, `ts_count`, `ts_write_once`",
            p -> {
              String a = p.fresh();
              String t = "\"t" + a.hashCode() + "\"";
              assertThat(p.host(a, "ts_read", "{\"pattern\":[" + t + ",null]}"))
                  .isEqualTo(Value.NULL);
              assertThat(p.host(a, "ts_write", "{\"tuple\":[" + t + ",1]}"))
                  .isInstanceOf(Value.Str.class);
              p.host(a, "ts_write", "{\"tuple\":[" + t + ",2]}");
              assertThat(p.host(a, "ts_read", "{\"pattern\":[" + t + ",2]}"))
                  .isEqualTo(Json.read("[" + t + ",2]"));
              assertThat(p.host(a, "ts_count", "{\"pattern\":[" + t + ",null]}"))
                  .isEqualTo(new Value.Int(2));
              assertThat(p.host(a, "ts_read_all", "{\"pattern\":[" + t + ",null]}"))
                  .isEqualTo(Json.read("[[" + t + ",1],[" + t + ",2]]"));
              assertThat(p.host(a, "ts_take", "{\"pattern\":[" + t + ",1.0]}"))
                  .isEqualTo(Json.read("[" + t + ",1]"));
              assertThat(p.host(a, "ts_take", "{\"pattern\":[" + t + ",1]}")).isEqualTo(Value.NULL);
              String once = "{\"pattern\":[" + t + ",null],\"tuple\":[" + t + ",9]}";
              assertThat(p.host(a, "ts_write_once", once))
                  .isEqualTo(Json.read("{\"written\":false,\"tuple\":[" + t + ",2]}"));
              Value.Obj e = p.caught("ts_write", "{\"tuple\":[]}");
              assertThat(e.string("code", "")).isEqualTo("INVALID_ARGUMENT");
            }),
        Behaviour.of(
            HOST,
            "Two actors never share a random sequence",
            p -> {
              Value one = p.value(p.fresh(), "randoms", "{\"n\":4}");
              Value two = p.value(p.fresh(), "randoms", "{\"n\":4}");
              assertThat(((Value.Arr) one).items())
                  .hasSize(4)
                  .doesNotHaveDuplicates()
                  .doesNotContainAnyElementsOf(((Value.Arr) two).items());
            }),
        Behaviour.of(
            HOST,
            "The language's own clock tells the host's time, to seconds",
            p -> {
              long clock = ((Value.Int) p.value("clock", "{}")).value();
              assertThat(clock)
                  .isCloseTo(
                      System.currentTimeMillis(), org.assertj.core.api.Assertions.within(5000L));
            }));
  }

  private static List<Behaviour> streams() {
    return List.of(
        Behaviour.of(
            STREAMS,
            "A generator's values are server-sent events, in order, then the end",
            p -> {
              List<Http.Event> events = p.stream(p.fresh(), "stream", "?n=5");
              assertThat(events).hasSize(6);
              for (int i = 0; i < 5; i++) {
                assertThat(Json.read(events.get(i).data()))
                    .isEqualTo(Json.read("{\"i\":" + i + "}"));
              }
              assertThat(events.getLast().name()).isEqualTo("end");
            }),
        Behaviour.of(
            STREAMS,
            "A stream without values just ends",
            p ->
                assertThat(p.stream(p.fresh(), "stream", "?n=0"))
                    .extracting(Http.Event::name)
                    .containsExactly("end")),
        Behaviour.of(
            STREAMS,
            "What a generator refuses with comes after the values before it",
            p -> {
              List<Http.Event> events = p.stream(p.fresh(), "stream", "?n=5&fail_at=2");
              assertThat(events).hasSize(3);
              assertThat(events.getLast().name()).isEqualTo("error");
              assertThat(events.getLast().data())
                  .contains("FAILED_PRECONDITION")
                  .contains("failed at 2");
            }),
        Behaviour.of(
            STREAMS,
            "`ask_stream` is an iterator; leaving it early runs the generator's clean-up",
            p -> {
              String a = p.fresh();
              String producer = p.fresh();
              String target = "{\"target\":\"" + producer + "\",\"op\":\"stream\",";
              assertThat(p.value(a, "collect", target + "\"payload\":{\"n\":4},\"limit\":100}"))
                  .isEqualTo(Json.read("[{\"i\":0},{\"i\":1},{\"i\":2},{\"i\":3}]"));
              assertThat(p.value(a, "collect", target + "\"payload\":{\"n\":1000},\"limit\":2}"))
                  .isEqualTo(Json.read("[{\"i\":0},{\"i\":1}]"));
              // The close is a message behind the stream's: ask until its turn has come.
              Value closed = Value.NULL;
              for (int i = 0; i < 1000 && !closed.equals(new Value.Bool(true)); i++) {
                closed = p.value(producer, "get", "{\"key\":\"closed\"}");
              }
              assertThat(closed).isEqualTo(new Value.Bool(true));
            }),
        Behaviour.of(
            STREAMS,
            "Between two values the actor handles other messages",
            p -> {
              String producer = p.fresh();
              try (Http.Events events =
                  p.http().open("/api/v1/actors/" + producer + "/stream/stream?n=100000")) {
                assertThat(events.next().data()).contains("0");
                assertThat(p.value(producer, "add", "{\"a\":1,\"b\":2}"))
                    .isEqualTo(new Value.Int(3));
                assertThat(events.next().data()).contains("1");
              }
            }));
  }

  private static List<Behaviour> together() {
    return List.of(
        Behaviour.of(
            TOGETHER,
            "64 clients ask actors that ask others, and each gets its own answer",
            p -> {
              try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<Value>> answers = new ArrayList<>();
                for (int i = 0; i < 64; i++) {
                  int n = i;
                  Callable<Value> call =
                      () ->
                          p.host(
                              Probe.app(p.language()) + "/probe/c" + n % 8,
                              "ask",
                              "{\"target\":\"probe/d"
                                  + n % 5
                                  + "\",\"op\":\"echo\",\"payload\":{\"n\":"
                                  + n
                                  + "},\"timeout_ms\":30000}");
                  answers.add(threads.submit(call));
                }
                for (int i = 0; i < 64; i++) {
                  assertThat(answers.get(i).get()).isEqualTo(Json.read("{\"n\":" + i + "}"));
                }
              }
            }),
        Behaviour.of(
            TOGETHER,
            "48 actors that wait in a host call keep nobody from running",
            p -> {
              String mark = "\"w" + p.fresh().hashCode() + "\"";
              try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<Value>> waiting = new ArrayList<>();
                List<String> actors = new ArrayList<>();
                for (int i = 0; i < 48; i++) {
                  String actor = p.fresh();
                  actors.add(actor);
                  waiting.add(
                      threads.submit(() ->
                          p.host(
                              actor, "ts_read", "{\"pattern\":[" + mark + "],\"timeout_ms\":-1}")));
                }
                for (String actor : actors) {
                  p.awaitTurn(actor); // all are in their turns, and none of these can end
                }
                assertThat(p.host(p.fresh(), "ts_write", "{\"tuple\":[" + mark + "]}"))
                    .isInstanceOf(Value.Str.class);
                for (Future<Value> f : waiting) {
                  assertThat(f.get()).isEqualTo(Json.read("[" + mark + "]"));
                }
              }
            }));
  }
}
