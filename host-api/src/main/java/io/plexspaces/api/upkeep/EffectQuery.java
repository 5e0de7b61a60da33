package io.plexspaces.api.upkeep;

/**
 * Which messages of a journal's outbox.
 *
 * @param state pending, done or dead
 * @param after only those with a larger number
 * @param limit at most so many
 * @param payloads whether contents are shown, or only their type and size
 */
public record EffectQuery(String state, long after, int limit, boolean payloads) {}
