package io.plexspaces.wasm.quickjs;

import io.plexspaces.api.guest.GuestOp;

/** Values and addresses that an app's template holds for its forks. Immutable. */
final class Handles {
  private final int call;
  private final int undefined;
  private final int[] ops;
  private final int arguments;

  private Handles(int call, int undefined, int[] ops, int arguments) {
    this.call = call;
    this.undefined = undefined;
    this.ops = ops;
    this.arguments = arguments;
  }

  /**
   * Makes them in a guest that will become a template.
   *
   * @param call the SDK's function, which is kept
   */
  static Handles of(Js js, int call) {
    int[] ops = new int[GuestOp.values().length];
    for (GuestOp op : GuestOp.values()) {
      ops[op.code()] = js.number(op.code());
    }
    return new Handles(call, js.undefined(), ops, js.put(new byte[4 * Integer.BYTES]));
  }

  /** The SDK's function. */
  int call() {
    return call;
  }

  int undefined() {
    return undefined;
  }

  /** The number that stands for {@code op}. */
  int op(GuestOp op) {
    return ops[op.code()];
  }

  /** Room for three arguments and an int. */
  int arguments() {
    return arguments;
  }
}
