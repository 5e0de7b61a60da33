package io.plexspaces.system;

import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A client of the node's HTTP interface that knows no more than its documentation says. */
final class Http {
  private static final HttpClient CLIENT =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();

  private final String base;

  Http(String base) {
    this.base = base;
  }

  record Answer(int status, String body) {
    Value json() {
      return Json.read(body);
    }

    Value.Obj object() {
      return (Value.Obj) json();
    }
  }

  String base() {
    return base;
  }

  Answer get(String path) throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder(URI.create(base + path)).GET());
  }

  Answer delete(String path) throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder(URI.create(base + path)).DELETE());
  }

  /** A request without a body. */
  Answer command(String method, String path) throws IOException, InterruptedException {
    return send(
        HttpRequest.newBuilder(URI.create(base + path))
            .method(method, HttpRequest.BodyPublishers.noBody()));
  }

  Answer post(String path, String body, @Nullable String idempotencyKey)
      throws IOException, InterruptedException {
    HttpRequest.Builder b =
        HttpRequest.newBuilder(URI.create(base + path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body));
    if (idempotencyKey != null) {
      b.header("Idempotency-Key", "\"" + idempotencyKey + "\"");
    }
    return send(b);
  }

  /** Asks {@code app/type/key}; keys in these tests need no encoding. */
  Answer ask(String address, String op, String payload) throws IOException, InterruptedException {
    return post("/api/v1/actors/" + address + "/ask/" + op, payload, null);
  }

  Answer ask(String address, String op, String payload, String key)
      throws IOException, InterruptedException {
    return post("/api/v1/actors/" + address + "/ask/" + op, payload, key);
  }

  Answer deploy(String app, byte[] wasm, String config) throws IOException, InterruptedException {
    String boundary = "----plexspaces-test-boundary";
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    part(body, boundary, "app", null, app.getBytes(StandardCharsets.UTF_8));
    part(body, boundary, "wasm", "app.wasm", wasm);
    part(body, boundary, "config", "app-config.toml", config.getBytes(StandardCharsets.UTF_8));
    body.writeBytes(("--" + boundary + "--\r\n").getBytes(StandardCharsets.UTF_8));
    return send(
        HttpRequest.newBuilder(URI.create(base + "/api/v1/apps"))
            .header("Content-Type", "multipart/form-data; boundary=" + boundary)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body.toByteArray())));
  }

  private static void part(
      ByteArrayOutputStream out,
      String boundary,
      String name,
      @Nullable String file,
      byte[] content) {
    String head =
        "--"
            + boundary
            + "\r\nContent-Disposition: form-data; name=\""
            + name
            + "\""
            + (file == null
                ? ""
                : "; filename=\"" + file + "\"\r\nContent-Type: application/octet-stream")
            + "\r\n\r\n";
    out.writeBytes(head.getBytes(StandardCharsets.UTF_8));
    out.writeBytes(content);
    out.writeBytes("\r\n".getBytes(StandardCharsets.UTF_8));
  }

  /** A server-sent event; {@code message} unless it has a name of its own. */
  record Event(String name, String data) {}

  /** Server-sent events as they come. Closing it before the end is a client that leaves. */
  static final class Events implements AutoCloseable {
    private final BufferedReader lines;

    private Events(InputStream body) {
      this.lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
    }

    /**
     * @throws EOFException if the stream is over
     */
    Event next() throws IOException {
      String name = "message";
      StringBuilder data = new StringBuilder();
      boolean any = false;
      while (true) {
        String line = lines.readLine();
        if (line == null) {
          throw new EOFException("the events are over");
        }
        if (line.isEmpty()) {
          if (any) {
            return new Event(name, data.toString());
          }
        } else if (line.startsWith("event:")) {
          name = line.substring(6).strip();
          any = true;
        } else if (line.startsWith("data:")) {
          data.append(data.isEmpty() ? "" : "\n").append(line.substring(5).strip());
          any = true;
        }
      }
    }

    @Override
    public void close() throws IOException {
      lines.close();
    }
  }

  /** Opens server-sent events, which must be answered 200. */
  Events open(String path) throws IOException, InterruptedException {
    HttpResponse<InputStream> r =
        CLIENT.send(
            HttpRequest.newBuilder(URI.create(base + path))
                .header("Accept", "text/event-stream")
                .timeout(Duration.ofSeconds(60))
                .GET()
                .build(),
            HttpResponse.BodyHandlers.ofInputStream());
    if (r.statusCode() != 200) {
      try (InputStream in = r.body()) {
        throw new IOException(
            r.statusCode() + ": " + new String(in.readAllBytes(), StandardCharsets.UTF_8));
      }
    }
    return new Events(r.body());
  }

  /** All events up to the one called end or error; at most {@code max}. */
  List<Event> stream(String path, int max) throws IOException, InterruptedException {
    List<Event> all = new ArrayList<>();
    try (Events events = open(path)) {
      while (all.size() < max) {
        Event e = events.next();
        all.add(e);
        if (e.name().equals("end") || e.name().equals("error")) {
          break;
        }
      }
    }
    return all;
  }

  private static Answer send(HttpRequest.Builder b) throws IOException, InterruptedException {
    HttpResponse<String> r =
        CLIENT.send(
            b.timeout(Duration.ofSeconds(60)).build(), HttpResponse.BodyHandlers.ofString());
    return new Answer(r.statusCode(), r.body());
  }
}
