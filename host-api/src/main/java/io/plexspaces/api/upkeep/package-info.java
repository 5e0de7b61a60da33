/** What those who look after a node see of what it keeps on disk, and do with it. */
@NullMarked
package io.plexspaces.api.upkeep;

import org.jspecify.annotations.NullMarked;
