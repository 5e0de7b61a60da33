package io.plexspaces.gateway;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The table of routes. What is not in it does not exist: requests are routed by it, authorised by
 * it, and {@code /openapi.json} is written from it.
 */
final class Routes {
  private final List<Route> all;

  Routes(List<Route> all) {
    Set<String> seen = new HashSet<>();
    for (Route r : all) {
      if (!seen.add(r.method() + " " + r.path()) || !seen.add(r.operationId())) {
        throw new IllegalArgumentException("route is there twice: " + r.method() + " " + r.path());
      }
    }
    this.all = List.copyOf(all);
  }

  List<Route> all() {
    return all;
  }

  /** A route and what its path parameters are. */
  record Match(Route route, Map<String, String> path) {}

  /**
   * HEAD is served by the GET of the same path, unless that streams.
   *
   * @throws Refusal 404 if no route has the path, 405 with {@code Allow} if none has the method
   */
  Match match(String method, List<String> segments) {
    boolean head = method.equals("HEAD");
    String wanted = head ? "GET" : method;
    Set<String> allowed = new TreeSet<>();
    for (Route r : all) {
      var path = r.path().match(segments);
      if (path.isEmpty()) {
        continue;
      }
      // A look at the head would run an operation that streams.
      if (r.method().equals(wanted) && !(head && r.isEventStream())) {
        return new Match(r, path.get());
      }
      allowed.add(r.method());
      if (r.method().equals("GET") && !r.isEventStream()) {
        allowed.add("HEAD");
      }
    }
    if (allowed.isEmpty()) {
      throw Refusal.notFound(
          "no route has the path \"/" + Uri.abbreviate(String.join("/", segments)) + "\"");
    }
    String allow = String.join(", ", new ArrayList<>(allowed));
    throw Refusal.methodNotAllowed(
        Uri.abbreviate(method) + " is not allowed here, only " + allow, allow);
  }
}
