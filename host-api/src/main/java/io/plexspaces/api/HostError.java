package io.plexspaces.api;

/**
 * An error as it crosses the host API.
 *
 * @param message one sentence that names the offender
 * @param retryable whether the same request may succeed later
 * @param details structured detail, {@link Value.Null} if there is none
 * @param business whether a handler refused on purpose: such an error never restarts an actor
 */
public record HostError(
    ErrorCode code, String message, boolean retryable, Value details, boolean business) {

  public static HostError of(ErrorCode code, String message) {
    return new HostError(code, message, code.retryable(), Value.NULL, false);
  }

  /** An error that the same request would meet again, whatever its code is otherwise. */
  public static HostError lasting(ErrorCode code, String message) {
    return new HostError(code, message, false, Value.NULL, false);
  }

  /** {@code {"code":..,"message":..,"retryable":..[,"details":..][,"business":true]}}. */
  public Value.Obj toValue() {
    Value.Obj.Builder b =
        Value.Obj.builder()
            .put("code", code.name())
            .put("message", message)
            .put("retryable", retryable);
    if (!(details instanceof Value.Null)) {
      b.put("details", details);
    }
    if (business) {
      b.put("business", true);
    }
    return b.build();
  }

  /** Reads what {@link #toValue} writes; an unknown or missing code becomes INTERNAL. */
  public static HostError fromValue(Value v) {
    if (!(v instanceof Value.Obj o)) {
      return of(ErrorCode.INTERNAL, Json.writeString(v));
    }
    ErrorCode code = ErrorCode.INTERNAL;
    for (ErrorCode c : ErrorCode.values()) {
      if (c.name().equals(o.string("code", ""))) {
        code = c;
      }
    }
    Value details = o.get("details");
    return new HostError(
        code,
        o.string("message", "no message"),
        o.bool("retryable", code.retryable()),
        details == null ? Value.NULL : details,
        o.bool("business", false));
  }
}
