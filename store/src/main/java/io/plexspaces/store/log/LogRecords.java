package io.plexspaces.store.log;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.HostException;
import java.util.Optional;

/** {@link LogRecord}s as bytes. The format is in {@code docs/commit-log-format.md}. */
@SuppressWarnings("DoNotCallSuggester") // shape only, for now
public final class LogRecords {
  private LogRecords() {}

  /** What a record is about, read without the rest of it. */
  public sealed interface Head {
    AppId app();

    record Turn(ActorId actor, long epoch, long seq) implements Head {
      @Override
      public AppId app() {
        return actor.app();
      }
    }

    record Deleted(ActorId actor, long epoch) implements Head {
      @Override
      public AppId app() {
        return actor.app();
      }
    }

    record Purged(AppId app) implements Head {}

    record SpaceChanges(AppId app) implements Head {}
  }

  public static byte[] encode(LogRecord record) {
    throw new UnsupportedOperationException(record.toString());
  }

  /**
   * @throws HostException DATA_LOSS naming what is wrong if the bytes are not a record;
   *     FAILED_PRECONDITION if a later version wrote them
   */
  public static LogRecord decode(byte[] bytes) {
    throw new UnsupportedOperationException(Integer.toString(bytes.length));
  }

  /** As {@link #decode}, but only the beginning: what follows is not looked at. */
  public static Head head(byte[] bytes) {
    throw new UnsupportedOperationException(Optional.of(bytes).toString());
  }
}
