/*
 * Preloaded into a process, records what it does to its files, in one order over all threads.
 *
 *   SYNC_LOG=file         one line for each sync that was asked for: the path of what was synced.
 *   DISK_LOG=file         everything that changes the files below DISK_ROOT, with the bytes written:
 *                         a sequence of records (see struct record), which EventLog.java reads.
 *   DISK_ROOT=directory   absolute, without links.
 *   DISK_MARKS=file       outside of the root: what is written there is recorded too, so that it is
 *                         known what had been synced when the process said something.
 *   DISK_SYNC_MICROS=n    a sync takes so much longer, as on a disk.
 *   DISK_KILL=n           the process is killed, as by kill -9, at its n-th record; where n is odd,
 *                         at the next begin of a sync: when all was written and nothing promised.
 *   DISK_FORGET=text      syncs of paths that contain it are left out of DISK_LOG, as if the process
 *                         had forgotten them: to test the tests.
 *
 * A call and its record are made under one lock, so the order of the records is that of the changes.
 * A sync is two records, and what was written before the first is on disk from the second on.
 * What changes files and cannot be recorded (a shared mapping, say) leaves a record that says so.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define MAX_FD 65536
#define EXPORT __attribute__((visibility("default")))

enum type {
  START = 1,
  OPEN,      /* a: 1 created, 2 truncated, 4 directory, 8 each write is synced; text: path */
  CLOSE,
  DUPLICATE, /* a: the new descriptor */
  WRITE,     /* a: offset; data */
  TRUNCATE,  /* a: length */
  EXTEND,    /* a: length: the file has at least so many bytes */
  SYNC_BEGIN,/* a: number */
  SYNC_END,  /* a: number */
  RENAME,    /* text: from; data: to */
  UNLINK,    /* text: path */
  MKDIR,     /* text: path */
  RMDIR,     /* text: path */
  MARK,      /* data */
  UNSEEN     /* text: what happened */
};

struct record {
  uint32_t type;
  int32_t fd;
  int64_t a;
  uint32_t text;
  uint32_t data;
  /* then the bytes of text and those of data */
};

enum kind { UNTRACKED = 0, FILE_OF_ROOT, MARKS };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int log_fd = -1;
static char root[PATH_MAX];
static size_t root_length;
static char marks[PATH_MAX];
static const char *forget;
static long sync_micros;
static int64_t syncs;
static long records;
static long kill_at;
static volatile unsigned char tracked[MAX_FD];
static unsigned char synced_writes[MAX_FD];
static char *paths[MAX_FD];

static void fail(const char *what) {
  char text[200];
  int n = snprintf(text, sizeof text, "disk_log: %s: errno %d\n", what, errno);
  syscall(SYS_write, 2, text, n);
  abort();
}

static void append(
    enum type type, int fd, int64_t a, const char *text, const void *data, size_t n) {
  struct record r = {type, fd, a, text ? (uint32_t) strlen(text) : 0, (uint32_t) n};
  struct iovec parts[] = {{&r, sizeof r}, {(void *) text, r.text}, {(void *) data, n}};
  size_t all = sizeof r + r.text + n;
  if (syscall(SYS_writev, log_fd, parts, 3) != (long) all) {
    fail("the log cannot be written");
  }
}

/* With the lock held. */
static void put(enum type type, int fd, int64_t a, const char *text, const void *data, size_t n) {
  if (records++ == 0) {
    /* Not sooner: a child that touches nothing here is no new life. */
    append(START, -1, 0, NULL, NULL, 0);
  }
  append(type, fd, a, text, data, n);
  if (kill_at > 0 && records >= kill_at && (kill_at % 2 == 0 || type == SYNC_BEGIN)) {
    syscall(SYS_kill, getpid(), SIGKILL);
  }
}

