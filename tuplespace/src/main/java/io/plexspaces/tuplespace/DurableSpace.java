package io.plexspaces.tuplespace;

import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The durable space of an app while it runs: loaded once, by whoever needs it first. */
final class DurableSpace {
  private final AppId app;
  private final Supplier<TupleSpace> loader;

  /** Held while the space is loaded: who comes meanwhile waits for it. */
  private final ReentrantLock lock = new ReentrantLock();

  private @Nullable TupleSpace space;
  private @Nullable HostException damage;
  private volatile boolean gone;

  DurableSpace(AppId app, Supplier<TupleSpace> loader) {
    this.app = app;
    this.loader = loader;
  }

  boolean isGone() {
    return gone;
  }

  /**
   * The space. Blocking.
   *
   * @param whenLoaded is told of it before anybody else
   * @throws HostException UNAVAILABLE if the app is gone or the disk does not answer, DATA_LOSS if
   *     the space is damaged
   */
  TupleSpace space(Consumer<TupleSpace> whenLoaded) {
    lock.lock();
    try {
      if (gone) {
        throw TupleSpace.gone(app);
      }
      if (damage != null) {
        throw new HostException(damage.error());
      }
      TupleSpace loaded = space;
      if (loaded == null) {
        loaded = load();
        space = loaded;
        whenLoaded.accept(loaded);
      }
      return loaded;
    } finally {
      lock.unlock();
    }
  }

  private TupleSpace load() {
    try {
      return loader.get();
    } catch (HostException e) {
      if (e.code() == ErrorCode.DATA_LOSS) {
        damage = e; // it does not heal while the app runs
      }
      throw e;
    }
  }

  /** The app has gone; the space itself is the caller's to close. */
  void end() {
    lock.lock();
    try {
      gone = true;
    } finally {
      lock.unlock();
    }
  }
}
