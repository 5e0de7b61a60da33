package io.plexspaces.gateway;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import java.util.Map;

/** A request that HTTP itself refuses, with its own status. */
final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final transient HostError error;
  private final transient Map<String, String> headers;

  Refusal(int status, ErrorCode code, String message) {
    this(status, HostError.of(code, message), Map.of());
  }

  Refusal(int status, HostError error, Map<String, String> headers) {
    super(error.message(), null, false, false);
    this.status = status;
    this.error = error;
    this.headers = Map.copyOf(headers);
  }

  static Refusal badRequest(String message) {
    return new Refusal(400, ErrorCode.INVALID_ARGUMENT, message);
  }

  static Refusal notFound(String message) {
    return new Refusal(404, ErrorCode.NOT_FOUND, message);
  }

  static Refusal forbidden(String message) {
    return new Refusal(403, ErrorCode.PERMISSION_DENIED, message);
  }

  static Refusal methodNotAllowed(String message, String allow) {
    return new Refusal(405, HostError.of(ErrorCode.UNIMPLEMENTED, message), Map.of("Allow", allow));
  }

  int status() {
    return status;
  }

  HostError error() {
    return error;
  }

  Map<String, String> headers() {
    return headers;
  }
}
