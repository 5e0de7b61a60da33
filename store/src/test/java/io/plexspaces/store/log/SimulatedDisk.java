package io.plexspaces.store.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A directory on a disk that keeps what it was told to keep and nothing else. What was written and
 * not forced may be there after a power loss or not, each sector for itself; so may what happened
 * to names since the directory was synced. After a failed force the system takes what was written
 * for clean: a later force does not bring it to the disk.
 */
final class SimulatedDisk implements LogFiles {
  private static final int SECTOR = 512;

  /** What goes wrong, and what looks on: called before each operation that changes something. */
  interface Hook {
    Hook NONE = (operation, name) -> Fault.NONE;

    Fault before(String operation, String name);
  }

  /** How an operation fails. */
  enum Fault {
    NONE,
    /** It fails and may have happened in part. */
    ERROR,
    /** As ERROR, and the message is that of a full disk. */
    FULL
  }

  private static final class Write {
    final int offset;
    final byte[] bytes;

    Write(long offset, byte[] bytes) {
      this.offset = (int) offset;
      this.bytes = bytes;
    }
  }

  private static final class Inode {
    byte[] seen = {};
    byte[] kept = {};
    final List<Write> unforced = new ArrayList<>();

    Inode copy() {
      Inode i = new Inode();
      i.seen = seen.clone();
      i.kept = kept.clone();
      i.unforced.addAll(unforced);
      return i;
    }
  }

  /** A name that came to an inode, left one, or both. */
  private record NameChange(String from, String to, @Nullable Inode inode) {}

  private final Random random;
  private Map<String, Inode> names = new HashMap<>();
  private Map<String, Inode> keptNames = new HashMap<>();
  private List<NameChange> unsynced = new ArrayList<>();
  private Hook hook = Hook.NONE;
  private boolean created;

  SimulatedDisk(Random random) {
    this.random = random;
  }

  synchronized void hook(Hook h) {
    hook = h;
  }

  /** The same disk after the process was killed: what was written is seen, forced or not. */
  synchronized SimulatedDisk killed(Random r) {
    SimulatedDisk d = new SimulatedDisk(r);
    IdentityHashMap<Inode, Inode> copies = new IdentityHashMap<>();
    names.forEach((n, i) -> d.names.put(n, copies.computeIfAbsent(i, Inode::copy)));
    keptNames.forEach((n, i) -> d.keptNames.put(n, copies.computeIfAbsent(i, Inode::copy)));
    for (NameChange c : unsynced) {
      Inode inode = c.inode();
      d.unsynced.add(
          new NameChange(
              c.from(), c.to(), inode == null ? null : copies.computeIfAbsent(inode, Inode::copy)));
    }
    d.created = created;
    return d;
  }

  /** The disk after a power loss. */
  synchronized SimulatedDisk powerLoss(Random r) {
    SimulatedDisk d = new SimulatedDisk(r);
    // All, nothing, or a part of it: each is likely enough to be seen.
    double survives = r.nextInt(3) / 2.0;
    for (NameChange c : unsynced) {
      if (r.nextDouble() < survives) {
        change(keptNames, c);
      }
    }
    unsynced.clear();
    keptNames.forEach((name, inode) -> {
      Inode i = new Inode();
      i.kept = inode.kept.clone();
      for (Write w : inode.unforced) {
        i.kept = survivors(i.kept, w, r, survives);
      }
      i.seen = i.kept.clone();
      d.names.put(name, i);
      d.keptNames.put(name, i);
    });
    d.created = created;
    return d;
  }

  /** Flips a bit of a file, where it is kept and where it is seen. */
  synchronized void flip(String name, int offset) {
    Inode i = inode(name);
    i.seen[offset] ^= 4;
    i.kept[offset] ^= 4;
  }

  synchronized void remove(String name) {
    names.remove(name);
    keptNames.remove(name);
  }

  synchronized byte[] bytes(String name) {
    return inode(name).seen.clone();
  }

  @Override
  public synchronized void create() {
    created = true;
  }

  @Override
  public synchronized List<String> names() {
    return List.copyOf(names.keySet());
  }

  @Override
  public synchronized LogFile open(String name) throws IOException {
    if (!names.containsKey(name)) {
      throw new NoSuchFileException(name);
    }
    return new Open(name, inode(name));
  }

