package io.plexspaces.store.log;

import java.io.IOException;

/** The control file of an open log. One thread at a time. */
final class ControlFile implements AutoCloseable {
  private final LogFiles files;
  private final LogFiles.LogFile file;
  private Control current;

  /** The place with the last generation that is known to be on disk is never written. */
  private long tried;

  private ControlFile(LogFiles files, LogFiles.LogFile file, Control current) {
    this.files = files;
    this.file = file;
    this.current = current;
    this.tried = current.generation();
  }

  /** Opens the file, making it if there is none. */
  static ControlFile open(LogFiles files, Control found) throws IOException {
    Control current = found;
    if (found.generation() == 0) {
      files.create();
      current = new Control(1, 0, 0, false, 0);
      current.create(files);
    }
    return new ControlFile(files, files.open(Control.NAME), current);
  }

  Control current() {
    return current;
  }

  /** On return it is on disk. */
  void write(long oldest, long durable, boolean clean, long epochs) throws IOException {
    long generation = tried + (tried % 2 == current.generation() % 2 ? 1 : 2);
    tried = generation;
    Control next = new Control(generation, oldest, durable, clean, epochs);
    try {
      next.write(file);
    } catch (IOException e) {
      throw new IOException(files.path(Control.NAME) + ": " + e.getMessage(), e);
    }
    current = next;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
