package io.plexspaces.api.guest;

import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.Schema.Problem;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One check of a value. Used once, by one thread. */
final class SchemaCheck {
  /** So that neither a deep value nor nested alternatives overflow the stack of the caller. */
  private static final int MAX_DEPTH = 1500;

  /** Alternatives that refer to themselves could double the work with each level of a value. */
  private static final int MAX_STEPS = 5_000_000;

  /** Where in the value; a chain, because it becomes text only for a problem. */
  record Path(@Nullable Path parent, String name, int index) {
    static final Path ROOT = new Path(null, "", -1);

    @Override
    public String toString() {
      if (parent == null) {
        return "";
      }
      String before = parent.toString();
      return index >= 0
          ? before + "[" + index + "]"
          : before.isEmpty() ? shorten(name) : before + "." + shorten(name);
    }
  }

  private final int maxProblems;
  private final List<Problem> problems = new ArrayList<>(0);
  private final int[] steps;

  SchemaCheck(int maxProblems) {
    this(maxProblems, new int[1]);
  }

  private SchemaCheck(int maxProblems, int[] steps) {
    this.maxProblems = maxProblems;
    this.steps = steps;
  }

  List<Problem> problems() {
    return problems;
  }

  private void problem(Path at, String what) {
    if (problems.size() < maxProblems) {
      problems.add(new Problem(at.toString(), what));
    }
  }

  private boolean done() {
    return problems.size() >= maxProblems;
  }

  void check(SchemaNode n, Value v, Path at, int depth) {
    if (depth > MAX_DEPTH || ++steps[0] > MAX_STEPS) {
      problem(at, "is nested too deeply to be checked");
      return;
    }
    if (n.never) {
      problem(at, "is not allowed");
      return;
    }
    if (n.types != SchemaNode.ANY && !hasType(n, v)) {
      problem(at, "must be " + n.expects() + ", it is " + SchemaNode.word(v));
      return;
    }
    if (!n.allowed.isEmpty() && n.allowed.stream().noneMatch(a -> equal(a, v))) {
      problem(
          at,
          (n.allowed.size() == 1 ? "must be " : "must be one of ")
              + n.expects().replace(" or ", ", ")
              + ", it is "
              + show(v));
      return;
    }
    switch (v) {
      case Value.Str s -> string(n, s.value(), at);
      case Value.Int i -> number(n, v, at);
      case Value.BigInt i -> number(n, v, at);
      case Value.Num d -> number(n, v, at);
      case Value.Arr a -> array(n, a.items(), at, depth);
      case Value.Obj o -> object(n, o.fields(), at, depth);
      case Value.Bytes b -> {
        if (n.properties.containsKey(SchemaNode.BYTES)) {
          String text = Base64.getEncoder().encodeToString(b.value());
          object(n, Map.of(SchemaNode.BYTES, new Value.Str(text)), at, depth);
        }
      }
      case Value.Null none -> {}
      case Value.Bool b -> {}
    }
    SchemaNode ref = n.ref;
    if (ref != null) {
      check(ref, v, at, depth + 1);
    }
    if (!n.anyOf.isEmpty()) {
      anyOf(n, v, at, depth);
    }
  }

  static boolean hasType(SchemaNode n, Value v) {
    int wanted =
        switch (v) {
          case Value.Null x -> SchemaNode.NULL;
          case Value.Bool x -> SchemaNode.BOOLEAN;
          case Value.Int x -> SchemaNode.INTEGER | SchemaNode.NUMBER;
          case Value.BigInt x -> SchemaNode.INTEGER | SchemaNode.NUMBER;
          case Value.Num x ->
              Math.rint(x.value()) == x.value()
                  ? SchemaNode.INTEGER | SchemaNode.NUMBER
                  : SchemaNode.NUMBER;
          case Value.Str x -> SchemaNode.STRING;
          case Value.Arr x -> SchemaNode.ARRAY;
          case Value.Obj x -> SchemaNode.OBJECT;
          case Value.Bytes x -> n.properties.containsKey(SchemaNode.BYTES) ? SchemaNode.OBJECT : 0;
        };
    return (n.types & wanted) != 0;
  }

  private void string(SchemaNode n, String s, Path at) {
    if (n.minLength == 0 && n.maxLength >= s.length()) {
      return;
    }
    int length = s.codePointCount(0, s.length());
    if (length < n.minLength) {
      problem(at, "must have at least " + n.minLength + " characters, it has " + length);
    } else if (length > n.maxLength) {
      problem(at, "must have at most " + n.maxLength + " characters, it has " + length);
    }
  }

  private void number(SchemaNode n, Value v, Path at) {
    BigDecimal min = n.minimum;
    if (min != null && decimal(v).compareTo(min) < 0) {
      problem(at, "must be at least " + min.toPlainString() + ", it is " + show(v));
    }
    BigDecimal max = n.maximum;
    if (max != null && decimal(v).compareTo(max) > 0) {
      problem(at, "must be at most " + max.toPlainString() + ", it is " + show(v));
    }
  }

