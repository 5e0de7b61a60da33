package io.plexspaces.deployer;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** What the fakes were called for, in order; any call can be made to fail. Thread-safe. */
final class Steps {
  private final List<String> taken = new CopyOnWriteArrayList<>();
  private volatile String failing = "";
  private volatile Consumer<String> before = step -> {};

  /** Called by a fake before it does what {@code step} says. */
  void take(String step) {
    before.accept(step);
    taken.add(step);
    if (step.equals(failing)) {
      throw new HostException(ErrorCode.UNAVAILABLE, "no " + step + " today");
    }
  }

  void failAt(String step) {
    failing = step;
  }

  void before(Consumer<String> what) {
    before = what;
  }

  void clear() {
    taken.clear();
  }

  List<String> taken() {
    return List.copyOf(taken);
  }

  long count(String step) {
    return taken.stream().filter(step::equals).count();
  }
}
