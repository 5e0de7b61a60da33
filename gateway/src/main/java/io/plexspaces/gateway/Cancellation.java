package io.plexspaces.gateway;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether the client of a request is still there. Only a wait for a reply is interrupted when it
 * goes: a deployment runs to its end.
 */
final class Cancellation {
  private final ReentrantLock lock = new ReentrantLock();
  private boolean gone;
  private @Nullable Thread waiting;

  /** The client has closed the connection. From any thread; does not block. */
  void clientGone() {
    lock.lock();
    try {
      gone = true;
      if (waiting != null) {
        waiting.interrupt();
      }
    } finally {
      lock.unlock();
    }
  }

  boolean isGone() {
    lock.lock();
    try {
      return gone;
    } finally {
      lock.unlock();
    }
  }

  <T> T during(Supplier<T> wait) {
    lock.lock();
    try {
      if (gone) {
        throw new HostException(ErrorCode.CANCELLED, "the client has closed the connection");
      }
      waiting = Thread.currentThread();
    } finally {
      lock.unlock();
    }
    try {
      return wait.get();
    } finally {
      lock.lock();
      try {
        waiting = null;
        // An interrupt that came too late must not hit what this thread does next.
        if (gone) {
          Thread.interrupted();
        }
      } finally {
        lock.unlock();
      }
    }
  }
}
