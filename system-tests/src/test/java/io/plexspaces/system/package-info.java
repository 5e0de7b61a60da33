@NullMarked
package io.plexspaces.system;

import org.jspecify.annotations.NullMarked;
