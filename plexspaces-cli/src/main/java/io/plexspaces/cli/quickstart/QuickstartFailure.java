package io.plexspaces.cli.quickstart;

import java.util.List;

/** What kept quickstart from its end, in one sentence that also says what to do. */
public final class QuickstartFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean usage;
  private final String sentence;
  private final transient List<String> details;

  private QuickstartFailure(boolean usage, String message, List<String> details) {
    super(message);
    this.usage = usage;
    this.sentence = message;
    this.details = List.copyOf(details);
  }

  static QuickstartFailure of(String message) {
    return new QuickstartFailure(false, message, List.of());
  }

  static QuickstartFailure of(String message, List<String> details) {
    return new QuickstartFailure(false, message, details);
  }

  /** For a command line that cannot be right. */
  static QuickstartFailure usage(String message) {
    return new QuickstartFailure(true, message, List.of());
  }

  QuickstartFailure causedBy(Throwable cause) {
    initCause(cause);
    return this;
  }

  /** Whether the command line was wrong, not what it asked for. */
  public boolean isUsage() {
    return usage;
  }

  /** What, and what to do. */
  public String sentence() {
    return sentence;
  }

  /** Further lines, such as the end of a log. */
  public List<String> details() {
    return details;
  }
}
