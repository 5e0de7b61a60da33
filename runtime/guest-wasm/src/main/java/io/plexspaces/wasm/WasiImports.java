package io.plexspaces.wasm;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.guest.GuestErrors;
import io.plexspaces.api.guest.GuestTrap;
import java.nio.charset.StandardCharsets;

/**
 * WASI preview 1 as guests get it: clocks and randomness from the host, stdout and stderr to the
 * log; no arguments, no files, no network, and an environment that is the same for all. Calls for
 * those are there, because standard libraries import them, and answer that there is nothing.
 */
public final class WasiImports {
  private static final String MODULE = "wasi_snapshot_preview1";

  private static final int SUCCESS = 0;
  private static final int EBADF = 8;
  private static final int EINVAL = 28;

  private static final int CLOCK_REALTIME = 0;
  private static final int CLOCK_LAST = 3;

  private static final int STDOUT = 1;
  private static final int STDERR = 2;
  private static final int FILETYPE_CHARACTER_DEVICE = 2;
  private static final int FDSTAT_BYTES = 24;

  /** More at once is written in part, as WASI allows. */
  private static final int MAX_WRITE = 64 << 10;

  private static final int RANDOM_STEP = 4096;
  private static final int MAX_VECTORS = 1024;

  /**
   * All of a guest's environment. Go collects garbage beside the program otherwise, which on one
   * thread means that the program waits for shares of time, and by the clock; nobody else reads it.
   */
  private static final byte[] ENVIRONMENT =
      "GODEBUG=gcstoptheworld=2\0".getBytes(StandardCharsets.US_ASCII);

  private static final HostImports ALL = imports();

  private WasiImports() {}

  /** The functions of {@code wasi_snapshot_preview1}. */
  public static HostImports all() {
    return ALL;
  }

  private static HostImports imports() {
    return HostImports.builder()
        .add(MODULE, "clock_time_get", "iIi:i", WasiImports::clockTime)
        .add(MODULE, "clock_res_get", "ii:i", WasiImports::clockResolution)
        .add(MODULE, "random_get", "ii:i", WasiImports::random)
        .add(MODULE, "fd_write", "iiii:i", WasiImports::write)
        .add(MODULE, "fd_fdstat_get", "ii:i", WasiImports::fdstat)
        .add(MODULE, "fd_fdstat_set_flags", "ii:i", (g, a) -> isOutput(a) ? SUCCESS : EBADF)
        .add(MODULE, "fd_close", "i:i", (g, a) -> isOutput(a) ? SUCCESS : EBADF)
        .add(MODULE, "fd_read", "iiii:i", (g, a) -> EBADF)
        .add(MODULE, "fd_seek", "iIii:i", (g, a) -> EBADF)
        .add(MODULE, "fd_filestat_get", "ii:i", (g, a) -> EBADF)
        .add(MODULE, "fd_prestat_get", "ii:i", (g, a) -> EBADF)
        .add(MODULE, "fd_prestat_dir_name", "iii:i", (g, a) -> EBADF)
        .add(MODULE, "fd_readdir", "iiiIi:i", (g, a) -> EBADF)
        .add(MODULE, "path_open", "iiiiiIIii:i", (g, a) -> EBADF)
        .add(MODULE, "path_filestat_get", "iiiii:i", (g, a) -> EBADF)
        .add(MODULE, "path_unlink_file", "iii:i", (g, a) -> EBADF)
        .add(MODULE, "path_create_directory", "iii:i", (g, a) -> EBADF)
        .add(MODULE, "path_remove_directory", "iii:i", (g, a) -> EBADF)
        .add(MODULE, "path_readlink", "iiiiii:i", (g, a) -> EBADF)
        .add(MODULE, "path_rename", "iiiiii:i", (g, a) -> EBADF)
        .add(MODULE, "fd_advise", "iIIi:i", (g, a) -> EBADF)
        .add(MODULE, "fd_datasync", "i:i", (g, a) -> EBADF)
        .add(MODULE, "fd_filestat_set_size", "iI:i", (g, a) -> EBADF)
        .add(MODULE, "fd_filestat_set_times", "iIIi:i", (g, a) -> EBADF)
        .add(MODULE, "fd_pread", "iiiIi:i", (g, a) -> EBADF)
        .add(MODULE, "fd_pwrite", "iiiIi:i", (g, a) -> EBADF)
        .add(MODULE, "fd_sync", "i:i", (g, a) -> EBADF)
        .add(MODULE, "fd_tell", "ii:i", (g, a) -> EBADF)
        .add(MODULE, "path_filestat_set_times", "iiiiIIi:i", (g, a) -> EBADF)
        .add(MODULE, "path_link", "iiiiiii:i", (g, a) -> EBADF)
        .add(MODULE, "path_symlink", "iiiii:i", (g, a) -> EBADF)
        .add(MODULE, "sock_accept", "iii:i", (g, a) -> EBADF)
        .add(MODULE, "sock_recv", "iiiiii:i", (g, a) -> EBADF)
        .add(MODULE, "sock_send", "iiiii:i", (g, a) -> EBADF)
        .add(MODULE, "sock_shutdown", "ii:i", (g, a) -> EBADF)
        .add(MODULE, "args_get", "ii:i", (g, a) -> SUCCESS)
        .add(MODULE, "args_sizes_get", "ii:i", WasiImports::nothing)
        .add(MODULE, "environ_get", "ii:i", WasiImports::environment)
        .add(MODULE, "environ_sizes_get", "ii:i", WasiImports::environmentSize)
        .add(MODULE, "poll_oneoff", "iiii:i", WasiPoll::poll)
        .add(MODULE, "sched_yield", ":i", (g, a) -> SUCCESS)
        .add(MODULE, "proc_exit", "i:", WasiImports::exit)
        .build();
  }

