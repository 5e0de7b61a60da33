/**
 * Crashes: what a disk may hold after one, recovered and checked. {@code docs/crash-testing.md}
 * says what is done and why.
 */
@NullMarked
package io.plexspaces.system.crash;

import org.jspecify.annotations.NullMarked;
