package io.plexspaces.system.crash;

/** Something a process did to its files, as {@code disk_log.c} has recorded it. */
sealed interface DiskEvent {
  /** A process began; the descriptors of the one before are gone. */
  record Started() implements DiskEvent {}

  /**
   * @param created whether there was no file of that name
   * @param truncated whether it lost its bytes
   * @param synced whether each write is on disk when it returns
   */
  record Opened(
      int fd, String path, boolean created, boolean truncated, boolean directory, boolean synced)
      implements DiskEvent {}

  record Closed(int fd) implements DiskEvent {}

  record Duplicated(int fd, int to) implements DiskEvent {}

  /** The array belongs to the event. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Wrote(int fd, long offset, byte[] bytes) implements DiskEvent {}

  record Truncated(int fd, long length) implements DiskEvent {}

  /** The file has at least that length, with zeros where nothing was written. */
  record Extended(int fd, long length) implements DiskEvent {}

  /** Whatever was done to the file or directory before this is on disk at the end of the sync. */
  record SyncBegun(int fd, long number) implements DiskEvent {}

  record SyncEnded(int fd, long number) implements DiskEvent {}

  record Renamed(String from, String to) implements DiskEvent {}

  /** A name of a file or of an empty directory is gone. */
  record Removed(String path) implements DiskEvent {}

  record MadeDirectory(String path) implements DiskEvent {}

  /** The process said something, in a file that is not on the disk under test. */
  record Marked(String text) implements DiskEvent {}
}
