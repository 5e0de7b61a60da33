/** The interface behind which journals of durable actors live. */
@NullMarked
package io.plexspaces.api.journal;

import org.jspecify.annotations.NullMarked;