  private void array(SchemaNode n, List<Value> items, Path at, int depth) {
    if (items.size() < n.minItems) {
      problem(at, "must have at least " + n.minItems + " items, it has " + items.size());
    } else if (items.size() > n.maxItems) {
      problem(at, "must have at most " + n.maxItems + " items, it has " + items.size());
    }
    SchemaNode rest = n.items;
    int prefix = n.prefixItems.size();
    int last = rest == null ? Math.min(prefix, items.size()) : items.size();
    for (int i = 0; i < last && !done(); i++) {
      SchemaNode item = i < prefix ? n.prefixItems.get(i) : rest;
      if (item != null) {
        check(item, items.get(i), new Path(at, "", i), depth + 1);
      }
    }
  }

  private void object(SchemaNode n, Map<String, Value> fields, Path at, int depth) {
    for (String name : n.required) {
      if (!fields.containsKey(name)) {
        problem(new Path(at, name, -1), "is missing");
      }
    }
    Iterator<Map.Entry<String, SchemaNode>> properties = n.properties.entrySet().iterator();
    while (properties.hasNext() && !done()) {
      Map.Entry<String, SchemaNode> p = properties.next();
      Value v = fields.get(p.getKey());
      if (v != null) {
        check(p.getValue(), v, new Path(at, p.getKey(), -1), depth + 1);
      }
    }
    SchemaNode additional = n.additional;
    if (additional == null) {
      return;
    }
    for (Map.Entry<String, Value> f : fields.entrySet()) {
      if (done()) {
        return;
      }
      if (!n.properties.containsKey(f.getKey())) {
        Path field = new Path(at, f.getKey(), -1);
        if (additional.never) {
          problem(field, "is unknown" + known(n));
        } else {
          check(additional, f.getValue(), field, depth + 1);
        }
      }
    }
  }

  private static String known(SchemaNode n) {
    return n.properties.isEmpty()
        ? ""
        : ", the fields are " + shorten(String.join(", ", n.properties.keySet()));
  }

  private void anyOf(SchemaNode n, Value v, Path at, int depth) {
    SchemaCheck nearest = null;
    int near = 0;
    for (SchemaNode alternative : n.anyOf) {
      SchemaCheck tried = new SchemaCheck(maxProblems, steps);
      tried.check(alternative, v, at, depth + 1);
      if (tried.problems.isEmpty()) {
        return;
      }
      if (hasType(target(alternative), v)) {
        nearest = tried;
        near++;
      }
    }
    // The one that means this kind of value knows best what is wrong with it.
    if (nearest != null && near == 1) {
      for (Problem p : nearest.problems) {
        if (!done()) {
          problems.add(p);
        }
      }
    } else {
      problem(
          at,
          "must be "
              + n.expects()
              + (near == 0
                  ? ", it is " + SchemaNode.word(v)
                  : ", none of the " + n.anyOf.size() + " alternatives takes it"));
    }
  }

  private static SchemaNode target(SchemaNode n) {
    SchemaNode t = n;
    while (t.ref != null && t.types == SchemaNode.ANY) {
      t = t.ref;
    }
    return t;
  }

  /** Whether bytes that are not JSON are what the schema is for. */
  static boolean takesBytes(SchemaNode n) {
    if (n.never || !n.allowed.isEmpty()) {
      return false;
    }
    if (n.isBytes()) {
      return true;
    }
    SchemaNode ref = n.ref;
    return n.types == SchemaNode.ANY
        && n.properties.isEmpty()
        && n.required.isEmpty()
        && (ref == null || takesBytes(ref))
        && (n.anyOf.isEmpty() || n.anyOf.stream().anyMatch(SchemaCheck::takesBytes));
  }

  /** JSON Schema's equality: numbers by value, objects regardless of order. */
  static boolean equal(Value a, Value b) {
    if (isNumber(a) && isNumber(b)) {
      return decimal(a).compareTo(decimal(b)) == 0;
    }
    if (a instanceof Value.Arr x && b instanceof Value.Arr y) {
      if (x.items().size() != y.items().size()) {
        return false;
      }
      for (int i = 0; i < x.items().size(); i++) {
        if (!equal(x.items().get(i), y.items().get(i))) {
          return false;
        }
      }
      return true;
    }
    if (a instanceof Value.Obj x && b instanceof Value.Obj y) {
      return x.fields().size() == y.fields().size()
          && x.fields().entrySet().stream()
              .allMatch(e -> {
                Value other = y.get(e.getKey());
                return other != null && equal(e.getValue(), other);
              });
    }
    return a.equals(b);
  }

  private static boolean isNumber(Value v) {
    return v instanceof Value.Int || v instanceof Value.BigInt || v instanceof Value.Num;
  }

  static BigDecimal decimal(Value v) {
    return switch (v) {
      case Value.Int i -> BigDecimal.valueOf(i.value());
      case Value.BigInt i -> new BigDecimal(i.value());
      case Value.Num n -> new BigDecimal(n.value());
      default -> throw new IllegalArgumentException(v + " is no number");
    };
  }

  /** A value in a sentence. */
  static String show(Value v) {
    return v instanceof Value.Arr || v instanceof Value.Obj || v instanceof Value.Bytes
        ? SchemaNode.word(v)
        : shorten(Json.writeString(v));
  }

  private static String shorten(String s) {
    return s.length() <= 60 ? s : s.substring(0, s.offsetByCodePoints(0, 57)) + "...";
  }
}
