package io.plexspaces.store;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Keeps the number of open journals within bounds: the one used longest ago closes its file first.
 * Thread-safe.
 */
final class OpenFiles {
  private static final System.Logger LOG = System.getLogger(OpenFiles.class.getName());

  /** The file, its WAL and the WAL's index, and one to spare. */
  private static final int DESCRIPTORS_EACH = 4;

  /** Whose file may be open. */
  interface Holder {
    /** Whether the file is not in use; the caller then has it until {@link #unlock}. */
    boolean tryLock();

    void unlock();

    void closeIdle();
  }

  private final int limit;
  private final ReentrantLock lock = new ReentrantLock();

  /** In the order of use, oldest first. */
  private final Map<Holder, Boolean> open = new LinkedHashMap<>(16, 0.75f, true);

  OpenFiles(int wanted) {
    this.limit = within(wanted);
  }

  private static int within(int wanted) {
    if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean os) {
      // A quarter of what the process may have is left to sockets and jars.
      long most = Math.max(16, os.getMaxFileDescriptorCount() / 4 * 3 / DESCRIPTORS_EACH);
      if (most < wanted) {
        LOG.log(
            System.Logger.Level.DEBUG,
            "the process may open {0} files: at most {1} journals stay open, not {2}",
            os.getMaxFileDescriptorCount(),
            most,
            wanted);
        return Math.toIntExact(most);
      }
    }
    return wanted;
  }

  /** {@code holder} uses its file now; the caller has locked it. May close others. */
  void used(Holder holder) {
    List<Holder> idle = new ArrayList<>(0);
    lock.lock();
    try {
      open.put(holder, Boolean.TRUE);
      Iterator<Holder> oldest = open.keySet().iterator();
      for (int excess = open.size() - limit; excess > 0 && oldest.hasNext(); ) {
        Holder candidate = oldest.next();
        if (!candidate.equals(holder) && candidate.tryLock()) {
          oldest.remove();
          idle.add(candidate);
          excess--;
        }
      }
    } finally {
      lock.unlock();
    }
    for (Holder other : idle) {
      try {
        other.closeIdle();
      } finally {
        other.unlock();
      }
    }
  }

  void closed(Holder holder) {
    lock.lock();
    try {
      open.remove(holder);
    } finally {
      lock.unlock();
    }
  }

  int size() {
    lock.lock();
    try {
      return open.size();
    } finally {
      lock.unlock();
    }
  }
}
