@NullMarked
package io.plexspaces.engine.plan;

import org.jspecify.annotations.NullMarked;
