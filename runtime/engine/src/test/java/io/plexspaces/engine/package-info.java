@NullMarked
package io.plexspaces.engine;

import org.jspecify.annotations.NullMarked;
