package io.plexspaces.deployer;

import io.plexspaces.api.Value;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.tomlj.TomlArray;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/**
 * A table of a configuration file. Its readers never throw: they add to the document's {@link
 * ConfigErrors} and answer empty or the given default, so that one pass finds every error. A key
 * that no reader asked for is unknown: {@link #done} says so. Not thread-safe.
 */
public final class TomlSection {
  private final TomlTable table;
  private final String label;
  private final int line;
  private final @Nullable Environment environment;
  private final ConfigErrors errors;
  private final Set<String> known = new LinkedHashSet<>();

  /**
   * @param prefix of the variables of this table
   */
  record Environment(String prefix, UnaryOperator<@Nullable String> variables) {
    String variable(String key) {
      return prefix + "_" + key.toUpperCase(Locale.ROOT).replace('-', '_');
    }
  }

  /** A value from the environment, where everything is text. */
  private record Variable(String name, String text) {}

  TomlSection(
      TomlTable table,
      String label,
      int line,
      @Nullable Environment environment,
      ConfigErrors errors) {
    this.table = table;
    this.label = label;
    this.line = line;
    this.environment = environment;
    this.errors = errors;
  }

  /** How messages name it, such as {@code [supervisor]}; empty for the top level. */
  public String label() {
    return label;
  }

  /** The same table, named differently in messages. */
  TomlSection named(String newLabel) {
    return new TomlSection(table, newLabel, line, environment, errors);
  }

  /** Where the table begins; 0 if it is not in the file. */
  public int line() {
    return line;
  }

  /** Where {@code key} is, else where the table begins. */
  public int line(String key) {
    TomlPosition p = table.inputPositionOf(List.of(key));
    return p == null ? line : p.line();
  }

  public Set<String> keys() {
    return table.keySet();
  }

  public boolean has(String key) {
    return raw(key) != null;
  }

  /** Adds an error at {@code key}. */
  public void error(String key, String message) {
    Object v = raw(key);
    errors.add(v instanceof Variable ? 0 : line(key), message);
  }

  /** {@code key in [label]}, as messages say it. */
  public String name(String key) {
    return name(key, key);
  }

  private String name(String shown, String key) {
    return raw(key) instanceof Variable v ? v.name() : shown + in();
  }

  /** Refuses {@code key} if it is there. */
  public void unsupported(String key) {
    if (has(key)) {
      error(key, name(key) + " is not supported by this version");
    }
  }

  public Optional<String> string(String key) {
    Object v = raw(key);
    if (v instanceof Variable t) {
      return Optional.of(t.text());
    }
    return v instanceof String s ? Optional.of(s) : wrongType(key, v, "a string");
  }

  /** As {@link #string}, but its absence is an error. */
  public Optional<String> requiredString(String key) {
    if (!has(key)) {
      errors.add(line, key + " is missing" + in());
      return Optional.empty();
    }
    return string(key);
  }

  public Optional<Boolean> bool(String key) {
    Object v = raw(key);
    if (v instanceof Variable t && (t.text().equals("true") || t.text().equals("false"))) {
      return Optional.of(t.text().equals("true"));
    }
    return v instanceof Boolean b ? Optional.of(b) : wrongType(key, v, "true or false");
  }

  public Optional<Long> integer(String key, long min, long max) {
    Object v = raw(key);
    if (v instanceof Variable t && t.text().matches("[+-]?[0-9]{1,18}")) {
      return inRange(key, Long.parseLong(t.text()), min, max, t.text(), Object::toString);
    }
    return v instanceof Long n
        ? inRange(key, n, min, max, n.toString(), Object::toString)
        : wrongType(key, v, "an integer");
  }

  /** A duration such as {@code "30s"}; ms, s, m, h and d. */
  public Optional<Duration> duration(String key, Duration min, Duration max) {
    return text(key, "a duration such as \"250ms\", \"30s\", \"5m\", \"2h\" or \"7d\"")
        .flatMap(s -> {
          Optional<Duration> d = Units.duration(s);
          return d.isPresent()
              ? inRange(key, d.get(), min, max, quoted(s), Units::show)
              : refused(key, "a duration such as \"250ms\", \"30s\", \"5m\" or \"7d\"", s);
        });
  }

  /** A size such as {@code "64MiB"}, in bytes; B, KiB, MiB and GiB. */
  public Optional<Long> size(String key, long min, long max) {
    return text(key, "a size such as \"64MiB\" or \"1GiB\"")
        .flatMap(s -> {
          Optional<Long> n = Units.size(s);
          return n.isPresent()
              ? inRange(key, n.get(), min, max, quoted(s), Units::show)
              : refused(key, "a size such as \"64MiB\" or \"1GiB\"", s);
        });
  }

  /**
   * One of some words.
   *
   * @param choices what each word means
   * @param later words that are understood and refused as not supported yet
   */
  public <T> Optional<T> oneOf(String key, Map<String, T> choices, Set<String> later) {
    return string(key)
        .flatMap(s -> {
          T choice = choices.get(s);
          if (choice != null) {
            return Optional.of(choice);
          }
          Set<String> all = new LinkedHashSet<>(choices.keySet());
          all.addAll(later);
          error(
              key,
              later.contains(s)
                  ? name(key + " " + quoted(s), key)
                      + " is not supported by this version, which has "
                      + String.join(", ", choices.keySet())
                  : name(key)
                      + " must be one of "
                      + String.join(", ", all)
                      + ", it is "
                      + quoted(s)
                      + Suggestion.of(s, all));
          return Optional.empty();
        });
  }

