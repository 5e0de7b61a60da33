package io.plexspaces.api;

/** gRPC's canonical error codes: the only codes that guests, HTTP and the command line ever see. */
public enum ErrorCode {
  INVALID_ARGUMENT(false),
  UNAUTHENTICATED(false),
  PERMISSION_DENIED(false),
  NOT_FOUND(false),
  ALREADY_EXISTS(false),
  FAILED_PRECONDITION(false),
  ABORTED(true),
  RESOURCE_EXHAUSTED(true),
  DEADLINE_EXCEEDED(true),
  CANCELLED(false),
  UNAVAILABLE(true),
  UNIMPLEMENTED(false),
  DATA_LOSS(false),
  INTERNAL(false);

  private final boolean retryable;

  ErrorCode(boolean retryable) {
    this.retryable = retryable;
  }

  /** Whether an error of this code is worth a retry unless the error itself says otherwise. */
  public boolean retryable() {
    return retryable;
  }
}