static void begin(void) {
  const char *log = getenv("DISK_LOG");
  const char *r = getenv("DISK_ROOT");
  if (!log || !r) {
    return;
  }
  const char *m = getenv("DISK_MARKS");
  const char *micros = getenv("DISK_SYNC_MICROS");
  snprintf(root, sizeof root, "%s", r);
  root_length = strlen(root);
  snprintf(marks, sizeof marks, "%s", m ? m : "");
  forget = getenv("DISK_FORGET");
  const char *kill = getenv("DISK_KILL");
  sync_micros = micros ? atol(micros) : 0;
  kill_at = kill ? atol(kill) : 0;
  int fd = (int) syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  /* Out of the way of the numbers that the process counts on. */
  log_fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 900);
  if (log_fd < 0) {
    fail("the log cannot be opened");
  }
  syscall(SYS_close, fd);
}

static int on(void) {
  pthread_once(&once, begin);
  return log_fd >= 0;
}

static int below_root(const char *path) {
  return strncmp(path, root, root_length) == 0 && (path[root_length] == '/' || !path[root_length]);
}

static int of_root(int fd) {
  return fd >= 0 && fd < MAX_FD && tracked[fd] == FILE_OF_ROOT;
}

static int of_marks(int fd) {
  return fd >= 0 && fd < MAX_FD && tracked[fd] == MARKS;
}

static int watched(int fd) {
  return on() && fd >= 0 && fd < MAX_FD && tracked[fd];
}

static void path_of(int fd, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, PATH_MAX - 1);
  path[n < 0 ? 0 : n] = 0;
}

/* Absolute; links are not resolved: the process under test names its files below the root. */
static void absolute(int dir, const char *name, char *path) {
  if (name[0] == '/') {
    snprintf(path, PATH_MAX, "%s", name);
    return;
  }
  char base[PATH_MAX];
  if (dir == AT_FDCWD) {
    if (!getcwd(base, sizeof base)) {
      base[0] = 0;
    }
  } else {
    path_of(dir, base);
  }
  if ((size_t) snprintf(path, PATH_MAX, "%s/%s", base, name) >= PATH_MAX) {
    fail("a path is too long");
  }
}

static void track(int fd, enum kind kind, const char *path, int synced) {
  if (fd >= MAX_FD) {
    fail("a descriptor is too large");
  }
  free(paths[fd]);
  paths[fd] = kind == FILE_OF_ROOT ? strdup(path) : NULL;
  synced_writes[fd] = (unsigned char) synced;
  tracked[fd] = kind;
}

/* ---- files come and go */

static int opened(int dir, const char *name, int flags, mode_t mode) {
  if (!on()) {
    return (int) syscall(SYS_openat, dir, name, flags, mode);
  }
  char path[PATH_MAX];
  absolute(dir, name, path);
  if (!below_root(path) && strcmp(path, marks) != 0) {
    return (int) syscall(SYS_openat, dir, name, flags, mode);
  }
  pthread_mutex_lock(&lock);
  struct stat before;
  int there = fstatat(dir, name, &before, AT_SYMLINK_NOFOLLOW) == 0;
  int fd = (int) syscall(SYS_openat, dir, name, flags, mode);
  int error = errno;
  if (fd >= 0) {
    struct stat now;
    if (strcmp(path, marks) == 0) {
      track(fd, MARKS, path, 0);
    } else if (fstat(fd, &now) == 0 && (S_ISREG(now.st_mode) || S_ISDIR(now.st_mode))) {
      int synced = (flags & O_SYNC) == O_SYNC || (flags & O_DSYNC) == O_DSYNC;
      int64_t a = (there ? 0 : 1) | ((flags & O_TRUNC) && there && before.st_size ? 2 : 0) |
          (S_ISDIR(now.st_mode) ? 4 : 0) | (synced ? 8 : 0);
      char real[PATH_MAX];
      path_of(fd, real);
      track(fd, FILE_OF_ROOT, real, synced);
      put(OPEN, fd, a, real, NULL, 0);
    }
  }
  pthread_mutex_unlock(&lock);
  errno = error;
  return fd;
}

