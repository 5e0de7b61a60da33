@NullMarked
package io.plexspaces.api.guest;

import org.jspecify.annotations.NullMarked;
