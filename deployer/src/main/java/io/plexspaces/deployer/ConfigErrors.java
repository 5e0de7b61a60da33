package io.plexspaces.deployer;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Value;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * All that is wrong with a configuration file, collected so that one answer names it all. Not
 * thread-safe.
 */
public final class ConfigErrors {
  /** So many are shown; a file with more is not a file anybody meant to write. */
  private static final int SHOWN = 100;

  private final String file;
  // A set, since two readers of one value find the same error.
  private final Set<ConfigError> errors = new LinkedHashSet<>();

  /**
   * @param line in the file, from 1; 0 for what has no place in it, such as a command line option
   * @param column from 1; 0 where only the line is known
   */
  public record ConfigError(int line, int column, String message) {
    private String at(String file) {
      return line == 0
          ? file + ": " + message
          : column == 0
              ? file + ":" + line + ": " + message
              : file + ":" + line + ":" + column + ": " + message;
    }
  }

  /**
   * @param file how messages name the file
   */
  public ConfigErrors(String file) {
    this.file = file;
  }

  public void add(int line, String message) {
    add(line, 0, message);
  }

  public void add(int line, int column, String message) {
    errors.add(new ConfigError(line, column, message));
  }

  public boolean isEmpty() {
    return errors.isEmpty();
  }

  /** In the order of the file. */
  public List<ConfigError> list() {
    return errors.stream()
        .sorted(Comparator.comparingInt(ConfigError::line).thenComparingInt(ConfigError::column))
        .toList();
  }

  /**
   * INVALID_ARGUMENT with one error a line after their count, and {@code {"errors":[{"line":..,
   * "message":..}]}} as details.
   */
  public HostException toException() {
    List<ConfigError> all = list();
    StringBuilder text =
        new StringBuilder(file + " has " + all.size() + (all.size() == 1 ? " error:" : " errors:"));
    List<Value> details = new ArrayList<>();
    for (ConfigError e : all.subList(0, Math.min(SHOWN, all.size()))) {
      text.append('\n').append(e.at(file));
      Value.Obj.Builder entry =
          Value.Obj.builder().put("line", e.line()).put("message", e.message());
      details.add((e.column() == 0 ? entry : entry.put("column", e.column())).build());
    }
    if (all.size() > SHOWN) {
      text.append("\nand ").append(all.size() - SHOWN).append(" more");
    }
    return new HostException(
        new HostError(
            ErrorCode.INVALID_ARGUMENT,
            text.toString(),
            false,
            Value.Obj.builder().put("errors", new Value.Arr(details)).build(),
            false));
  }

  /**
   * @throws HostException {@link #toException} if there are any
   */
  public void throwIfAny() {
    if (!isEmpty()) {
      throw toException();
    }
  }
}