static mode_t mode_of(int flags, va_list more) {
  return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(more, mode_t) : 0;
}

#define OPEN_AT_CWD(name)                        \
  EXPORT int name(const char *path, int flags, ...) { \
    va_list more;                                \
    va_start(more, flags);                       \
    mode_t mode = mode_of(flags, more);          \
    va_end(more);                                \
    return opened(AT_FDCWD, path, flags, mode);  \
  }
#define OPEN_AT(name)                            \
  EXPORT int name(int dir, const char *path, int flags, ...) { \
    va_list more;                                \
    va_start(more, flags);                       \
    mode_t mode = mode_of(flags, more);          \
    va_end(more);                                \
    return opened(dir, path, flags, mode);       \
  }
OPEN_AT_CWD(open)
OPEN_AT_CWD(open64)
OPEN_AT(openat)
OPEN_AT(openat64)

EXPORT int creat(const char *path, mode_t mode) {
  return opened(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

EXPORT int creat64(const char *path, mode_t mode) {
  return creat(path, mode);
}

static void unseen(const char *what, const char *path) {
  char text[PATH_MAX + 100];
  snprintf(text, sizeof text, "%s of %s", what, path);
  pthread_mutex_lock(&lock);
  put(UNSEEN, -1, 0, text, NULL, 0);
  pthread_mutex_unlock(&lock);
}

typedef FILE *(*fopen_type)(const char *, const char *);

static FILE *stream(const char *symbol, const char *name, const char *mode) {
  if (on() && strpbrk(mode, "wa+")) {
    char path[PATH_MAX];
    absolute(AT_FDCWD, name, path);
    if (below_root(path)) {
      unseen("fopen", path);
    }
  }
  return ((fopen_type) dlsym(RTLD_NEXT, symbol))(name, mode);
}

EXPORT FILE *fopen(const char *path, const char *mode) {
  return stream("fopen", path, mode);
}

EXPORT FILE *fopen64(const char *path, const char *mode) {
  return stream("fopen64", path, mode);
}

EXPORT int close(int fd) {
  if (!watched(fd)) {
    return (int) syscall(SYS_close, fd);
  }
  pthread_mutex_lock(&lock);
  if (of_root(fd)) {
    put(CLOSE, fd, 0, NULL, NULL, 0);
  }
  tracked[fd] = UNTRACKED;
  int result = (int) syscall(SYS_close, fd);
  pthread_mutex_unlock(&lock);
  return result;
}

static int duplicated(int fd, int to, int flags, int any) {
  int from_watched = watched(fd);
  if (!from_watched && (any || !watched(to))) {
    return any ? (int) syscall(SYS_dup, fd) : (int) syscall(SYS_dup3, fd, to, flags);
  }
  pthread_mutex_lock(&lock);
  int result = any ? (int) syscall(SYS_dup, fd) : (int) syscall(SYS_dup3, fd, to, flags);
  int error = errno;
  if (result >= 0) {
    if (of_root(result)) {
      put(CLOSE, result, 0, NULL, NULL, 0);
    }
    tracked[result] = UNTRACKED;
    if (from_watched) {
      track(result, tracked[fd], paths[fd] ? paths[fd] : "", synced_writes[fd]);
      if (of_root(fd)) {
        put(DUPLICATE, fd, result, NULL, NULL, 0);
      }
    }
  }
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}

EXPORT int dup(int fd) {
  return duplicated(fd, -1, 0, 1);
}

EXPORT int dup2(int fd, int to) {
  if (fd == to) {
    return fcntl(fd, F_GETFD) < 0 ? -1 : fd;
  }
  return duplicated(fd, to, 0, 0);
}

EXPORT int dup3(int fd, int to, int flags) {
  return duplicated(fd, to, flags, 0);
}

static int renamed(int from_dir, const char *from, int to_dir, const char *to, unsigned flags) {
  char source[PATH_MAX];
  char target[PATH_MAX];
  if (!on()) {
    return (int) syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
  }
  absolute(from_dir, from, source);
  absolute(to_dir, to, target);
  int inside = below_root(source);
  if (!inside && !below_root(target)) {
    return (int) syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
  }
  pthread_mutex_lock(&lock);
  int result = (int) syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
  int error = errno;
  if (result == 0) {
    if (inside && below_root(target) && (flags & ~RENAME_NOREPLACE) == 0) {
      put(RENAME, -1, 0, source, target, strlen(target));
    } else {
      put(UNSEEN, -1, 0, "a rename over the root's border or an exchange", NULL, 0);
    }
  }
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}

EXPORT int rename(const char *from, const char *to) {
  return renamed(AT_FDCWD, from, AT_FDCWD, to, 0);
}

EXPORT int renameat(int from_dir, const char *from, int to_dir, const char *to) {
  return renamed(from_dir, from, to_dir, to, 0);
}

EXPORT int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags) {
  return renamed(from_dir, from, to_dir, to, flags);
}

/* A call on a name that is one record if it succeeds. */
static int on_name(enum type type, int dir, const char *name, long number, long last) {
  char path[PATH_MAX];
  if (on()) {
    absolute(dir, name, path);
  }
  if (!on() || !below_root(path)) {
    return (int) syscall(number, dir, name, last);
  }
  pthread_mutex_lock(&lock);
  int result = (int) syscall(number, dir, name, last);
  int error = errno;
  if (result == 0) {
    put(type, -1, 0, path, NULL, 0);
  }
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}

EXPORT int unlinkat(int dir, const char *name, int flags) {
  return on_name(flags & AT_REMOVEDIR ? RMDIR : UNLINK, dir, name, SYS_unlinkat, flags);
}

EXPORT int unlink(const char *name) {
  return unlinkat(AT_FDCWD, name, 0);
}

EXPORT int rmdir(const char *name) {
  return unlinkat(AT_FDCWD, name, AT_REMOVEDIR);
}

EXPORT int remove(const char *name) {
  struct stat s;
  int directory = lstat(name, &s) == 0 && S_ISDIR(s.st_mode);
  return unlinkat(AT_FDCWD, name, directory ? AT_REMOVEDIR : 0);
}

EXPORT int mkdirat(int dir, const char *name, mode_t mode) {
  return on_name(MKDIR, dir, name, SYS_mkdirat, mode);
}

EXPORT int mkdir(const char *name, mode_t mode) {
  return mkdirat(AT_FDCWD, name, mode);
}

static void unseen_name(const char *what, int dir, const char *name) {
  char path[PATH_MAX];
  if (on()) {
    absolute(dir, name, path);
    if (below_root(path)) {
      unseen(what, path);
    }
  }
}

EXPORT int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags) {
  unseen_name("a link", to_dir, to);
  return (int) syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
}

