/** Host operations: what a guest can call, and what an operation may use of the running turn. */
@NullMarked
package io.plexspaces.api.op;

import org.jspecify.annotations.NullMarked;
