package io.plexspaces.gateway;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.HostException;
import io.plexspaces.api.RequestContext;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A request that has been routed, authorised and read, as its handler sees it. Used by one thread.
 */
final class Exchange {
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m|h)");

  private final Route route;
  private final Caller caller;
  private final Map<String, String> path;
  private final Map<String, List<String>> query;
  private final IncomingHeaders headers;
  private final byte[] body;
  private final @Nullable String idempotencyKey;
  private final String traceId;
  private final Cancellation cancellation;

  Exchange(
      Route route,
      Caller caller,
      Map<String, String> path,
      Map<String, List<String>> query,
      IncomingHeaders headers,
      byte[] body,
      @Nullable String idempotencyKey,
      String traceId,
      Cancellation cancellation) {
    this.route = route;
    this.caller = caller;
    this.path = path;
    this.query = query;
    this.headers = headers;
    this.body = body;
    this.idempotencyKey = idempotencyKey;
    this.traceId = traceId;
    this.cancellation = cancellation;
  }

  Caller caller() {
    return caller;
  }

  /** The decoded path parameter. */
  String path(String name) {
    String v = path.get(name);
    if (v == null) {
      throw new IllegalStateException("no path parameter " + name + " in " + route.path());
    }
    return v;
  }

  /** The app of the path, in the caller's tenant: nobody can name another. */
  AppId app() {
    return new AppId(caller.tenant(), path("app"));
  }

  ActorId actor() {
    return new ActorId(app(), path("type"), path("key"));
  }

  @Nullable String contentType() {
    return headers.one("Content-Type");
  }

  /** The values of a request header. */
  List<String> headers(String name) {
    return headers.all(name);
  }

  byte[] body() {
    return body;
  }

  @Nullable String idempotencyKey() {
    return idempotencyKey;
  }

  /** The caller's context; {@code timeoutMillis} null for none. */
  RequestContext context(@Nullable Long timeoutMillis) {
    long deadline =
        timeoutMillis == null
            ? RequestContext.NO_DEADLINE
            : System.nanoTime() + timeoutMillis * 1_000_000;
    return new RequestContext(
        caller.tenant(), caller.principal(), caller.roles(), deadline, traceId);
  }

  /**
   * Runs {@code wait}, a wait for a reply that may be given up: it is interrupted when the client
   * goes away.
   *
   * @throws HostException CANCELLED if the client has gone
   */
  <T> T whileConnected(Supplier<T> wait) {
    return cancellation.during(wait);
  }

  /** The declared query parameter, or null. */
  @Nullable String query(String name) {
    List<String> values = query.get(name);
    if (values == null) {
      return null;
    }
    if (values.size() > 1) {
      throw Refusal.badRequest("query parameter \"" + name + "\" is there twice");
    }
    return values.getFirst();
  }

  /** Query parameters that are not the route's own. */
  Map<String, String> freeQuery() {
    Map<String, String> out = new LinkedHashMap<>();
    for (String name : query.keySet()) {
      boolean own =
          name.equals(IdempotencyKey.NAME)
              || route.query().stream().anyMatch(p -> p.name().equals(name));
      String value = query(name);
      if (!own && value != null) {
        out.put(name, value);
      }
    }
    return out;
  }

  long queryLong(String name, long otherwise, long min, long max) {
    String s = query(name);
    if (s == null) {
      return otherwise;
    }
    try {
      long v = Long.parseLong(s);
      if (v >= min && v <= max) {
        return v;
      }
    } catch (NumberFormatException e) {
      // refused below, as a number out of range is
    }
    throw Refusal.badRequest(
        "query parameter \""
            + name
            + "\" is \""
            + Uri.abbreviate(s)
            + "\", it must be an integer from "
            + min
            + " to "
            + max);
  }

  boolean queryFlag(String name) {
    String s = query(name);
    if (s == null || s.equals("false")) {
      return false;
    }
    if (s.equals("true")) {
      return true;
    }
    throw Refusal.badRequest(
        "query parameter \"" + name + "\" is \"" + Uri.abbreviate(s) + "\", not true or false");
  }

  /** A span such as {@code 500ms}, {@code 30s}, {@code 5m}, up to an hour. */
  Duration queryDuration(String name, Duration otherwise) {
    String s = query(name);
    if (s == null) {
      return otherwise;
    }
    Matcher m = DURATION.matcher(s);
    if (m.matches()) {
      long n = Long.parseLong(m.group(1));
      Duration d =
          switch (m.group(2)) {
            case "ms" -> Duration.ofMillis(n);
            case "s" -> Duration.ofSeconds(n);
            case "m" -> Duration.ofMinutes(n);
            default -> Duration.ofHours(n);
          };
      if (d.compareTo(Duration.ofHours(1)) <= 0) {
        return d;
      }
    }
    throw Refusal.badRequest(
        "query parameter \""
            + name
            + "\" is \""
            + Uri.abbreviate(s)
            + "\", it must be a time of at most an hour such as 500ms, 30s or 5m");
  }
}
