@NullMarked
package io.plexspaces.api;

import org.jspecify.annotations.NullMarked;