EXPORT int link(const char *from, const char *to) {
  return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

EXPORT int symlinkat(const char *target, int dir, const char *name) {
  unseen_name("a symbolic link", dir, name);
  return (int) syscall(SYS_symlinkat, target, dir, name);
}

EXPORT int symlink(const char *target, const char *name) {
  return symlinkat(target, AT_FDCWD, name);
}

EXPORT int truncate64(const char *name, off64_t length) {
  unseen_name("truncate by name", AT_FDCWD, name);
  return (int) syscall(SYS_truncate, name, length);
}

EXPORT int truncate(const char *name, off_t length) {
  return truncate64(name, length);
}

/* ---- bytes */

/* With the lock held, after a call that wrote n bytes which end at the descriptor's position. */
static void put_write(int fd, int64_t offset, const struct iovec *parts, int count, size_t n) {
  int marks_file = of_marks(fd);
  for (int i = 0; i < count && n > 0; i++) {
    size_t here = parts[i].iov_len < n ? parts[i].iov_len : n;
    if (here > 0) {
      put(marks_file ? MARK : WRITE, fd, offset, NULL, parts[i].iov_base, here);
    }
    offset += (int64_t) here;
    n -= here;
  }
}

static ssize_t written(int fd, const struct iovec *parts, int count, int64_t offset) {
  pthread_mutex_lock(&lock);
  int append = offset >= 0 && (fcntl(fd, F_GETFL) & O_APPEND);
  ssize_t n = offset < 0 ? syscall(SYS_writev, fd, parts, count)
                         : syscall(SYS_pwritev, fd, parts, count, (long) offset, 0L);
  int error = errno;
  if (n > 0) {
    if (append) {
      put(UNSEEN, -1, 0, "pwrite to a file that is opened to append", NULL, 0);
    }
    int64_t at = offset < 0 ? lseek(fd, 0, SEEK_CUR) - n : offset;
    put_write(fd, at, parts, count, (size_t) n);
  }
  pthread_mutex_unlock(&lock);
  errno = error;
  return n;
}

EXPORT ssize_t write(int fd, const void *bytes, size_t n) {
  if (!watched(fd)) {
    return syscall(SYS_write, fd, bytes, n);
  }
  struct iovec all = {(void *) bytes, n};
  return written(fd, &all, 1, -1);
}

EXPORT ssize_t writev(int fd, const struct iovec *parts, int count) {
  return watched(fd) ? written(fd, parts, count, -1) : syscall(SYS_writev, fd, parts, count);
}

EXPORT ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t offset) {
  if (!watched(fd)) {
    return syscall(SYS_pwrite64, fd, bytes, n, offset);
  }
  struct iovec all = {(void *) bytes, n};
  return written(fd, &all, 1, offset);
}

