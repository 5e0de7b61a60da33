package io.plexspaces.engine.plan;

/** When a supervised child that ended is started again, as in Erlang. */
public enum Restart {
  /** Always. */
  PERMANENT,
  /** After an abnormal end. */
  TRANSIENT,
  /** Never. */
  TEMPORARY
}
