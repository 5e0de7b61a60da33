package io.plexspaces.system;

import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
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

  private static Answer send(HttpRequest.Builder b) throws IOException, InterruptedException {
    HttpResponse<String> r =
        CLIENT.send(
            b.timeout(Duration.ofSeconds(60)).build(), HttpResponse.BodyHandlers.ofString());
    return new Answer(r.statusCode(), r.body());
  }
}
