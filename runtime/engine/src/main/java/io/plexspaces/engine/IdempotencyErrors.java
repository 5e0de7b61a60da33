package io.plexspaces.engine;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Value;

/** The refusals that concern an idempotency key; {@code details.reason} tells them apart. */
final class IdempotencyErrors {
  private IdempotencyErrors() {}

  static HostException required(String actor, String op) {
    return of(
        ErrorCode.INVALID_ARGUMENT,
        op
            + " of "
            + actor
            + " needs an Idempotency-Key: a name of your own for this request, so that it can be"
            + " sent again without being done twice",
        false,
        "idempotency_key_required");
  }

  static HostException inProgress(String key) {
    return of(
        ErrorCode.ABORTED,
        "a request with the idempotency key \"" + key + "\" is still running",
        true,
        "idempotency_in_progress");
  }

  static HostException mismatch(String key) {
    return of(
        ErrorCode.INVALID_ARGUMENT,
        "the idempotency key \""
            + key
            + "\" was used for another request: it stands for one"
            + " payload, and for an ask or a send",
        false,
        "idempotency_mismatch");
  }

  private static HostException of(
      ErrorCode code, String message, boolean retryable, String reason) {
    return new HostException(
        new HostError(
            code, message, retryable, Value.Obj.builder().put("reason", reason).build(), false));
  }
}
