package io.plexspaces.store.log;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;

/** {@link LogRecord}s as bytes. The format is in {@code docs/commit-log-format.md}. */
public final class LogRecords {
  private static final int VERSION = 1;

  private static final int TURN = 1;
  private static final int DELETED = 2;
  private static final int PURGED = 3;
  private static final int SPACE_CHANGES = 4;

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
    RecordWriter w = new RecordWriter(expected(record));
    w.oneByte(VERSION);
    w.oneByte(
        switch (record) {
          case LogRecord.Turn t -> TURN;
          case LogRecord.Deleted d -> DELETED;
          case LogRecord.Purged p -> PURGED;
          case LogRecord.SpaceChanges c -> SPACE_CHANGES;
        });
    w.string(record.app().tenant());
    w.string(record.app().name());
    switch (record) {
      case LogRecord.Turn t -> {
        actor(w, t.actor(), t.epoch());
        TurnCodec.write(w, t.turn());
      }
      case LogRecord.Deleted d -> actor(w, d.actor(), d.epoch());
      case LogRecord.Purged p -> {}
      case LogRecord.SpaceChanges c -> TurnCodec.tuples(w, c.changes());
    }
    return w.toBytes();
  }

  /**
   * @throws HostException DATA_LOSS naming what is wrong if the bytes are not a record;
   *     FAILED_PRECONDITION if a later version wrote them
   */
  public static LogRecord decode(byte[] bytes) {
    RecordReader r = new RecordReader(bytes);
    try {
      int kind = kind(r);
      AppId app = app(r);
      LogRecord record =
          switch (kind) {
            case TURN -> new LogRecord.Turn(actor(r, app), epoch(r), TurnCodec.read(r));
            case DELETED -> new LogRecord.Deleted(actor(r, app), epoch(r));
            case PURGED -> new LogRecord.Purged(app);
            default -> new LogRecord.SpaceChanges(app, TurnCodec.tuples(r));
          };
      r.end();
      return record;
    } catch (HostException e) {
      throw explained(r, e);
    }
  }

  /** As {@link #decode}, but only the beginning: what follows is not looked at. */
  public static Head head(byte[] bytes) {
    RecordReader r = new RecordReader(bytes);
    try {
      int kind = kind(r);
      AppId app = app(r);
      return switch (kind) {
        case TURN -> new Head.Turn(actor(r, app), epoch(r), r.number("seq"));
        case DELETED -> new Head.Deleted(actor(r, app), epoch(r));
        case PURGED -> new Head.Purged(app);
        default -> new Head.SpaceChanges(app);
      };
    } catch (HostException e) {
      throw explained(r, e);
    }
  }

  private static int kind(RecordReader r) {
    int version = r.oneByte("the version");
    if (version == 0) {
      throw r.bad("its version is 0");
    }
    if (version > VERSION) {
      throw new HostException(
          ErrorCode.FAILED_PRECONDITION,
          "a record of the commit log has version "
              + version
              + ", and this node knows only "
              + VERSION
              + ": start the version of PlexSpaces that wrote it");
    }
    int kind = r.oneByte("the kind");
    if (kind < TURN || kind > SPACE_CHANGES) {
      throw r.bad("its kind is " + kind);
    }
    return kind;
  }

  /** Names and JSON that are not valid are refused elsewhere, and damage here. */
  private static HostException explained(RecordReader r, HostException e) {
    return e.code() == ErrorCode.INVALID_ARGUMENT ? r.bad(e.error().message()) : e;
  }

  private static void actor(RecordWriter w, ActorId actor, long epoch) {
    w.string(actor.type());
    w.string(actor.key());
    w.number(epoch);
  }

  private static AppId app(RecordReader r) {
    return new AppId(r.string("the tenant"), r.string("the app"));
  }

  private static ActorId actor(RecordReader r, AppId app) {
    return new ActorId(app, r.string("the actor's type"), r.string("the actor's key"));
  }

  private static long epoch(RecordReader r) {
    return r.number("the epoch");
  }

  /** Mostly enough, so that nothing is copied twice. */
  private static int expected(LogRecord record) {
    if (!(record instanceof LogRecord.Turn t)) {
      return 256;
    }
    long state = t.turn().state() == null ? 0 : t.turn().state().size();
    return (int) Math.min(1 << 20, 512 + state + t.turn().input().size());
  }
}
