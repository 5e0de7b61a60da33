package io.plexspaces.api.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** The compiled check against an interpreter that reads the schema again for every value. */
class SchemaPropertyTest {
  private static final List<String> TYPES =
      List.of("null", "boolean", "integer", "number", "string", "array", "object");

  @Property(tries = 20_000)
  void compiledAndInterpretedAgree(@ForAll long seed) {
    Random r = new Random(seed);
    Value.Obj schema = schema(r, 3, true);
    Value v = value(r, 3);
    assertThat(Schema.compile(schema).check(v, 1000).isEmpty())
        .as("%s against %s", Json.writeString(v), Json.writeString(schema))
        .isEqualTo(takes(schema, schema, v));
  }

  private static Value.Obj schema(Random r, int depth, boolean root) {
    Map<String, Value> s = new LinkedHashMap<>();
    if (root) {
      s.put(
          "$defs",
          Value.Obj.builder()
              .put("A", schema(r, 1, false))
              .put(
                  "List",
                  Json.read(
                      "{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"object\",\"properties\":"
                          + "{\"a\":{\"$ref\":\"#/$defs/List\"}},\"required\":[\"a\"]}]}"))
              .build());
    }
    if (r.nextInt(3) > 0) {
      List<Value> types = new ArrayList<>();
      for (int i = r.nextInt(4); i >= 0; i--) {
        types.add(new Value.Str(TYPES.get(r.nextInt(TYPES.size()))));
      }
      s.put("type", types.size() == 1 ? types.getFirst() : new Value.Arr(types));
    }
    if (r.nextInt(6) == 0) {
      s.put("enum", Value.Arr.of(value(r, 1), value(r, 1), value(r, 0)));
    }
    if (r.nextInt(4) == 0) {
      s.put(r.nextBoolean() ? "minimum" : "maximum", new Value.Int(r.nextInt(5) - 2));
      s.put(r.nextBoolean() ? "minLength" : "maxItems", new Value.Int(r.nextInt(3)));
      if (r.nextBoolean()) {
        s.put("maxLength", new Value.Int(2 + r.nextInt(2)));
      }
    }
    if (r.nextInt(6) == 0 && depth > 1) {
      s.put("$ref", new Value.Str(r.nextBoolean() ? "#/$defs/A" : "#/$defs/List"));
    }
    if (depth > 0) {
      if (r.nextInt(2) == 0) {
        s.put(
            "properties",
            Value.Obj.builder()
                .put("a", schema(r, depth - 1, false))
                .put("b", schema(r, depth - 1, false))
                .build());
      }
      if (r.nextInt(3) == 0) {
        s.put("required", Value.Arr.of(new Value.Str(r.nextBoolean() ? "a" : "c")));
      }
      if (r.nextInt(3) == 0) {
        s.put(
            "additionalProperties",
            r.nextBoolean() ? new Value.Bool(r.nextBoolean()) : schema(r, depth - 1, false));
      }
      if (r.nextInt(3) == 0) {
        s.put("items", schema(r, depth - 1, false));
      }
      if (r.nextInt(4) == 0) {
        s.put("prefixItems", Value.Arr.of(schema(r, depth - 1, false)));
      }
      if (r.nextInt(4) == 0) {
        s.put("anyOf", Value.Arr.of(schema(r, depth - 1, false), schema(r, depth - 1, false)));
      }
    }
    return new Value.Obj(s);
  }

  private static Value value(Random r, int depth) {
    return switch (r.nextInt(depth > 0 ? 9 : 6)) {
      case 0 -> Value.NULL;
      case 1 -> new Value.Bool(r.nextBoolean());
      case 2 -> new Value.Int(r.nextInt(5) - 2);
      case 3 -> new Value.Num((r.nextInt(9) - 4) / 2.0);
      case 4, 5 -> new Value.Str("x".repeat(r.nextInt(4)));
      case 6 -> {
        List<Value> items = new ArrayList<>();
        for (int i = r.nextInt(4); i > 0; i--) {
          items.add(value(r, depth - 1));
        }
        yield new Value.Arr(items);
      }
      default -> {
        Map<String, Value> fields = new LinkedHashMap<>();
        for (String name : List.of("a", "b", "c")) {
          if (r.nextBoolean()) {
            fields.put(name, value(r, depth - 1));
          }
        }
        yield new Value.Obj(fields);
      }
    };
  }

  // ---- the interpreter, as close to the words of the specification as can be