EXPORT ssize_t pwrite(int fd, const void *bytes, size_t n, off_t offset) {
  return pwrite64(fd, bytes, n, offset);
}

EXPORT ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) {
  return watched(fd) ? written(fd, parts, count, offset)
                     : syscall(SYS_pwritev, fd, parts, count, (long) offset, 0L);
}

EXPORT ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
  return pwritev64(fd, parts, count, offset);
}

static void unseen_fd(const char *what, int fd) {
  if (watched(fd) && of_root(fd)) {
    unseen(what, paths[fd] ? paths[fd] : "a file");
  }
}

EXPORT ssize_t pwritev64v2(int fd, const struct iovec *parts, int count, off64_t offset, int flags) {
  unseen_fd("pwritev2", fd);
  return syscall(SYS_pwritev2, fd, parts, count, (long) offset, 0L, flags);
}

EXPORT ssize_t pwritev2(int fd, const struct iovec *parts, int count, off_t offset, int flags) {
  return pwritev64v2(fd, parts, count, offset, flags);
}

EXPORT ssize_t sendfile64(int to, int from, off64_t *offset, size_t n) {
  unseen_fd("sendfile", to);
  return syscall(SYS_sendfile, to, from, offset, n);
}

EXPORT ssize_t sendfile(int to, int from, off_t *offset, size_t n) {
  return sendfile64(to, from, offset, n);
}

EXPORT ssize_t copy_file_range(
    int from, off64_t *from_offset, int to, off64_t *to_offset, size_t n, unsigned flags) {
  unseen_fd("copy_file_range", to);
  return syscall(SYS_copy_file_range, from, from_offset, to, to_offset, n, flags);
}

static int sized(enum type type, int fd, int64_t length, long number, long a, long b, long c) {
  if (!watched(fd) || !of_root(fd)) {
    return (int) syscall(number, fd, a, b, c);
  }
  pthread_mutex_lock(&lock);
  int result = (int) syscall(number, fd, a, b, c);
  int error = errno;
  if (result == 0) {
    put(type, fd, length, NULL, NULL, 0);
  }
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}

