package io.plexspaces.api;

/**
 * A refusal or failure with a {@link HostError}. It is part of the normal flow, so it carries no
 * stack trace unless it has a cause.
 */
public class HostException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient HostError error;

  public HostException(ErrorCode code, String message) {
    this(HostError.of(code, message));
  }

  public HostException(HostError error) {
    super(error.message(), null, false, false);
    this.error = error;
  }

  public HostException(ErrorCode code, String message, Throwable cause) {
    super(message, cause);
    this.error = HostError.of(code, message);
  }

  public HostError error() {
    return error;
  }

  public ErrorCode code() {
    return error.code();
  }
}
