package io.plexspaces.gateway;

import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/** A gateway on a free loopback port over fakes, and ways to talk to it. */
final class TestNode implements AutoCloseable {
  final FakeEngine engine = new FakeEngine();
  final FakeDeployer deployer = new FakeDeployer(engine);
  final FakeUpkeep upkeep = new FakeUpkeep();
  final MicrometerTelemetry metrics = new MicrometerTelemetry("n1");
  final AtomicBoolean ready = new AtomicBoolean(true);
  final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  final Gateway gateway;

  TestNode() {
    this(GatewayConfig.local(0));
  }

  TestNode(GatewayConfig config) {
    metrics.observe(engine, app -> 42);
    gateway = Gateway.start(config, engine, deployer, upkeep.all(), metrics, ready::get);
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.port() + path))
        .timeout(Duration.ofSeconds(20));
  }

  HttpResponse<String> send(HttpRequest request) {
    try {
      return client.send(request, BodyHandlers.ofString());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  HttpResponse<String> get(String path) {
    return send(request(path).build());
  }

  HttpResponse<String> post(String path, String body) {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body))
            .build());
  }

  HttpResponse<String> method(String method, String path) {
    return send(request(path).method(method, BodyPublishers.noBody()).build());
  }

  static Value.Obj json(HttpResponse<String> r) {
    return (Value.Obj) Json.read(r.body());
  }

  /** Writes bytes to the port as they are and reads until the gateway closes the connection. */
  String raw(String bytes) {
    try (Socket s = socket()) {
      s.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
      s.getOutputStream().flush();
      return new String(s.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  Socket socket() throws IOException {
    Socket s = new Socket(InetAddress.getLoopbackAddress(), gateway.port());
    s.setSoTimeout(20_000);
    return s;
  }

  /** Reads a head, through the empty line. */
  static String head(InputStream in) throws IOException {
    StringBuilder sb = new StringBuilder();
    while (sb.indexOf("\r\n\r\n") < 0) {
      int c = in.read();
      if (c < 0) {
        break;
      }
      sb.append((char) c);
    }
    return sb.toString();
  }

  String host() {
    return "Host: 127.0.0.1:" + gateway.port() + "\r\n";
  }

  @Override
  public void close() {
    gateway.close();
    metrics.close();
    client.close();
  }
}
