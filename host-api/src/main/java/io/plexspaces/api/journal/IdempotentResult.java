package io.plexspaces.api.journal;

/**
 * @param requestDigest of the request that finished under the key
 */
public record IdempotentResult(String requestDigest, TurnOutcome outcome) {}
