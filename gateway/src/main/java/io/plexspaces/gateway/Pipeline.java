package io.plexspaces.gateway;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Role;
import io.plexspaces.gateway.Route.Access;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * From a request's head to its reply, straight down: admit, route, authenticate, authorise, read,
 * handle. A body is read only for who may send it. Thread-safe, blocking.
 */
final class Pipeline {
  private static final byte[] NO_BODY = {};
  private static final Caller NOBODY =
      new Caller(MicrometerTelemetry.NO_TENANT, "anonymous", Set.of(), null);
  private static final Pattern TRACEPARENT =
      Pattern.compile("00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}");
  private static final String NO_TRACE = "0".repeat(32);

  private final Routes routes;
  private final Authenticator authenticator;
  private final GatewayConfig.Limits limits;
  private final InFlight inFlight;
  private final BooleanSupplier stopping;

  Pipeline(
      Routes routes,
      Authenticator authenticator,
      GatewayConfig.Limits limits,
      InFlight inFlight,
      BooleanSupplier stopping) {
    this.routes = routes;
    this.authenticator = authenticator;
    this.limits = limits;
    this.inFlight = inFlight;
    this.stopping = stopping;
  }

  /**
   * What was answered, and under which labels it is counted.
   *
   * @param lasted whether it is counted among the requests that last
   */
  record Outcome(Reply reply, String method, String route, String tenant, boolean lasted) {}

  /** Never throws. */
  Outcome serve(Incoming in) {
    String method = "other";
    String path = "unmatched";
    String tenant = NOBODY.tenant();
    boolean lasts = false;
    try {
      IncomingHeaders headers = in.headers();
      if (headers.one("Host") == null) {
        throw Refusal.badRequest("the request has no Host header");
      }
      authenticator.admit(headers);
      Uri uri = Uri.parse(in.target());
      Routes.Match match = routes.match(in.method(), uri.segments());
      Route route = match.route();
      method = route.method();
      path = route.path().toString();
      Caller caller = NOBODY;
      if (route.access() instanceof Access.AnyOf needed) {
        caller = authenticator.authenticate(headers);
        tenant = caller.tenant();
        authorise(caller, needed);
        if (stopping.getAsBoolean()) {
          throw new HostException(ErrorCode.UNAVAILABLE, "the node is stopping");
        }
      }
      requireKnown(route, uri.query());
      if (route.lasts(uri.query().keySet())) {
        inFlight.last(tenant);
        lasts = true;
      }
      String key =
          IdempotencyKey.of(
              headers.all(IdempotencyKey.NAME),
              uri.query().getOrDefault(IdempotencyKey.NAME, List.of()));
      if (key != null && !route.idempotent()) {
        throw Refusal.badRequest(
            IdempotencyKey.NAME
                + " is for POST of ask and send; this request takes none"
                + (route.isEventStream() ? ", for a stream cannot be given twice" : ""));
      }
      Exchange x =
          new Exchange(
              route,
              caller,
              match.path(),
              uri.query(),
              headers,
              body(route, in),
              key,
              traceId(headers),
              in.cancellation());
      return new Outcome(route.handler().handle(x), method, path, tenant, lasts);
    } catch (Throwable t) {
      return new Outcome(Problems.of(t), method, path, tenant, lasts);
    }
  }

  private static void authorise(Caller caller, Access.AnyOf needed) {
    Set<Role> common = EnumSet.noneOf(Role.class);
    common.addAll(caller.roles());
    common.retainAll(needed.roles());
    if (common.isEmpty()) {
      throw Refusal.forbidden(
          "this needs the role "
              + labels(needed.roles(), " or ")
              + ", the caller has "
              + (caller.roles().isEmpty() ? "none" : labels(caller.roles(), ", ")));
    }
  }

  private static String labels(Set<Role> roles, String between) {
    List<String> out = new ArrayList<>();
    for (Role r : Role.values()) {
      if (roles.contains(r)) {
        out.add(r.label());
      }
    }
    return String.join(between, out);
  }

  private static void requireKnown(Route route, Map<String, List<String>> query) {
    if (route.freeQuery()) {
      return;
    }
    List<String> known = new ArrayList<>(route.query().stream().map(p -> p.name()).toList());
    for (String name : query.keySet()) {
      if (!known.contains(name) && !name.equals(IdempotencyKey.NAME)) {
        throw Refusal.badRequest(
            "unknown query parameter \""
                + Uri.abbreviate(name)
                + "\"; "
                + (known.isEmpty()
                    ? "this request takes none"
                    : "this request takes " + String.join(", ", known)));
      }
    }
  }

  private byte[] body(Route route, Incoming in) {
    return switch (route.body()) {
      case NONE -> {
        if (in.hasBody()) {
          throw Refusal.badRequest("this request takes no body");
        }
        yield NO_BODY;
      }
      case PAYLOAD -> read(in, limits.payload(), 1);
      // Decoding the form copies the module twice.
      case DEPLOYMENT, RELOAD -> read(in, limits.upload(), 3);
    };
  }

  private static byte[] read(Incoming in, int limit, int weight) {
    String encoding = in.headers().one("Content-Encoding");
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      throw new Refusal(
          415,
          ErrorCode.INVALID_ARGUMENT,
          "Content-Encoding \"" + Uri.abbreviate(encoding) + "\" is not supported");
    }
    return in.hasBody() ? in.body(limit, weight) : NO_BODY;
  }

  private static String traceId(IncomingHeaders headers) {
    List<String> parents = headers.all("traceparent");
    @Nullable String parent = parents.size() == 1 ? parents.getFirst() : null;
    if (parent != null) {
      Matcher m = TRACEPARENT.matcher(parent);
      if (m.matches() && !m.group(1).equals(NO_TRACE)) {
        return m.group(1);
      }
    }
    ThreadLocalRandom random = ThreadLocalRandom.current();
    HexFormat hex = HexFormat.of();
    return hex.toHexDigits(random.nextLong()) + hex.toHexDigits(random.nextLong());
  }
}
