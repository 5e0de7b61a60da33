package io.plexspaces.wasm;

import com.dylibso.chicory.runtime.TrapException;

/** A page could not be copied because the node's memory budget is used up. */
final class BudgetExhausted extends TrapException {
  private static final long serialVersionUID = 1L;

  BudgetExhausted(long limitBytes) {
    super("the node's memory budget of " + (limitBytes >> 20) + " MiB is used up");
  }
}
