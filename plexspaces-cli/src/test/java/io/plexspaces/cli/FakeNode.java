package io.plexspaces.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Answers what it was told to answer, and remembers what it was asked. */
final class FakeNode implements AutoCloseable {
  private final HttpServer server;
  private final Map<String, Answer> answers = new ConcurrentHashMap<>();
  private final List<Asked> asked = new CopyOnWriteArrayList<>();

  private record Answer(int status, String type, String body) {}

  /**
   * @param target path and query, as they came over the wire
   */
  record Asked(
      String method,
      String target,
      String contentType,
      @Nullable String authorization,
      @Nullable String idempotencyKey,
      String body) {}

  FakeNode() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /**
   * @param request method and path without the query
   */
  FakeNode on(String request, int status, String body) {
    return on(
        request, status, status < 400 ? "application/json" : "application/problem+json", body);
  }

  FakeNode on(String request, int status, String type, String body) {
    answers.put(request, new Answer(status, type, body));
    return this;
  }

  Asked onlyRequest() {
    if (asked.size() != 1) {
      throw new AssertionError("expected one request, got " + asked);
    }
    return asked.getFirst();
  }

  Asked lastRequest() {
    return asked.getLast();
  }

  /** Method and path of what may have changed something. */
  List<String> changes() {
    return asked.stream()
        .filter(a -> !a.method().equals("GET"))
        .map(a -> a.method() + " " + a.target())
        .toList();
  }

  int requests() {
    return asked.size();
  }

  private void answer(HttpExchange x) throws IOException {
    try (x) {
      String type = x.getRequestHeaders().getFirst("Content-Type");
      asked.add(
          new Asked(
              x.getRequestMethod(),
              x.getRequestURI().toString(),
              type == null ? "" : type,
              x.getRequestHeaders().getFirst("Authorization"),
              x.getRequestHeaders().getFirst("Idempotency-Key"),
              new String(x.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1)));
      String request = x.getRequestMethod() + " " + x.getRequestURI().getRawPath();
      Answer a =
          answers.getOrDefault(request, new Answer(404, "text/plain", "no answer for " + request));
      byte[] body = a.body().getBytes(StandardCharsets.UTF_8);
      x.getResponseHeaders().set("Content-Type", a.type());
      if (a.status() == 401) {
        x.getResponseHeaders().set("WWW-Authenticate", "Bearer realm=\"plexspaces\"");
      }
      x.sendResponseHeaders(a.status(), body.length == 0 ? -1 : body.length);
      if (body.length > 0) {
        x.getResponseBody().write(body);
      }
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
