package io.plexspaces.cli;

import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Talks to a node. It uses {@link HttpURLConnection} because that starts several times faster than
 * the JDK's newer client, and a command makes one request. Every failure is a {@link CliException}.
 */
final class NodeClient {
  static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(30);
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

  private final URI node;
  private final @Nullable String token;
  private final Tracer tracer;

  /** Where {@code --debug} shows requests. */
  interface Tracer {
    void trace(String line);
  }

  /**
   * @param body shared, null where there is none
   * @param headers further headers
   * @param timeout how long to wait for the reply
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Request(
      String method,
      String path,
      byte @Nullable [] body,
      String contentType,
      Map<String, String> headers,
      Duration timeout) {

    static Request get(String path) {
      return new Request("GET", path, null, "", Map.of(), DEFAULT_TIMEOUT);
    }

    static Request post(String path, byte[] body, String contentType) {
      return new Request("POST", path, body, contentType, Map.of(), DEFAULT_TIMEOUT);
    }

    Request within(Duration t) {
      return new Request(method, path, body, contentType, headers, t);
    }

    Request with(Map<String, String> more) {
      return new Request(method, path, body, contentType, more, timeout);
    }
  }

  /** A reply with a status of 2xx. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Reply(int status, String contentType, byte[] body) {
    boolean isJson() {
      String type = contentType.toLowerCase(Locale.ROOT);
      return type.startsWith("application/json") || type.contains("+json");
    }

    /** The body as JSON; null's value where there is none. */
    Value json() {
      if (body.length == 0) {
        return Value.NULL;
      }
      try {
        return Json.read(body);
      } catch (HostException e) {
        throw CliException.failed("the reply is not JSON: is this a PlexSpaces node? Check --node")
            .causedBy(e);
      }
    }

