package io.plexspaces.cli;

import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Writes values for people: JSON over several lines, and YAML. */
final class Render {
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z_][A-Za-z0-9_./-]*");

  /** Words that some YAML reader takes for something other than a string. */
  private static final Set<String> RESERVED =
      Set.of("true", "false", "null", "yes", "no", "on", "off", "y", "n");

  private Render() {}

  static String json(Value v) {
    StringBuilder out = new StringBuilder();
    json(out, v, 0);
    return out.append('\n').toString();
  }

  static String yaml(Value v) {
    StringBuilder out = new StringBuilder();
    yaml(out, v, 0, true);
    return out.toString();
  }

  private static void json(StringBuilder out, Value v, int depth) {
    switch (v) {
      case Value.Obj o when !o.fields().isEmpty() -> {
        String separator = "{\n";
        for (Map.Entry<String, Value> e : o.fields().entrySet()) {
          out.append(separator).append("  ".repeat(depth + 1)).append(quoted(e.getKey()));
          json(out.append(": "), e.getValue(), depth + 1);
          separator = ",\n";
        }
        out.append('\n').append("  ".repeat(depth)).append('}');
      }
      case Value.Arr a when !a.items().isEmpty() -> {
        String separator = "[\n";
        for (Value item : a.items()) {
          json(out.append(separator).append("  ".repeat(depth + 1)), item, depth + 1);
          separator = ",\n";
        }
        out.append('\n').append("  ".repeat(depth)).append(']');
      }
      default -> out.append(Json.writeString(v));
    }
  }

  /**
   * @param fresh whether the cursor stands at the start of a line or behind {@code "- "}
   */
  private static void yaml(StringBuilder out, Value v, int depth, boolean fresh) {
    switch (v) {
      case Value.Obj o when !o.fields().isEmpty() -> {
        boolean first = fresh;
        if (!fresh) {
          out.append('\n');
        }
        for (Map.Entry<String, Value> e : o.fields().entrySet()) {
          if (!first) {
            out.append("  ".repeat(depth));
          }
          first = false;
          out.append(scalar(e.getKey())).append(':');
          yaml(out, e.getValue(), depth + 1, false);
        }
      }
      case Value.Arr a when !a.items().isEmpty() -> {
        yamlItems(out, a.items(), depth, fresh);
      }
      default -> {
        if (!fresh) {
          out.append(' ');
        }
        out.append(v instanceof Value.Str s ? scalar(s.value()) : Json.writeString(v)).append('\n');
      }
    }
  }

  private static void yamlItems(StringBuilder out, List<Value> items, int depth, boolean fresh) {
    boolean first = fresh;
    if (!fresh) {
      out.append('\n');
    }
    for (Value item : items) {
      if (!first) {
        out.append("  ".repeat(depth));
      }
      first = false;
      yaml(out.append("- "), item, depth + 1, true);
    }
  }

  private static String scalar(String s) {
    return PLAIN.matcher(s).matches() && !RESERVED.contains(s.toLowerCase(java.util.Locale.ROOT))
        ? s
        : quoted(s);
  }

  private static String quoted(String s) {
    return Json.writeString(new Value.Str(s));
  }
}
