package io.plexspaces.api.journal;

/** What a turn does to a durable tuple space of its app. */
public sealed interface TupleChange {
  /** The space's name within the app. */
  String space();

  /** The tuple's number within the space; never used twice, not even after a restart. */
  long tuple();

  /**
   * @param fields the tuple as the text of a JSON array
   * @param expiresAtMillis by the host's clock, since 1970; {@link Long#MAX_VALUE} for never
   */
  record Written(String space, long tuple, String fields, long expiresAtMillis)
      implements TupleChange {}

  record Taken(String space, long tuple) implements TupleChange {}
}
