package io.plexspaces.store;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import java.nio.file.Path;
import java.sql.SQLException;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** What SQLite's errors mean to the host. Each names the file. */
final class SqliteErrors {
  private SqliteErrors() {}

  static HostException of(Path file, SQLException e) {
    // Extended codes carry the primary one in their low byte.
    SQLiteErrorCode extended =
        e instanceof SQLiteException s ? s.getResultCode() : SQLiteErrorCode.SQLITE_ERROR;
    SQLiteErrorCode primary = SQLiteErrorCode.getErrorCode(extended.code & 0xff);
    return switch (primary) {
      case SQLITE_BUSY, SQLITE_LOCKED ->
          error(ErrorCode.UNAVAILABLE, file, "is busy: another program holds it", e);
      case SQLITE_FULL ->
          error(ErrorCode.UNAVAILABLE, file, "cannot be written: the disk is full", e);
      case SQLITE_CORRUPT -> error(ErrorCode.DATA_LOSS, file, "is damaged: " + e.getMessage(), e);
      case SQLITE_NOTADB -> error(ErrorCode.DATA_LOSS, file, "is damaged: not a database", e);
      case SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM, SQLITE_NOMEM ->
          error(ErrorCode.UNAVAILABLE, file, "cannot be used: " + e.getMessage(), e);
      case SQLITE_TOOBIG ->
          new HostException(
              HostError.lasting(
                  ErrorCode.RESOURCE_EXHAUSTED, file + " cannot hold a value that large"));
      case SQLITE_CONSTRAINT ->
          error(ErrorCode.ALREADY_EXISTS, file, "has that already: " + e.getMessage(), e);
      default -> error(ErrorCode.INTERNAL, file, "failed: " + e.getMessage(), e);
    };
  }

  /** Whether the disk has no room, or fails: nothing else on it can be written either. */
  static boolean isNoRoom(HostException e) {
    return e.getCause() instanceof SQLiteException s
        && switch (SQLiteErrorCode.getErrorCode(s.getResultCode().code & 0xff)) {
          case SQLITE_FULL, SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_READONLY -> true;
          default -> false;
        };
  }

  private static HostException error(ErrorCode code, Path file, String what, Exception e) {
    return new HostException(code, file + " " + what, e);
  }
}
