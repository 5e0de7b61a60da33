@NullMarked
package io.plexspaces.gateway;

import org.jspecify.annotations.NullMarked;
