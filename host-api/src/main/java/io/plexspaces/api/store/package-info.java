/** The interface behind which deployed artifacts and app records live. */
@NullMarked
package io.plexspaces.api.store;

import org.jspecify.annotations.NullMarked;
