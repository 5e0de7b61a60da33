package io.plexspaces.store.log;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;

/** What goes wrong with a log. Each names the file. */
final class LogErrors {
  private LogErrors() {}

  static HostException unavailable(Path file, IOException e) {
    String what = e instanceof FileSystemException f && f.getReason() != null ? f.getReason() : "";
    String reason = what.isEmpty() ? String.valueOf(e.getMessage()) : what;
    return new HostException(
        ErrorCode.UNAVAILABLE,
        reason.contains("No space left")
            ? file
                + " cannot be written: the disk is full; when there is space it goes on by itself"
            : file + " cannot be used: " + reason,
        e);
  }

  static HostException dataLoss(Path file, long offset, String what) {
    return new HostException(
        ErrorCode.DATA_LOSS,
        file + " is damaged at byte " + offset + ": " + what + "; restore it from a backup");
  }

  static HostException missing(Path file, String why) {
    return new HostException(
        ErrorCode.DATA_LOSS, file + " is missing: " + why + "; restore it from a backup");
  }

  static HostException tooLarge(int bytes) {
    return new HostException(
        HostError.lasting(
            ErrorCode.INVALID_ARGUMENT,
            "a record of "
                + bytes
                + " bytes does not fit into the commit log: at most "
                + CommitLog.MAX_RECORD_BYTES));
  }

  static HostException closed() {
    return new HostException(ErrorCode.UNAVAILABLE, "the commit log is closed");
  }

  static HostException later(Path file, int format) {
    return new HostException(
        ErrorCode.FAILED_PRECONDITION,
        file
            + " has format "
            + format
            + ", and this node knows only "
            + SegmentHeader.FORMAT
            + ": start the version of PlexSpaces that wrote it");
  }
}
