package io.plexspaces.deployer;

import static java.time.format.DateTimeFormatter.ISO_LOCAL_DATE_TIME;
import static java.time.format.DateTimeFormatter.ISO_LOCAL_TIME;
import static java.time.format.DateTimeFormatter.ISO_OFFSET_DATE_TIME;

import io.plexspaces.api.Value;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tomlj.TomlArray;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/** Free values of a configuration file as the JSON that a guest gets. */
final class TomlValues {
  private TomlValues() {}

  /** Told of what has no JSON form; a line of 0 is unknown. */
  interface Refusal {
    void at(int line, String message);
  }

  static Value.Obj object(TomlTable table, Refusal refusal) {
    Map<String, Value> fields = new LinkedHashMap<>();
    for (String key : table.keySet()) {
      Object v = table.get(List.of(key));
      if (v != null) {
        fields.put(key, value(v, line(table.inputPositionOf(List.of(key))), refusal));
      }
    }
    return new Value.Obj(fields);
  }

  private static Value value(Object v, int line, Refusal refusal) {
    return switch (v) {
      case String s -> new Value.Str(s);
      case Long n -> new Value.Int(n);
      case Boolean b -> new Value.Bool(b);
      case Double d -> {
        if (!Double.isFinite(d)) {
          refusal.at(line, "a value of args must be a finite number, it is " + d);
          yield Value.NULL;
        }
        yield new Value.Num(d);
      }
      case TomlTable t -> object(t, refusal);
      case TomlArray a -> {
        List<Value> items = new ArrayList<>();
        for (int i = 0; i < a.size(); i++) {
          items.add(value(a.get(i), line(a.inputPositionOf(i)), refusal));
        }
        yield new Value.Arr(items);
      }
      // toString would leave out seconds that are zero.
      case OffsetDateTime t -> new Value.Str(ISO_OFFSET_DATE_TIME.format(t));
      case LocalDateTime t -> new Value.Str(ISO_LOCAL_DATE_TIME.format(t));
      case LocalTime t -> new Value.Str(ISO_LOCAL_TIME.format(t));
      default -> new Value.Str(v.toString());
    };
  }

  private static int line(@Nullable TomlPosition p) {
    return p == null ? 0 : p.line();
  }
}
