package io.plexspaces.api.upkeep;

/** All that a node offers to those who look after it. */
public record Upkeep(JournalViews journals, Verification verification, Backups backups) {}
