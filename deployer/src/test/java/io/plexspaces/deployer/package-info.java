@NullMarked
package io.plexspaces.deployer;

import org.jspecify.annotations.NullMarked;
