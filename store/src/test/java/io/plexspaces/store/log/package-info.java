@NullMarked
package io.plexspaces.store.log;

import org.jspecify.annotations.NullMarked;
