package io.plexspaces.system.crash;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The files of a process after each {@link DiskEvent}, and what a crash may leave of them. Not
 * thread-safe.
 *
 * <p>What is promised is what POSIX promises, read strictly: a file's bytes and length are on disk
 * when a sync of it that began after them has ended; a name (made, renamed, removed) when a sync of
 * a directory that it is in has. A rename is all or nothing. Of what was not synced anything may be
 * on disk, in any order, writes in sectors, but: changes of one name keep their order, and a write
 * beyond the end that a truncation made is there only with the truncation.
 */
final class Disk {
  private sealed interface Change {
    long number();

    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Write(long number, long offset, byte[] bytes) implements Change {}

    record Truncate(long number, long length) implements Change {}

    record Extend(long number, long length) implements Change {}
  }

  /** A file or a directory. */
  private static final class Node {
    final int id;
    final boolean directory;
    Content onDisk = new Content();
    List<Change> unsynced = new ArrayList<>();
    final SortedMap<String, Node> names = new TreeMap<>();
    final SortedMap<String, Node> namesOnDisk = new TreeMap<>();

    Node(int id, boolean directory) {
      this.id = id;
      this.directory = directory;
    }
  }

  private record Entry(Node directory, String name, @Nullable Node node) {
    Slot slot() {
      return new Slot(directory.id, name);
    }
  }

  private record Slot(int directory, String name) {}

  /** A change of names, all of it at once. */
  private record Naming(long number, List<Entry> entries) {}

  private record Handle(Node node, boolean synced) {}

  private record Sync(Node node, long begun) {}

  private final Path root;
  private final Node top;
  private final Map<Integer, Handle> open = new HashMap<>();
  private final Map<Long, Sync> syncs = new HashMap<>();
  private List<Naming> unsyncedNames = new ArrayList<>();
  private final Set<Node> dirty = new HashSet<>();
  private int nodes;
  private long number;

  /**
   * @param root empty when the first event happens
   */
  Disk(Path root) {
    this.root = root;
    this.top = new Node(nodes++, true);
  }

  void apply(DiskEvent event) {
    number++;
    switch (event) {
      case DiskEvent.Started _ -> {
        open.clear();
        syncs.clear();
      }
      case DiskEvent.Opened o -> opened(o);
      case DiskEvent.Closed c -> open.remove(c.fd());
      case DiskEvent.Duplicated d -> open.put(d.to(), handle(d.fd()));
      case DiskEvent.Wrote w -> {
        Handle h = handle(w.fd());
        change(h.node(), new Change.Write(number, w.offset(), w.bytes()));
        if (h.synced()) {
          settle(h.node(), number);
        }
      }
      case DiskEvent.Truncated t ->
          change(handle(t.fd()).node(), new Change.Truncate(number, t.length()));
      case DiskEvent.Extended x ->
          change(handle(x.fd()).node(), new Change.Extend(number, x.length()));
      case DiskEvent.SyncBegun s -> syncs.put(s.number(), new Sync(handle(s.fd()).node(), number));
      case DiskEvent.SyncEnded s -> {
        Sync sync = syncs.remove(s.number());
        if (sync != null) {
          settle(sync.node(), sync.begun());
        }
      }
      case DiskEvent.Renamed r -> {
        Node from = parent(r.from());
        Node moved = from.names.get(name(r.from()));
        name(
            List.of(
                new Entry(from, name(r.from()), null),
                new Entry(parent(r.to()), name(r.to()), require(moved, r.from()))));
      }
      case DiskEvent.Removed r -> name(List.of(new Entry(parent(r.path()), name(r.path()), null)));
      case DiskEvent.MadeDirectory m ->
          name(List.of(new Entry(parent(m.path()), name(m.path()), new Node(nodes++, true))));
      case DiskEvent.Marked _ -> {}
    }
  }

  private void opened(DiskEvent.Opened o) {
    Node node = Path.of(o.path()).equals(root) ? top : parent(o.path()).names.get(name(o.path()));
    if (o.created()) {
      node = new Node(nodes++, false);
      name(List.of(new Entry(parent(o.path()), name(o.path()), node)));
    }
    Node n = require(node, o.path());
    if (o.truncated()) {
      change(n, new Change.Truncate(number, 0));
    }
    open.put(o.fd(), new Handle(n, o.synced()));
  }

  private void change(Node node, Change change) {
    node.unsynced.add(change);
    dirty.add(node);
  }

  private void name(List<Entry> entries) {
    for (Entry e : entries) {
      put(e.directory().names, e);
    }
    unsyncedNames.add(new Naming(number, entries));
  }

  private static void put(Map<String, Node> names, Entry e) {
    if (e.node() == null) {
      names.remove(e.name());
    } else {
      names.put(e.name(), e.node());
    }
  }

  /** What was done to {@code node} up to change {@code begun} is on disk. */
  private void settle(Node node, long begun) {
    if (node.directory) {
      settleNames(node, begun);
      return;
    }
    List<Change> later = new ArrayList<>();
    for (Change c : node.unsynced) {
      if (c.number() > begun) {
        later.add(c);
      } else {
        redo(node.onDisk, c);
      }
    }
    node.unsynced = later;
    if (later.isEmpty()) {
      dirty.remove(node);
    }
  }