  @Override
  public LogFile create(String name) throws IOException {
    Fault f = hook.before("create", name);
    synchronized (this) {
      fail(f, "create", name);
      if (!created) {
        throw new NoSuchFileException(name);
      }
      Inode i = new Inode();
      changed(new NameChange("", name, i));
      return new Open(name, i);
    }
  }

  @Override
  public void rename(String from, String to) throws IOException {
    Fault f = hook.before("rename", from);
    synchronized (this) {
      fail(f, "rename", from);
      changed(new NameChange(from, to, inode(from)));
    }
  }

  @Override
  public void delete(String name) throws IOException {
    Fault f = hook.before("delete", name);
    synchronized (this) {
      fail(f, "delete", name);
      changed(new NameChange(name, "", null));
    }
  }

  @Override
  public void syncDirectory() throws IOException {
    Fault f = hook.before("syncDirectory", "");
    synchronized (this) {
      fail(f, "syncDirectory", "");
      keptNames = new HashMap<>(names);
      unsynced.clear();
    }
  }

  @Override
  public Path path(String name) {
    return Path.of("log", name);
  }

  private Inode inode(String name) {
    Inode i = names.get(name);
    if (i == null) {
      throw new AssertionError("no file " + name);
    }
    return i;
  }

  private void changed(NameChange c) {
    change(names, c);
    unsynced.add(c);
  }

  private static void change(Map<String, Inode> of, NameChange c) {
    Inode inode = c.inode();
    if (inode == null || of.get(c.from()) == inode) {
      of.remove(c.from());
    }
    if (inode != null) {
      of.put(c.to(), inode);
    }
  }

  private static void fail(Fault f, String operation, String name) throws IOException {
    if (f == Fault.FULL) {
      throw new IOException("No space left on device");
    }
    if (f == Fault.ERROR) {
      throw new IOException("Input/output error: " + operation + " " + name);
    }
  }

  private static byte[] survivors(byte[] before, Write w, Random r, double survives) {
    byte[] after = before;
    int end = w.offset + w.bytes.length;
    for (int at = w.offset; at < end; ) {
      int to = Math.min(end, (at / SECTOR + 1) * SECTOR);
      if (r.nextDouble() < survives) {
        after = put(after, at, w.bytes, at - w.offset, to - at);
      }
      at = to;
    }
    return after;
  }

  private static byte[] put(byte[] into, int at, byte[] from, int offset, int length) {
    byte[] b = into.length >= at + length ? into : Arrays.copyOf(into, at + length);
    System.arraycopy(from, offset, b, at, length);
    return b;
  }

  private final class Open implements LogFile {
    private final String name;
    private final Inode inode;

    Open(String name, Inode inode) {
      this.name = name;
      this.inode = inode;
    }

    @Override
    public long size() {
      synchronized (SimulatedDisk.this) {
        return inode.seen.length;
      }
    }

    @Override
    public void read(ByteBuffer to, long offset) {
      synchronized (SimulatedDisk.this) {
        int n = Math.min(to.remaining(), (int) Math.max(0, inode.seen.length - offset));
        to.put(inode.seen, (int) offset, n);
      }
    }

    @Override
    public void write(ByteBuffer from, long offset) throws IOException {
      byte[] bytes = new byte[from.remaining()];
      from.get(bytes);
      Fault f = hook.before("write", name);
      synchronized (SimulatedDisk.this) {
        if (f != Fault.NONE) {
          bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
        }
        inode.seen = put(inode.seen, (int) offset, bytes, 0, bytes.length);
        inode.unforced.add(new Write(offset, bytes));
        fail(f, "write", name);
      }
    }

    @Override
    public void force() throws IOException {
      Fault f = hook.before("force", name);
      synchronized (SimulatedDisk.this) {
        if (f != Fault.NONE) {
          double survives = random.nextInt(3) / 2.0;
          for (Write w : inode.unforced) {
            inode.kept = survivors(inode.kept, w, random, survives);
          }
          inode.unforced.clear();
          fail(f, "force", name);
        }
        for (Write w : inode.unforced) {
          inode.kept = put(inode.kept, w.offset, w.bytes, 0, w.bytes.length);
        }
        inode.unforced.clear();
      }
    }

    @Override
    public void close() {}
  }
}