  private static boolean takes(Value.Obj root, Value schema, Value v) {
    if (schema instanceof Value.Bool b) {
      return b.value();
    }
    Value.Obj s = (Value.Obj) schema;
    for (Map.Entry<String, Value> e : s.fields().entrySet()) {
      if (!keyword(root, s, e.getKey(), e.getValue(), v)) {
        return false;
      }
    }
    return true;
  }

  private static boolean keyword(Value.Obj root, Value.Obj s, String word, Value arg, Value v) {
    return switch (word) {
      case "type" ->
          (arg instanceof Value.Arr a ? a.items() : List.of(arg))
              .stream().anyMatch(t -> isA(((Value.Str) t).value(), v));
      case "enum" -> ((Value.Arr) arg).items().stream().anyMatch(x -> same(x, v));
      case "minimum" -> !isA("number", v) || number(v).compareTo(number(arg)) >= 0;
      case "maximum" -> !isA("number", v) || number(v).compareTo(number(arg)) <= 0;
      case "minLength" -> !(v instanceof Value.Str t) || t.value().length() >= count(arg);
      case "maxLength" -> !(v instanceof Value.Str t) || t.value().length() <= count(arg);
      case "minItems" -> !(v instanceof Value.Arr a) || a.items().size() >= count(arg);
      case "maxItems" -> !(v instanceof Value.Arr a) || a.items().size() <= count(arg);
      case "required" ->
          !(v instanceof Value.Obj o)
              || ((Value.Arr) arg)
                  .items().stream().allMatch(n -> o.get(((Value.Str) n).value()) != null);
      case "properties" ->
          !(v instanceof Value.Obj o)
              || ((Value.Obj) arg)
                  .fields().entrySet().stream()
                      .allMatch(p ->
                          !o.fields().containsKey(p.getKey())
                              || takes(root, p.getValue(), o.fields().get(p.getKey())));
      case "additionalProperties" ->
          !(v instanceof Value.Obj o)
              || o.fields().entrySet().stream()
                  .allMatch(f ->
                      s.object("properties").fields().containsKey(f.getKey())
                          || takes(root, arg, f.getValue()));
      case "items" -> {
        List<Value> items = v instanceof Value.Arr a ? a.items() : List.of();
        int skip = Math.min(items.size(), s.array("prefixItems").size());
        yield items.subList(skip, items.size()).stream().allMatch(i -> takes(root, arg, i));
      }
      case "prefixItems" -> {
        List<Value> items = v instanceof Value.Arr a ? a.items() : List.of();
        yield items.isEmpty()
            || takes(root, ((Value.Arr) arg).items().getFirst(), items.getFirst());
      }
      case "anyOf" -> ((Value.Arr) arg).items().stream().anyMatch(x -> takes(root, x, v));
      case "$ref" -> {
        String name = ((Value.Str) arg).value().substring("#/$defs/".length());
        yield takes(root, root.object("$defs").object(name), v);
      }
      default -> true;
    };
  }

  private static long count(Value v) {
    return ((Value.Int) v).value();
  }

  private static BigDecimal number(Value v) {
    return v instanceof Value.Int i
        ? new BigDecimal(i.value())
        : new BigDecimal(((Value.Num) v).value());
  }

  private static boolean isA(String type, Value v) {
    return switch (type) {
      case "null" -> v instanceof Value.Null;
      case "boolean" -> v instanceof Value.Bool;
      case "integer" -> v instanceof Value.Int || (v instanceof Value.Num n && n.value() % 1 == 0);
      case "number" -> v instanceof Value.Int || v instanceof Value.Num;
      case "string" -> v instanceof Value.Str;
      case "array" -> v instanceof Value.Arr;
      default -> v instanceof Value.Obj;
    };
  }

  private static boolean same(Value a, Value b) {
    if (isA("number", a) && isA("number", b)) {
      return number(a).compareTo(number(b)) == 0;
    }
    if (a instanceof Value.Arr x && b instanceof Value.Arr y) {
      boolean all = x.items().size() == y.items().size();
      for (int i = 0; all && i < x.items().size(); i++) {
        all = same(x.items().get(i), y.items().get(i));
      }
      return all;
    }
    if (a instanceof Value.Obj x && b instanceof Value.Obj y) {
      boolean all = x.fields().keySet().equals(y.fields().keySet());
      for (String name : x.fields().keySet()) {
        Value left = x.get(name);
        Value right = y.get(name);
        all = all && left != null && right != null && same(left, right);
      }
      return all;
    }
    return a.equals(b);
  }
}
