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
   */
  HANDLE(2),
  /** No input; answers the declared state as body (a JSON object, or opaque bytes). */
  SNAPSHOT(3),
  /** Body: what SNAPSHOT answered. */
  RESTORE(4),
  /** Header: {@code {"reason":..}}. */
  TERMINATE(5),
  RESUME_STREAM(6);

  private final int code;

  GuestOp(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }
}