  private static void redo(Content content, Change change) {
    switch (change) {
      case Change.Write w -> content.write(w.offset(), w.bytes(), 0, w.bytes().length);
      case Change.Truncate t -> content.truncate(t.length());
      case Change.Extend e -> content.extend(e.length());
    }
  }

  private void settleNames(Node directory, long begun) {
    // From the last to the first: with a change goes what was done to the same names before.
    Set<Slot> wanted = new HashSet<>();
    Set<Naming> settled = new HashSet<>();
    for (Naming n : unsyncedNames.reversed()) {
      boolean own = n.entries().stream().anyMatch(e -> e.directory() == directory);
      boolean needed = n.entries().stream().anyMatch(e -> wanted.contains(e.slot()));
      if ((own && n.number() <= begun) || needed) {
        n.entries().forEach(e -> wanted.add(e.slot()));
        settled.add(n);
      }
    }
    List<Naming> later = new ArrayList<>();
    for (Naming n : unsyncedNames) {
      if (settled.contains(n)) {
        n.entries().forEach(e -> put(e.directory().namesOnDisk, e));
      } else {
        later.add(n);
      }
    }
    unsyncedNames = later;
  }

  // ---- images

  /** What the process itself sees now. */
  Image now() {
    return image(new Loss(Loss.Mode.NOTHING, 0));
  }

  /** What may be on disk if the machine stops now. */
  Image image(Loss loss) {
    long oldest = number;
    for (Node n : dirty) {
      oldest = Math.min(oldest, n.unsynced.getFirst().number());
    }
    if (!unsyncedNames.isEmpty()) {
      oldest = Math.min(oldest, unsyncedNames.getFirst().number());
    }
    loss.begin(oldest, number);
    Map<Node, SortedMap<String, Node>> names = new HashMap<>();
    Set<Slot> lost = new HashSet<>();
    for (Naming n : unsyncedNames) {
      int file = n.entries().getLast().directory().id;
      if (n.entries().stream().anyMatch(e -> lost.contains(e.slot()))
          || !loss.keeps(n.number(), file)) {
        n.entries().forEach(e -> lost.add(e.slot()));
      } else {
        for (Entry e : n.entries()) {
          put(names.computeIfAbsent(e.directory(), d -> new TreeMap<>(d.namesOnDisk)), e);
        }
      }
    }
    List<String> directories = new ArrayList<>();
    SortedMap<String, Content> files = new TreeMap<>();
    collect(top, "", names, loss, directories, files);
    return new Image(directories, files);
  }

  private static void collect(
      Node directory,
      String prefix,
      Map<Node, SortedMap<String, Node>> names,
      Loss loss,
      List<String> directories,
      SortedMap<String, Content> files) {
    names
        .getOrDefault(directory, directory.namesOnDisk)
        .forEach((name, node) -> {
          String path = prefix + name;
          if (node.directory) {
            directories.add(path);
            collect(node, path + "/", names, loss, directories, files);
          } else if (!isSharedMemory(path)) {
            files.put(path, onDisk(node, loss));
          }
        });
  }

  /** SQLite makes it anew when it opens a file that nobody has open. */
  static boolean isSharedMemory(String path) {
    return path.endsWith("-shm");
  }

  private static Content onDisk(Node node, Loss loss) {
    if (node.unsynced.isEmpty()) {
      return node.onDisk.copy();
    }
    Content content = node.onDisk.copy();
    long end = Long.MAX_VALUE; // of the file, where a truncation was lost
    for (Change c : node.unsynced) {
      switch (c) {
        case Change.Write w -> {
          long room = Math.min(w.bytes().length, end - w.offset());
          if (room > 0) {
            loss.write(w.number(), node.id, content, w.offset(), w.bytes(), (int) room);
          }
        }
        case Change.Truncate t -> {
          if (end == Long.MAX_VALUE && loss.keeps(t.number(), node.id)) {
            content.truncate(t.length());
          } else {
            end = Math.min(end, t.length());
          }
        }
        case Change.Extend e -> {
          if (end == Long.MAX_VALUE && loss.keeps(e.number(), node.id)) {
            content.extend(e.length());
          }
        }
      }
    }
    return content;
  }

  // ---- names

  private Handle handle(int fd) {
    Handle h = open.get(fd);
    if (h == null) {
      throw new IllegalStateException("descriptor " + fd + " is not open");
    }
    return h;
  }

  private Node parent(String path) {
    Node n = top;
    Path parent = root.relativize(Path.of(path)).getParent();
    if (parent != null) {
      for (Path step : parent) {
        n = require(n.names.get(step.toString()), path);
      }
    }
    return n;
  }

  private static String name(String path) {
    return String.valueOf(Path.of(path).getFileName());
  }

  private static Node require(@Nullable Node node, String path) {
    if (node == null) {
      throw new IllegalStateException(path + " is not there");
    }
    return node;
  }
}
