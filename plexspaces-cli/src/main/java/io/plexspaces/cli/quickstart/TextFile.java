package io.plexspaces.cli.quickstart;

/**
 * @param path relative to the folder, with slashes
 */
record TextFile(String path, String text) {}