  private static long clockTime(Lease guest, long[] args) {
    int clock = (int) args[0];
    if (clock < 0 || clock > CLOCK_LAST) {
      return EINVAL;
    }
    long nanos =
        clock == CLOCK_REALTIME ? guest.host().nowMillis() * 1_000_000 : guest.host().nanoTime();
    guest.writeLong((int) args[2], nanos);
    return SUCCESS;
  }

  private static long clockResolution(Lease guest, long[] args) {
    int clock = (int) args[0];
    if (clock < 0 || clock > CLOCK_LAST) {
      return EINVAL;
    }
    guest.writeLong((int) args[1], clock == CLOCK_REALTIME ? 1_000_000 : 1);
    return SUCCESS;
  }

  private static long random(Lease guest, long[] args) {
    int at = (int) args[0];
    int size = (int) args[1];
    guest.checkRange(at, size);
    for (int done = 0; done < size; done += RANDOM_STEP) {
      guest.write(at + done, guest.state().random().bytes(Math.min(RANDOM_STEP, size - done)));
    }
    return SUCCESS;
  }

  private static boolean isOutput(long[] args) {
    return (int) args[0] == STDOUT || (int) args[0] == STDERR;
  }

  private static long write(Lease guest, long[] args) {
    int vectors = (int) args[1];
    int count = (int) args[2];
    if (!isOutput(args)) {
      return EBADF;
    }
    if (count < 0 || count > MAX_VECTORS) {
      return EINVAL;
    }
    int written = 0;
    for (int i = 0; i < count && written < MAX_WRITE; i++) {
      int from = guest.readInt(vectors + 8 * i);
      int size = guest.readInt(vectors + 8 * i + 4);
      guest.checkRange(from, size);
      int n = Math.min(size, MAX_WRITE - written);
      guest.output((int) args[0]).write(guest.read(from, n));
      written += n;
    }
    guest.writeInt((int) args[3], written);
    return SUCCESS;
  }

  private static long fdstat(Lease guest, long[] args) {
    if (!isOutput(args)) {
      return EBADF;
    }
    byte[] stat = new byte[FDSTAT_BYTES];
    stat[0] = FILETYPE_CHARACTER_DEVICE;
    guest.write((int) args[1], stat);
    return SUCCESS;
  }

  private static long nothing(Lease guest, long[] args) {
    guest.writeInt((int) args[0], 0);
    guest.writeInt((int) args[1], 0);
    return SUCCESS;
  }

  private static long environment(Lease guest, long[] args) {
    guest.writeInt((int) args[0], (int) args[1]);
    guest.write((int) args[1], ENVIRONMENT);
    return SUCCESS;
  }

  private static long environmentSize(Lease guest, long[] args) {
    guest.writeInt((int) args[0], 1);
    guest.writeInt((int) args[1], ENVIRONMENT.length);
    return SUCCESS;
  }

  private static long exit(Lease guest, long[] args) {
    throw Lease.trap("the guest exited with status " + (int) args[0]);
  }

  /** The trap of a guest whose language's runtime has written why it gives up. */
  static GuestTrap explained(Lease guest, GuestTrap trap) {
    String last = guest.output(STDERR).fatal();
    if (last.isEmpty() || trap.error().code() != ErrorCode.INTERNAL) {
      return trap;
    }
    // Anybody can print these words; that it was refused memory is the host's own knowledge.
    if (last.contains("out of memory") && guest.memoryRefused()) {
      return Lease.outOfMemory();
    }
    return new GuestTrap(
        HostError.lasting(trap.error().code(), "the guest gave up: " + last), trap);
  }

  /** Makes log lines of what a guest writes to a file descriptor. */
  static final class LineLog {
    /** A longer line is logged in parts. */
    private static final int MAX_LINE = 8 << 10;

    private final Lease guest;
    private final int level;
    private final java.io.ByteArrayOutputStream line = new java.io.ByteArrayOutputStream();

    /** What a language's runtime writes before it gives up: the first line that says why. */
    private static final String[] FATAL = {"fatal error: ", "panic: "};

    private String fatal = "";

    LineLog(Lease guest, int fd) {
      this.guest = guest;
      this.level = fd == STDERR ? 3 : 2;
    }

    void write(byte[] bytes) {
      for (byte b : bytes) {
        if (b == '\n') {
          flush();
        } else {
          line.write(b);
          if (line.size() >= MAX_LINE) {
            flush();
          }
        }
      }
    }

    /** Logs what has come of a line that was not ended. */
    void flush() {
      if (line.size() > 0) {
        String text = line.toString(StandardCharsets.UTF_8);
        if (fatal.isEmpty() && level == 3) {
          for (String start : FATAL) {
            fatal = text.startsWith(start) ? GuestErrors.cut(text) : fatal;
          }
        }
        guest.host().log(level, text);
        line.reset();
      }
    }

    /** The line that says why the guest's runtime gives up, or nothing. */
    String fatal() {
      flush();
      return fatal;
    }
  }
}
