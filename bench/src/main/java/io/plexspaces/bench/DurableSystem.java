package io.plexspaces.bench;

import java.nio.file.Path;

/** Something that keeps what it is told. */
interface DurableSystem extends AutoCloseable {
  /** One change of one actor, or the like: returns when it would survive a power loss. */
  void turn(int actor);

  @Override
  void close();

  /** Makes one in an empty directory. */
  @FunctionalInterface
  interface Factory {
    DurableSystem open(Path directory, int actors) throws Exception;
  }
}
