package io.plexspaces.cli;

import java.util.List;

/** A failure told to the user in one line; never with a stack trace unless {@code --debug}. */
final class CliException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Exit status where the request failed. */
  static final int FAILED = 1;

  /** Exit status of a command line that cannot be right. */
  static final int USAGE = 2;

  private final int status;
  private final transient List<String> details;
  private String code = "";

  private CliException(int status, String message, List<String> details) {
    super(message);
    this.status = status;
    this.details = List.copyOf(details);
  }

  static CliException failed(String message) {
    return new CliException(FAILED, message, List.of());
  }

  static CliException failed(String message, List<String> details) {
    return new CliException(FAILED, message, details);
  }

  static CliException usage(String message) {
    return new CliException(USAGE, message, List.of());
  }

  CliException causedBy(Throwable cause) {
    initCause(cause);
    return this;
  }

  CliException withCode(String c) {
    code = c;
    return this;
  }

  /** The code that the node refused with, such as NOT_FOUND; empty where it was not the node. */
  String code() {
    return code;
  }

  int status() {
    return status;
  }

  /** Further lines, such as each error of a configuration. */
  List<String> details() {
    return details;
  }
}
