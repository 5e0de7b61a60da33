/** What the engine is told to run: an app's validated plan. The deployer makes it from TOML. */
@NullMarked
package io.plexspaces.engine.plan;

import org.jspecify.annotations.NullMarked;