    Value.Obj object() {
      return json() instanceof Value.Obj o ? o : Value.Obj.EMPTY;
    }
  }

  NodeClient(String url, @Nullable String token, Tracer tracer) {
    this.node = parse(url);
    this.token = token;
    this.tracer = tracer;
  }

  URI node() {
    return node;
  }

  private static URI parse(String url) {
    URI uri;
    try {
      uri = new URI(url.endsWith("/") ? url.substring(0, url.length() - 1) : url);
    } catch (URISyntaxException e) {
      throw notAUrl(url).causedBy(e);
    }
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    if (uri.getHost() == null || !(scheme.equals("http") || scheme.equals("https"))) {
      throw notAUrl(url);
    }
    return uri;
  }

  private static CliException notAUrl(String url) {
    return CliException.usage(
        "\"" + url + "\" is not the URL of a node: give one like http://127.0.0.1:8001");
  }

  /** One segment of a path, percent-encoded. */
  static String segment(String s) {
    StringBuilder out = new StringBuilder();
    for (byte b : s.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      boolean plain =
          c < 0x80 && (Character.isLetterOrDigit(c) || c == '-' || c == '_' || c == '~');
      // A segment of dots alone would be taken for a step up the path.
      if (plain || (c == '.' && !s.chars().allMatch(x -> x == '.'))) {
        out.append(c);
      } else {
        out.append('%').append(String.format(Locale.ROOT, "%02X", b & 0xff));
      }
    }
    return out.toString();
  }

  Reply get(String path) {
    return call(Request.get(path));
  }

  /** What reads the body of an answer of 2xx as it comes. */
  @FunctionalInterface
  private interface Reader {
    byte[] read(InputStream in) throws IOException;
  }

  /**
   * @throws CliException unless the answer is 2xx
   */
  Reply call(Request request) {
    return call(request, InputStream::readAllBytes);
  }

  /**
   * Gives the data of each event to {@code values} as it comes; returns at the stream's end.
   *
   * @param request its timeout is how long the node may say nothing, comments included
   * @throws CliException also for an error in the stream, and if it breaks off
   */
  void stream(Request request, Consumer<String> values) {
    var _ =
        call(
            request,
            in -> {
              ServerEvents.Event last = new ServerEvents(in).read(values);
              byte[] data = last.data().getBytes(StandardCharsets.UTF_8);
              switch (last.name()) {
                case "end" -> {}
                case "error" ->
                    throw refused(new Reply(200, "application/problem+json", data), null);
                default ->
                    throw CliException.failed(
                        "the connection to " + node + " ended before the stream did");
              }
              return data;
            });
  }

  private Reply call(Request request, Reader reader) {
    long start = System.nanoTime();
    try {
      HttpURLConnection c = open(request);
      int status = c.getResponseCode();
      String type = c.getContentType() == null ? "" : c.getContentType();
      byte[] body;
      try (InputStream in = status >= 400 ? c.getErrorStream() : c.getInputStream()) {
        if (in == null) {
          body = new byte[0];
        } else {
          body = status / 100 == 2 ? reader.read(in) : in.readAllBytes();
        }
      }
      tracer.trace(
          request.method()
              + " "
              + node
              + request.path()
              + " -> "
              + status
              + ", "
              + body.length
              + " bytes, "
              + (System.nanoTime() - start) / 1_000_000
              + " ms");
      Reply reply = new Reply(status, type, body);
      if (status / 100 != 2) {
        throw refused(reply, c.getHeaderField("Retry-After"));
      }
      return reply;
    } catch (UnknownHostException e) {
      throw CliException.failed("no host is called \"" + node.getHost() + "\": check --node")
          .causedBy(e);
    } catch (ConnectException | NoRouteToHostException e) {
      throw CliException.failed(
              "no node answers at "
                  + node
                  + ": start one with \"plexspaces node start\", or name another with --node")
          .causedBy(e);
    } catch (SocketTimeoutException e) {
      throw CliException.failed(
              node
                  + " did not answer in "
                  + request.timeout().toSeconds()
                  + " s; it may still do what was asked: look with \"plexspaces health\"")
          .causedBy(e);
    } catch (IOException e) {
      throw CliException.failed(
              "the connection to "
                  + node
                  + " broke ("
                  + e.getMessage()
                  + "); what was asked may have been done: look before you try again")
          .causedBy(e);
    }
  }

  private HttpURLConnection open(Request request) throws IOException {
    URI target = URI.create(node + request.path());
    HttpURLConnection c = (HttpURLConnection) target.toURL().openConnection();
    c.setRequestMethod(request.method());
    c.setInstanceFollowRedirects(false);
    c.setUseCaches(false);
    c.setConnectTimeout((int) CONNECT_TIMEOUT.toMillis());
    c.setReadTimeout((int) Math.min(Integer.MAX_VALUE, request.timeout().toMillis()));
    c.setRequestProperty("Accept", "*/*");
    c.setRequestProperty("User-Agent", "plexspaces-cli");
    if (token != null) {
      c.setRequestProperty("Authorization", "Bearer " + token);
    }
    request.headers().forEach(c::setRequestProperty);
    byte[] body = request.body();
    if (body != null) {
      c.setRequestProperty("Content-Type", request.contentType());
      c.setDoOutput(true);
      try (OutputStream out = c.getOutputStream()) {
        out.write(body);
      }
    }
    return c;
  }

  private CliException refused(Reply reply, @Nullable String retryAfter) {
    Value.Obj problem = Value.Obj.EMPTY;
    if (reply.isJson()) {
      problem = reply.object();
    }
    String code = problem.string("code", "HTTP " + reply.status());
    List<String> detail =
        problem.string("detail", problem.string("title", text(reply))).lines().toList();
    List<String> more = new ArrayList<>(detail.subList(Math.min(1, detail.size()), detail.size()));
    // Where in their own code it happened is what authors of actors look for.
    problem.object("details").string("stack", "").lines().map(Printable::line).forEach(more::add);
    StringBuilder message =
        new StringBuilder(detail.isEmpty() ? "refused" : withoutColon(detail.getFirst()))
            .append(" (")
            .append(code)
            .append(")");
    String hint = hint(code, message.toString(), problem.bool("retryable", false), retryAfter);
    if (!hint.isEmpty()) {
      message.append(": ").append(hint);
    }
    return CliException.failed(message.toString(), more).withCode(code);
  }

  /** Before a list there is a colon, but ours comes after the code. */
  static String withoutColon(String sentence) {
    String s = sentence.strip();
    return s.endsWith(":") ? s.substring(0, s.length() - 1) : s;
  }

  private static String text(Reply reply) {
    String s = new String(reply.body(), StandardCharsets.UTF_8).strip();
    int line = s.indexOf('\n');
    s = line < 0 ? s : s.substring(0, line);
    return s.isEmpty() || s.length() > 200
        ? "the answer is not a PlexSpaces node's, check --node"
        : s;
  }

  private static String hint(
      String code, String message, boolean retryable, @Nullable String retryAfter) {
    if (message.contains("turn_timeout")) {
      return "a loop without an end? If it is real work, give the app more with [limits] turn_timeout";
    }
    return switch (code) {
      case "UNAUTHENTICATED" ->
          "give a token with --token or PLEXSPACES_TOKEN; \"plexspaces token mint\" makes one for"
              + " development";
      case "PERMISSION_DENIED" ->
          message.contains("role")
              ? "use a token with the role; \"plexspaces token inspect\" shows"
              : "";
      default ->
          retryAfter != null
              ? "try again in " + retryAfter + " s"
              : retryable ? "it may work if tried again" : "";
    };
  }
}
