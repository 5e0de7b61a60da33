package io.plexspaces.cli;

/** What {@code --output} may say. */
enum OutputFormat {
  TABLE,
  JSON,
  YAML
}
