/** Everything on disk: the data directory, journals, deployed apps and their artifacts. */
@NullMarked
package io.plexspaces.store;

import org.jspecify.annotations.NullMarked;
