package io.plexspaces.wasm;

import com.dylibso.chicory.runtime.ChicoryInterruptedException;
import com.dylibso.chicory.runtime.GlobalInstance;
import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.runtime.Machine;
import com.dylibso.chicory.wasm.ChicoryException;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.guest.GuestTrap;
import io.plexspaces.api.guest.TurnStopped;
import java.util.List;

/**
 * An instance of the engine with no state of its own between two leases: memory and mutable globals
 * are its borrower's. Used by one thread at a time.
 */
final class LentInstance {
  private final PagedMemory memory;
  private final Machine machine;
  private final GlobalInstance[] globals;

  LentInstance(Instance instance, PagedMemory memory, List<Integer> mutableGlobals) {
    this.memory = memory;
    this.machine = instance.getMachine();
    this.globals = new GlobalInstance[mutableGlobals.size()];
    for (int i = 0; i < globals.length; i++) {
      globals[i] = instance.global(mutableGlobals.get(i));
    }
  }

  PagedMemory memory() {
    return memory;
  }

  void attach(PageTable table, long[] values, Lease lease) {
    memory.clearSafepoint();
    memory.attach(table, lease);
    for (int i = 0; i < globals.length; i++) {
      globals[i].setValueLow(values[i]);
    }
  }

  void detach(long[] values) {
    readGlobals(values);
    memory.detach();
  }

  void readGlobals(long[] values) {
    for (int i = 0; i < globals.length; i++) {
      values[i] = globals[i].getValueLow();
    }
  }

  /** Runs a function; every way in which it can fail is a {@link GuestTrap} or the host's own. */
  long call(ExportedFunction function, long[] args) {
    try {
      long[] results = machine.call(function.index(), args);
      return results == null || results.length == 0 ? 0 : results[0];
    } catch (RuntimeException | StackOverflowError e) {
      throw mapped(e);
    }
  }

  /** What the host shall see of a failure inside a guest. */
  static RuntimeException mapped(Throwable e) {
    return switch (e) {
      case GuestTrap t -> t;
      case TurnStopped t -> t;
      case ImportFailure f -> f.failure();
      case BudgetExhausted b -> trap(ErrorCode.RESOURCE_EXHAUSTED, reason(b), b);
      case ChicoryInterruptedException i -> {
        Thread.currentThread().interrupt();
        yield trap(ErrorCode.CANCELLED, "the guest was interrupted", i);
      }
      case StackOverflowError s -> outOfStack(s);
      case ChicoryException c when c.getCause() instanceof StackOverflowError -> outOfStack(c);
      case ChicoryException c when c.getCause() instanceof RuntimeException r -> mapped(r);
      default -> trap(ErrorCode.INTERNAL, "the guest trapped: " + reason(e), e);
    };
  }

  private static String reason(Throwable e) {
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }

  private static GuestTrap outOfStack(Throwable e) {
    // The trace is as deep as the stack was, and says nothing.
    e.setStackTrace(new StackTraceElement[0]);
    return trap(ErrorCode.INTERNAL, "the guest trapped: its recursion is too deep", e);
  }

  private static GuestTrap trap(ErrorCode code, String message, Throwable cause) {
    return new GuestTrap(HostError.of(code, message), cause);
  }

  /** Carries an exception of an import through the guest, marked as not the guest's own. */
  static final class ImportFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final RuntimeException failure;

    ImportFailure(RuntimeException failure) {
      super(null, failure, false, false);
      this.failure = failure;
    }

    RuntimeException failure() {
      return failure;
    }
  }
}