EXPORT int ftruncate64(int fd, off64_t length) {
  return sized(TRUNCATE, fd, length, SYS_ftruncate, length, 0, 0);
}

EXPORT int ftruncate(int fd, off_t length) {
  return ftruncate64(fd, length);
}

EXPORT int fallocate64(int fd, int mode, off64_t offset, off64_t length) {
  if (mode != 0 && mode != FALLOC_FL_KEEP_SIZE) {
    unseen_fd("fallocate with a mode", fd);
  }
  if (mode != 0) {
    return (int) syscall(SYS_fallocate, fd, mode, offset, length);
  }
  return sized(EXTEND, fd, offset + length, SYS_fallocate, mode, offset, length);
}

EXPORT int fallocate(int fd, int mode, off_t offset, off_t length) {
  return fallocate64(fd, mode, offset, length);
}

EXPORT int posix_fallocate64(int fd, off64_t offset, off64_t length) {
  return fallocate64(fd, 0, offset, length) == 0 ? 0 : errno;
}

EXPORT int posix_fallocate(int fd, off_t offset, off_t length) {
  return posix_fallocate64(fd, offset, length);
}

/* SQLite's shared memory is a cache: it is made anew by whoever opens a file first. */
static int is_shared_memory(const char *path) {
  size_t n = strlen(path);
  return n > 4 && strcmp(path + n - 4, "-shm") == 0;
}

EXPORT void *mmap64(void *address, size_t n, int protection, int flags, int fd, off64_t offset) {
  if ((flags & MAP_SHARED) && (protection & PROT_WRITE) && watched(fd) && of_root(fd) &&
      !is_shared_memory(paths[fd])) {
    unseen("a shared mapping", paths[fd]);
  }
  return (void *) syscall(SYS_mmap, address, n, protection, flags, fd, offset);
}

EXPORT void *mmap(void *address, size_t n, int protection, int flags, int fd, off_t offset) {
  return mmap64(address, n, protection, flags, fd, offset);
}

/* ---- syncs */

static void put_path(int fd) {
  const char *name = getenv("SYNC_LOG");
  int log = name ? (int) syscall(SYS_openat, AT_FDCWD, name,
                                 O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)
                 : -1;
  if (log < 0) {
    return;
  }
  char line[PATH_MAX + 1];
  path_of(fd, line);
  size_t n = strlen(line);
  line[n] = '\n';
  /* One write: lines of different threads do not mix. */
  if (syscall(SYS_write, log, line, n + 1) < 0) {
    fail("the log of syncs cannot be written");
  }
  syscall(SYS_close, log);
}

static int synced(int fd, long number) {
  put_path(fd);
  int recorded = watched(fd) && of_root(fd);
  int64_t me = 0;
  if (recorded) {
    pthread_mutex_lock(&lock);
    recorded = of_root(fd) && !(forget && strstr(paths[fd], forget));
    if (recorded) {
      me = ++syncs;
      put(SYNC_BEGIN, fd, me, NULL, NULL, 0);
    }
    pthread_mutex_unlock(&lock);
  }
  int result = (int) syscall(number, fd);
  int error = errno;
  if (watched(fd) && of_root(fd) && sync_micros > 0) {
    struct timespec t = {sync_micros / 1000000, sync_micros % 1000000 * 1000};
    nanosleep(&t, NULL);
  }
  if (recorded && result == 0) {
    pthread_mutex_lock(&lock);
    put(SYNC_END, fd, me, NULL, NULL, 0);
    pthread_mutex_unlock(&lock);
  }
  errno = error;
  return result;
}

EXPORT int fsync(int fd) {
  return synced(fd, SYS_fsync);
}

EXPORT int fdatasync(int fd) {
  return synced(fd, SYS_fdatasync);
}
