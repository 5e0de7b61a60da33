@NullMarked
package io.plexspaces.polyglot;

import org.jspecify.annotations.NullMarked;
