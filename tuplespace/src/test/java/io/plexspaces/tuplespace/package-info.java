/** Tests of the tuple space. */
@NullMarked
package io.plexspaces.tuplespace;

import org.jspecify.annotations.NullMarked;
