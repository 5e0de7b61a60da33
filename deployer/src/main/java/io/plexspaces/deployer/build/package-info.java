/** From source code to an artifact: what {@code plexspaces build} does. */
@NullMarked
package io.plexspaces.deployer.build;

import org.jspecify.annotations.NullMarked;
