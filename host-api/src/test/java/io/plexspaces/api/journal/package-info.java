@NullMarked
package io.plexspaces.api.journal;

import org.jspecify.annotations.NullMarked;
