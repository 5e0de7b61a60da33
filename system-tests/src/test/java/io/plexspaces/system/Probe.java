package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import io.plexspaces.system.Http.Answer;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A conformance guest on a node, in one language. Each has actors of its own by key. */
final class Probe {
  private static final AtomicInteger KEYS = new AtomicInteger();

  private final NodeProcess node;
  private final GuestLanguage language;

  Probe(NodeProcess node, GuestLanguage language) {
    this.node = node;
    this.language = language;
  }

  static String app(GuestLanguage language) {
    return "probe-" + language.id();
  }

  /** The app whose turns and memory are tightly limited, and whose actors are durable. */
  static String strictApp(GuestLanguage language) {
    return "strict-" + language.id();
  }

  GuestLanguage language() {
    return language;
  }

  Http http() {
    return node.http();
  }

  String log() throws Exception {
    return node.log();
  }

  /** The address of an actor that nobody has used before. */
  String fresh() {
    return app(language) + "/probe/k" + KEYS.incrementAndGet();
  }

  String freshStrict() {
    return strictApp(language) + "/probe/k" + KEYS.incrementAndGet();
  }

  Answer ask(String address, String op, String payload) throws Exception {
    return http().ask(address, op, payload);
  }

  /** Asks a fresh actor, which must answer 200. */
  Value value(String op, String payload) throws Exception {
    return value(fresh(), op, payload);
  }

  Value value(String address, String op, String payload) throws Exception {
    Answer a = ask(address, op, payload);
    assertThat(a.status()).as("%s %s: %s", address, op, abbreviated(a.body())).isEqualTo(200);
    return Json.read(a.body());
  }

  /** Asks a fresh actor, which must refuse with this code. */
  Value.Obj refusal(String op, String payload, String code) throws Exception {
    return refusal(fresh(), op, payload, code);
  }

  Value.Obj refusal(String address, String op, String payload, String code) throws Exception {
    Answer a = ask(address, op, payload);
    assertThat(a.status()).as(abbreviated(a.body())).isGreaterThanOrEqualTo(400);
    assertThat(a.object().string("code", "")).as(abbreviated(a.body())).isEqualTo(code);
    return a.object();
  }

  /** Waits until an actor that was asked something has begun its turn. */
  void awaitTurn(String address) throws Exception {
    long until = System.nanoTime() + 60_000_000_000L;
    while (true) {
      Answer a = http().get("/api/v1/actors/" + address + "/status");
      if (a.status() == 200 && a.object().integer("turns", 0) > 0) {
        return;
      }
      assertThat(System.nanoTime()).as("%s has no turn: %s", address, a.body()).isLessThan(until);
    }
  }

  /** Calls a host operation through the SDK's public function for it. */
  Value host(String address, String operation, String args) throws Exception {
    return value(address, "host", "{\"operation\":\"" + operation + "\",\"args\":" + args + "}");
  }

  /** The error that the SDK raises for a host operation. */
  Value.Obj caught(String operation, String args) throws Exception {
    return (Value.Obj)
        value("catch", "{\"operation\":\"" + operation + "\",\"args\":" + args + "}");
  }

  List<Http.Event> stream(String address, String op, String query) throws Exception {
    return http().stream("/api/v1/actors/" + address + "/stream/" + op + query, 1000);
  }

  static String abbreviated(String s) {
    return s.length() <= 600 ? s : s.substring(0, 600) + "... (" + s.length() + ")";
  }
}
