package io.plexspaces.api.journal;

import io.plexspaces.api.HostError;
import io.plexspaces.api.Payload;

/** How a committed turn answered. */
public sealed interface TurnOutcome {
  record Replied(Payload reply) implements TurnOutcome {}

  /** The handler refused: a business error. */
  record Refused(HostError error) implements TurnOutcome {}
}
