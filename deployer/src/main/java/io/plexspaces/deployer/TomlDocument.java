package io.plexspaces.deployer;

import io.plexspaces.api.HostException;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.tomlj.Toml;
import org.tomlj.TomlParseError;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlVersion;

/**
 * A configuration file in TOML 1.1 (inline tables may go over several lines), to be read through
 * {@link TomlSection}s that collect every error. Not thread-safe.
 */
public final class TomlDocument {
  private final TomlParseResult parsed;
  private final ConfigErrors errors;

  private TomlDocument(TomlParseResult parsed, ConfigErrors errors) {
    this.parsed = parsed;
    this.errors = errors;
  }

  /**
   * Parses.
   *
   * @param file how messages name it
   * @throws HostException INVALID_ARGUMENT with every syntax error and its line and column
   */
  public static TomlDocument parse(String file, String text) {
    ConfigErrors errors = new ConfigErrors(file);
    // Some editors begin a file with a byte order mark, which is no part of it.
    String marked = text.startsWith("\uFEFF") ? text.substring(1) : text;
    TomlParseResult parsed = Toml.parse(marked, TomlVersion.V1_1_0);
    for (TomlParseError e : parsed.errors()) {
      errors.add(e.position().line(), e.position().column(), String.valueOf(e.getMessage()));
    }
    errors.throwIfAny();
    return new TomlDocument(parsed, errors);
  }

  /** The top level of the file. */
  public TomlSection root() {
    return new TomlSection(parsed, "", 1, null, errors);
  }

  /**
   * The top level of the file, where a value {@code key} of a table {@code section} is overridden
   * by the environment variable {@code <prefix>_<SECTION>_<KEY>}.
   *
   * @param environment such as {@code System::getenv}: answers null for what is not set
   */
  public TomlSection root(String prefix, UnaryOperator<@Nullable String> environment) {
    return new TomlSection(parsed, "", 1, new TomlSection.Environment(prefix, environment), errors);
  }

  /** What the sections of this document have found wrong so far. */
  public ConfigErrors errors() {
    return errors;
  }

  static TomlParseResult emptyTable() {
    return Toml.parse("", TomlVersion.V1_1_0);
  }
}
