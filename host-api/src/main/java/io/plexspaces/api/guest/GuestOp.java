package io.plexspaces.api.guest;

/** What a guest can be called for; {@link #code} is the first argument of {@code ps_call}. */
public enum GuestOp {
  /** No input; answers the module's description as JSON in the body. */
  DESCRIBE(0),
  /** Header: {@code {"type":..,"actor_id":..}}; body: the config as a JSON object. */
  INIT(1),
  /**
   * Header: {@code {"op":..,"kind":"call|cast|query","id":..,"from":..|null,"content_type":..}};
   * body: the payload. Answers the reply as body, its content type in the header if not JSON.
   *
   * <p>For an operation that streams the header also has {@code "stream":true}: the guest begins
   * the stream, keeps it under the message's {@code id} and runs to its first value. It answers
   * {@code {"more":true}} in the header and the value as body, or {@code {"more":false}} and no
   * body if the stream ended without one.
   */
  HANDLE(2),
  /** No input; answers the declared state as body (a JSON object, or opaque bytes). */
  SNAPSHOT(3),
  /** Body: what SNAPSHOT answered. */
  RESTORE(4),
  /** Header: {@code {"reason":..}}. */
  TERMINATE(5),
  /**
   * Header: {@code {"id":..}}, of the message that began the stream. Runs it to its next value and
   * answers as a streaming HANDLE does. With {@code "close":true} the guest ends the stream (its
   * finally blocks run) and answers {@code {"more":false}}; closing one that it does not know is no
   * error.
   */
  RESUME_STREAM(6);

  private final int code;

  GuestOp(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }
}
