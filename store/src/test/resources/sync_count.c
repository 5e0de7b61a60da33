/* Preloaded into a process, counts its syncs: each call appends one byte to $SYNC_COUNT_FILE. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static void count(void) {
  const char *name = getenv("SYNC_COUNT_FILE");
  int fd = name ? open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
  if (fd < 0) {
    return;
  }
  if (write(fd, "s", 1) != 1) {
    abort();
  }
  close(fd);
}

int fsync(int fd) {
  count();
  return (int) syscall(SYS_fsync, fd);
}

int fdatasync(int fd) {
  count();
  return (int) syscall(SYS_fdatasync, fd);
}
