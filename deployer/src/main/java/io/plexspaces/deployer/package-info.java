/** From an artifact and its TOML to a running app, and back: validation, deployment, packaging. */
@NullMarked
package io.plexspaces.deployer;

import org.jspecify.annotations.NullMarked;
