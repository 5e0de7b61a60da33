package io.plexspaces.python;

import io.plexspaces.wasm.HostImports;
import io.plexspaces.wasm.Lease;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * A folder of one file that can be read: the interpreter imports its boot script from there, when
 * its template is made. No guest that runs code of a user has it. For one guest.
 */
final class BootFolder {
  private static final String PATH = "/guest";
  private static final String FILE = "guest.py";

  private static final int FOLDER_FD = 3;
  private static final int FILE_FD = 4;
  private static final int LISTING_FD = 5;

  private static final int SUCCESS = 0;
  private static final int EBADF = 8;
  private static final int ENOENT = 44;
  private static final byte DIRECTORY = 3;
  private static final byte REGULAR = 4;
  private static final int FDSTAT_BYTES = 24;
  private static final int FILESTAT_BYTES = 64;
  private static final int DIRENT_BYTES = 24;

  private final byte[] content;
  private int at;

  BootFolder(byte[] content) {
    this.content = content;
  }

  /** The imports with the folder. */
  HostImports imports() {
    String wasi = PythonImports.WASI;
    return PythonImports.builder()
        .replace(wasi, "fd_prestat_get", o -> (g, a) -> prestat(g, a))
        .replace(wasi, "fd_prestat_dir_name", o -> (g, a) -> name(g, a))
        .replace(wasi, "fd_fdstat_get", o -> (g, a) -> mine(a) ? fdstat(g, a) : o.call(g, a))
        .replace(wasi, "fd_filestat_get", o -> (g, a) -> mine(a) ? filestat(g, a) : o.call(g, a))
        .replace(wasi, "path_filestat_get", o -> (g, a) -> pathStat(g, a))
        .replace(wasi, "path_open", o -> (g, a) -> open(g, a))
        .replace(wasi, "fd_readdir", o -> (g, a) -> list(g, a))
        .replace(wasi, "fd_read", o -> (g, a) -> a[0] == FILE_FD ? read(g, a) : o.call(g, a))
        .replace(wasi, "fd_seek", o -> (g, a) -> a[0] == FILE_FD ? seek(g, a) : o.call(g, a))
        .replace(wasi, "fd_tell", o -> (g, a) -> a[0] == FILE_FD ? tell(g, a) : o.call(g, a))
        .replace(wasi, "fd_close", o -> (g, a) -> mine(a) ? SUCCESS : o.call(g, a))
        .build();
  }

  private static boolean mine(long[] a) {
    return a[0] >= FOLDER_FD && a[0] <= LISTING_FD;
  }

  private static boolean isFile(int fd) {
    return fd == FILE_FD;
  }

  private static long prestat(Lease g, long[] a) {
    if (a[0] != FOLDER_FD) {
      return EBADF;
    }
    g.writeInt((int) a[1], 0);
    g.writeInt((int) a[1] + 4, PATH.length());
    return SUCCESS;
  }

  private static long name(Lease g, long[] a) {
    if (a[0] != FOLDER_FD) {
      return EBADF;
    }
    g.write((int) a[1], PATH.getBytes(StandardCharsets.US_ASCII));
    return SUCCESS;
  }

  private static long fdstat(Lease g, long[] a) {
    byte[] stat = new byte[FDSTAT_BYTES];
    stat[0] = isFile((int) a[0]) ? REGULAR : DIRECTORY;
    java.util.Arrays.fill(stat, 8, FDSTAT_BYTES, (byte) 0xff);
    g.write((int) a[1], stat);
    return SUCCESS;
  }

  private long filestat(Lease g, long[] a) {
    stat(g, (int) a[1], isFile((int) a[0]));
    return SUCCESS;
  }

  private void stat(Lease g, int to, boolean file) {
    ByteBuffer b = ByteBuffer.allocate(FILESTAT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    b.putLong(1).putLong(file ? 2 : 1);
    b.put(file ? REGULAR : DIRECTORY).position(24);
    b.putLong(1).putLong(file ? content.length : 0);
    g.write(to, b.array());
  }

  private static String path(Lease g, long at, long size) {
    g.checkRange((int) at, (int) size);
    return new String(g.read((int) at, (int) size), StandardCharsets.UTF_8);
  }

  private static boolean isFolder(String path) {
    return path.isEmpty() || path.equals(".") || path.equals("./");
  }

  private static boolean isScript(String path) {
    return path.equals(FILE) || path.equals("./" + FILE);
  }

  private long pathStat(Lease g, long[] a) {
    String path = path(g, a[2], a[3]);
    if (a[0] != FOLDER_FD || !(isFolder(path) || isScript(path))) {
      return ENOENT;
    }
    stat(g, (int) a[4], isScript(path));
    return SUCCESS;
  }

  private long open(Lease g, long[] a) {
    String path = path(g, a[2], a[3]);
    if (a[0] != FOLDER_FD || !(isFolder(path) || isScript(path))) {
      return ENOENT;
    }
    at = 0;
    g.writeInt((int) a[8], isScript(path) ? FILE_FD : LISTING_FD);
    return SUCCESS;
  }

  private static long list(Lease g, long[] a) {
    int used = 0;
    if (a[3] == 0) {
      byte[] name = FILE.getBytes(StandardCharsets.US_ASCII);
      ByteBuffer b = ByteBuffer.allocate(DIRENT_BYTES + name.length).order(ByteOrder.LITTLE_ENDIAN);
      b.putLong(1).putLong(2).putInt(name.length).putInt(REGULAR).put(name);
      byte[] entry = java.util.Arrays.copyOf(b.array(), Math.min((int) a[2], b.capacity()));
      g.write((int) a[1], entry);
      used = entry.length;
    }
    g.writeInt((int) a[4], used);
    return SUCCESS;
  }

  private long read(Lease g, long[] a) {
    int total = 0;
    for (int i = 0; i < a[2]; i++) {
      int to = g.readInt((int) a[1] + 8 * i);
      int n = Math.min(g.readInt((int) a[1] + 8 * i + 4), content.length - at);
      g.write(to, java.util.Arrays.copyOfRange(content, at, at + n));
      at += n;
      total += n;
    }
    g.writeInt((int) a[3], total);
    return SUCCESS;
  }

  private long seek(Lease g, long[] a) {
    at =
        (int)
            switch ((int) a[2]) {
              case 0 -> a[1];
              case 1 -> at + a[1];
              default -> content.length + a[1];
            };
    g.writeLong((int) a[3], at);
    return SUCCESS;
  }

  private long tell(Lease g, long[] a) {
    g.writeLong((int) a[1], at);
    return SUCCESS;
  }
}
