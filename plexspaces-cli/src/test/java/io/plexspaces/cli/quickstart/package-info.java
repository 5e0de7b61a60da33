/** What quickstart makes of folders, and how it shows what came back. */
@NullMarked
package io.plexspaces.cli.quickstart;

import org.jspecify.annotations.NullMarked;
