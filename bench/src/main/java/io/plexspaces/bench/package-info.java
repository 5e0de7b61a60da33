/** What PlexSpaces costs, measured beside a peer in the same run. */
@NullMarked
package io.plexspaces.bench;

import org.jspecify.annotations.NullMarked;
