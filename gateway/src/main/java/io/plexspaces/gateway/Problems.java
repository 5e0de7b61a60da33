package io.plexspaces.gateway;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;

/**
 * Errors as RFC 9457 problem details. A {@link HostException} is an answer of the node or of a
 * guest and keeps its code; anything else that is thrown is our own fault: 500, with an incident id
 * that is in the log, and nothing of the cause on the wire.
 */
final class Problems {
  static final String CONTENT_TYPE = "application/problem+json";

  private static final Logger LOG = System.getLogger(Problems.class.getName());

  private Problems() {}

  static Reply of(Throwable t) {
    return switch (t) {
      case Refusal r -> reply(r.status(), r.error(), r.headers(), "");
      case HostException e -> of(e.error());
      default -> ownFault(t);
    };
  }

  static Reply of(HostError e) {
    return reply(status(e), e, Map.of(), "");
  }

  /** The status of an error; decision 0037 says why FAILED_PRECONDITION is 409. */
  static int status(HostError e) {
    if (e.details() instanceof Value.Obj details) {
      switch (details.string("reason", "")) {
        case "idempotency_mismatch" -> {
          return 422;
        }
        case "idempotency_in_progress" -> {
          return 409;
        }
        default -> {}
      }
    }
    int status = status(e.code());
    // A handler that refuses on purpose is never a server's failure.
    return e.business() && status >= 500 ? 422 : status;
  }

  static int status(ErrorCode code) {
    return switch (code) {
      case INVALID_ARGUMENT -> 400;
      case UNAUTHENTICATED -> 401;
      case PERMISSION_DENIED -> 403;
      case NOT_FOUND -> 404;
      case ALREADY_EXISTS, ABORTED, FAILED_PRECONDITION -> 409;
      case RESOURCE_EXHAUSTED -> 429;
      case CANCELLED -> 499;
      case DATA_LOSS -> 500;
      case UNIMPLEMENTED -> 501;
      case INTERNAL -> 502;
      case UNAVAILABLE -> 503;
      case DEADLINE_EXCEEDED -> 504;
    };
  }

  private static Reply ownFault(Throwable t) {
    String incident = UUID.randomUUID().toString();
    LOG.log(Level.ERROR, "incident " + incident, t);
    return reply(
        500,
        HostError.of(
            ErrorCode.INTERNAL, "the node failed; its log tells more under incident " + incident),
        Map.of(),
        "urn:uuid:" + incident);
  }

  private static Reply reply(int status, HostError e, Map<String, String> given, String instance) {
    Value.Obj.Builder b =
        Value.Obj.builder()
            .put("type", "urn:plexspaces:error:" + e.code().name().toLowerCase(Locale.ROOT))
            .put("title", title(status))
            .put("status", status)
            .put("detail", e.message())
            .put("code", e.code().name())
            .put("retryable", e.retryable());
    if (!(e.details() instanceof Value.Null)) {
      b.put("details", e.details());
    }
    if (!instance.isEmpty()) {
      b.put("instance", instance);
    }
    Map<String, String> headers = new LinkedHashMap<>(given);
    if (status == 503 || (status == 429 && e.retryable())) {
      headers.putIfAbsent("Retry-After", "1");
    }
    if (status == 401) {
      headers.putIfAbsent("WWW-Authenticate", "Bearer realm=\"plexspaces\"");
    }
    return new Reply(status, CONTENT_TYPE, Json.write(b.build()), headers);
  }

  static String title(int status) {
    return switch (status) {
      case 400 -> "Bad Request";
      case 401 -> "Unauthorized";
      case 403 -> "Forbidden";
      case 404 -> "Not Found";
      case 405 -> "Method Not Allowed";
      case 406 -> "Not Acceptable";
      case 408 -> "Request Timeout";
      case 409 -> "Conflict";
      case 412 -> "Precondition Failed";
      case 413 -> "Content Too Large";
      case 414 -> "URI Too Long";
      case 415 -> "Unsupported Media Type";
      case 422 -> "Unprocessable Content";
      case 429 -> "Too Many Requests";
      case 431 -> "Request Header Fields Too Large";
      case 499 -> "Client Closed Request";
      case 500 -> "Internal Server Error";
      case 501 -> "Not Implemented";
      case 502 -> "Bad Gateway";
      case 503 -> "Service Unavailable";
      case 504 -> "Gateway Timeout";
      default -> "Error";
    };
  }
}
