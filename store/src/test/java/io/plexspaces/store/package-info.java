@NullMarked
package io.plexspaces.store;

import org.jspecify.annotations.NullMarked;
