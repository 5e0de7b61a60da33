@NullMarked
package io.plexspaces.bench;

import org.jspecify.annotations.NullMarked;
