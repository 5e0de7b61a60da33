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

  private final int limit;
  private final ReentrantLock lock = new ReentrantLock();

  /** In the order of use, oldest first. */
  private final Map<SqliteJournal, Boolean> open = new LinkedHashMap<>(16, 0.75f, true);

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

  /** {@code journal} uses its file now; the caller holds its I/O lock. May close others. */
  void used(SqliteJournal journal) {
    List<SqliteJournal> idle = new ArrayList<>(0);
    lock.lock();
    try {
      open.put(journal, Boolean.TRUE);
      Iterator<SqliteJournal> oldest = open.keySet().iterator();
      for (int excess = open.size() - limit; excess > 0 && oldest.hasNext(); ) {
        SqliteJournal candidate = oldest.next();
        if (candidate != journal && candidate.tryLockFile()) {
          oldest.remove();
          idle.add(candidate);
          excess--;
        }
      }
    } finally {
      lock.unlock();
    }
    idle.forEach(SqliteJournal::closeIdleFileAndUnlock);
  }

  void closed(SqliteJournal journal) {
    lock.lock();
    try {
      open.remove(journal);
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
