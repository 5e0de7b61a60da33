package io.plexspaces.store.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** The directory of a log as the log uses it, so that tests can have a disk that fails. */
interface LogFiles {
  /** The directory itself, made and on disk. */
  void create() throws IOException;

  /** Names of the files that are there; none if the directory is not. */
  List<String> names() throws IOException;

  LogFile open(String name) throws IOException;

  /** A new, empty file, in place of one that may be there. */
  LogFile create(String name) throws IOException;

  void rename(String from, String to) throws IOException;

  void delete(String name) throws IOException;

  /** Makes durable what was created, renamed and deleted. */
  void syncDirectory() throws IOException;

  /** For messages. */
  Path path(String name);

  /** An open file. */
  interface LogFile extends AutoCloseable {
    long size() throws IOException;

    /** Reads until {@code to} is full or the file ends. */
    void read(ByteBuffer to, long offset) throws IOException;

    /** Writes all of {@code from}. */
    void write(ByteBuffer from, long offset) throws IOException;

    /** Makes durable what was written, and the file's length. */
    void force() throws IOException;

    @Override
    void close() throws IOException;
  }
}