  /** An array of strings; the default of an absent one is the caller's. */
  public Optional<List<String>> strings(String key) {
    Object v = raw(key);
    if (v instanceof Variable t) {
      return Optional.of(
          t.text().isBlank() ? List.of() : List.of(t.text().strip().split("\\s*,\\s*", -1)));
    }
    if (!(v instanceof TomlArray a)) {
      return wrongType(key, v, "an array of strings");
    }
    List<String> items = new ArrayList<>();
    for (int i = 0; i < a.size(); i++) {
      if (a.get(i) instanceof String s) {
        items.add(s);
      } else {
        errors.add(
            line(a, i), name(key) + " must hold strings only, it has " + described(a.get(i)));
      }
    }
    return Optional.of(items);
  }

  /** A table, named {@code [a.b]}; an empty one where it is absent. */
  public TomlSection table(String key) {
    return table(key, label.isEmpty() ? "[" + key + "]" : dotted(key));
  }

  /** As {@link #table(String)}, with a name for messages. */
  TomlSection table(String key, String newLabel) {
    Object v = raw(key);
    Environment inner =
        environment == null
            ? null
            : new Environment(environment.variable(key), environment.variables());
    if (v instanceof TomlTable t) {
      return new TomlSection(t, newLabel, line(key), inner, errors);
    }
    wrongType(key, v, "a table");
    return new TomlSection(TomlDocument.emptyTable(), newLabel, 0, inner, errors);
  }

  /** An array of tables, all of the same name. */
  List<TomlSection> tables(String key, String newLabel) {
    Object v = raw(key);
    List<TomlSection> sections = new ArrayList<>();
    if (!(v instanceof TomlArray a)) {
      wrongType(key, v, "an array of tables");
      return sections;
    }
    for (int i = 0; i < a.size(); i++) {
      if (a.get(i) instanceof TomlTable t) {
        sections.add(new TomlSection(t, newLabel, line(a, i), null, errors));
      } else {
        errors.add(line(a, i), name(key) + " must hold tables only, it has " + described(a.get(i)));
      }
    }
    return sections;
  }

  /** A table of free values as a JSON object; dates become strings. Empty where it is absent. */
  Value.Obj values(String key) {
    TomlSection t = table(key);
    return TomlValues.object(
        t.table, (at, message) -> errors.add(at == 0 ? line(key) : at, message + in()));
  }

  /** Refuses every key that no reader has asked for. To be called after the last of them. */
  public void done() {
    for (String key : table.keySet()) {
      if (!known.contains(key)) {
        errors.add(line(key), "unknown key " + quoted(key) + in() + Suggestion.of(key, known));
      }
    }
  }

  ConfigErrors errors() {
    return errors;
  }

  static String quoted(String s) {
    return "\"" + (s.length() <= 80 ? s : s.substring(0, 77) + "...") + "\"";
  }

  private @Nullable Object raw(String key) {
    known.add(key);
    // Variables name a table and a key: the top level has no variables of its own.
    if (environment != null && !label.isEmpty()) {
      String name = environment.variable(key);
      String text = environment.variables().apply(name);
      if (text != null) {
        return new Variable(name, text);
      }
    }
    return table.get(List.of(key));
  }

  private String in() {
    return label.isEmpty() ? "" : " in " + label;
  }

  private String dotted(String key) {
    return label.startsWith("[") && !label.startsWith("[[")
        ? label.substring(0, label.length() - 1) + "." + key + "]"
        : key + " of " + label;
  }

  private int line(TomlArray a, int i) {
    TomlPosition p = a.inputPositionOf(i);
    return p == null ? line : p.line();
  }

  private Optional<String> text(String key, String expected) {
    Object v = raw(key);
    if (v instanceof Variable t) {
      return Optional.of(t.text());
    }
    return v instanceof String s ? Optional.of(s) : wrongType(key, v, expected);
  }

  private <T> Optional<T> refused(String key, String expected, String text) {
    error(key, name(key) + " must be " + expected + ", it is " + quoted(text));
    return Optional.empty();
  }

  private <T> Optional<T> wrongType(String key, @Nullable Object v, String expected) {
    if (v != null) {
      error(key, name(key) + " must be " + expected + ", it is " + described(v));
    }
    return Optional.empty();
  }

  private <T extends Comparable<T>> Optional<T> inRange(
      String key, T v, T min, T max, String text, Function<T, String> show) {
    if (v.compareTo(min) >= 0 && v.compareTo(max) <= 0) {
      return Optional.of(v);
    }
    error(
        key,
        name(key)
            + " must be between "
            + show.apply(min)
            + " and "
            + show.apply(max)
            + ", it is "
            + text);
    return Optional.empty();
  }

  private static String described(Object v) {
    return switch (v) {
      case String s -> "the string " + quoted(s);
      case Variable t -> quoted(t.text());
      case Long n -> "the integer " + n;
      case Double d -> "the number " + d;
      case Boolean b -> "the boolean " + b;
      case TomlArray a -> "an array";
      case TomlTable t -> "a table";
      default -> "the date or time " + v;
    };
  }
}
