package io.plexspaces.gateway;

import io.plexspaces.api.HostException;
import io.plexspaces.api.Role;
import java.util.List;
import java.util.Set;

/**
 * One row of the table of routes: everything that routing, authorisation and the description of the
 * API need.
 *
 * @param access who may use it; there is no default
 * @param freeQuery whether query parameters beyond {@code query} are the payload's fields
 * @param idempotent whether it takes an Idempotency-Key
 * @param operationId unique, for generated clients
 */
record Route(
    String method,
    PathTemplate path,
    Access access,
    Body body,
    List<Parameter> query,
    boolean freeQuery,
    boolean idempotent,
    String operationId,
    String summary,
    Success success,
    Handler handler) {

  Route {
    query = List.copyOf(query);
  }

  /** Whether it answers with events, for as long as they come. */
  boolean isEventStream() {
    return success.contentType().equals(EventStream.CONTENT_TYPE);
  }

  /**
   * Whether such a request may last long and cost little meanwhile.
   *
   * @param given the query parameters of the request
   */
  boolean lasts(Set<String> given) {
    return isEventStream()
        || (given.contains(AppRoutes.WAIT)
            && query.stream().anyMatch(p -> p.name().equals(AppRoutes.WAIT)));
  }

  /** Who may use a route. */
  sealed interface Access {
    /** Everybody, without a token. */
    record Public() implements Access {}

    /** A caller who has one of the roles. */
    record AnyOf(Set<Role> roles) implements Access {
      public AnyOf {
        roles = Set.copyOf(roles);
        if (roles.isEmpty()) {
          throw new IllegalArgumentException("a route that needs no role must say Public");
        }
      }
    }

    static Access open() {
      return new Public();
    }

    static Access anyOf(Role... roles) {
      return new AnyOf(Set.of(roles));
    }
  }

  /** What a request body is. */
  enum Body {
    NONE,
    /** A message's payload, of any content type. */
    PAYLOAD,
    /** multipart/form-data with an app. */
    DEPLOYMENT,
    /** multipart/form-data with what replaces parts of an app. */
    RELOAD
  }

  /**
   * A query parameter.
   *
   * @param schema JSON Schema, as JSON
   */
  record Parameter(String name, String schema, String description) {}

  /**
   * The answer when all goes well.
   *
   * @param schema the name of a schema of {@link OpenApi}, or empty for a body of any kind
   */
  record Success(int status, String contentType, String schema, String description) {}

  /** Answers a request; blocking, on a virtual thread of its own. */
  @FunctionalInterface
  interface Handler {
    /**
     * @throws HostException what the client gets as a problem
     */
    Reply handle(Exchange x);
  }

  /** A route without body, query parameters and key; {@code with..} adds them. */
  static Route of(
      String method,
      String path,
      Access access,
      String operationId,
      String summary,
      Success success,
      Handler handler) {
    return new Route(
        method,
        new PathTemplate(path),
        access,
        Body.NONE,
        List.of(),
        false,
        false,
        operationId,
        summary,
        success,
        handler);
  }

  Route withBody(Body b) {
    return new Route(
        method,
        path,
        access,
        b,
        query,
        freeQuery,
        idempotent,
        operationId,
        summary,
        success,
        handler);
  }

  Route withQuery(Parameter... parameters) {
    return new Route(
        method,
        path,
        access,
        body,
        List.of(parameters),
        freeQuery,
        idempotent,
        operationId,
        summary,
        success,
        handler);
  }

  Route withFreeQuery() {
    return new Route(
        method,
        path,
        access,
        body,
        query,
        true,
        idempotent,
        operationId,
        summary,
        success,
        handler);
  }

  Route withIdempotencyKey() {
    return new Route(
        method, path, access, body, query, freeQuery, true, operationId, summary, success, handler);
  }
}
