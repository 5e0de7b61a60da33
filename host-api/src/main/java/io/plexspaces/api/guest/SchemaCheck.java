package io.plexspaces.api.guest;

import static java.util.stream.Collectors.joining;

import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.Schema.Problem;
import java.math.BigDecimal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One check of a value. Used once, by one thread. */
final class SchemaCheck {
  /** So that neither a deep value nor nested alternatives overflow the stack of the caller. */
  private static final int MAX_DEPTH = 1500;

  /** What a comparison of so many characters or bytes costs is one step. */
  private static final int CHARS_A_STEP = 64;

  private static final int MAX_PATH = 32;
  private static final int MAX_SHOWN = 60;

  /** Where in the value; a chain, because it becomes text only for a problem. */
  record Path(@Nullable Path parent, String name, int index) {
    static final Path ROOT = new Path(null, "", -1);

    /** Of a deep path only the end. */
    @Override
    public String toString() {
      Deque<Path> parts = new ArrayDeque<>();
      Path p = this;
      while (p.parent != null && parts.size() < MAX_PATH) {
        parts.push(p);
        p = p.parent;
      }
      StringBuilder out = new StringBuilder(p.parent == null ? "" : "...");
      for (Path part : parts) {
        if (part.index >= 0) {
          out.append('[').append(part.index).append(']');
        } else {
          out.append(out.isEmpty() ? "" : ".").append(shorten(part.name));
        }
      }
      return out.toString();
    }
  }

  /** What is wrong, in words only if somebody will read them. */
  private record Found(Path at, Supplier<String> what) {}

  /** The steps that a check and its tried alternatives may take together. */
  private static final class Work {
    private final long allowed;
    private long done;

    Work(long allowed) {
      this.allowed = allowed;
    }
  }

  /** More steps would be needed than are allowed. */
  static final class TooMuchWork extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooMuchWork() {
      super("too much work", null, false, false);
    }
  }

  private final int maxProblems;
  private final List<Found> problems = new ArrayList<>(0);
  private final Work work;

  /**
   * @param steps that it may take: one for each value, field, name and alternative it looks at
   */
  SchemaCheck(int maxProblems, long steps) {
    this(maxProblems, new Work(steps));
  }

  private SchemaCheck(int maxProblems, Work work) {
    this.maxProblems = maxProblems;
    this.work = work;
  }

  List<Problem> problems() {
    return problems.stream().map(p -> new Problem(p.at.toString(), p.what.get())).toList();
  }

  /** The steps it has taken so far. */
  long steps() {
    return work.done;
  }

  private void spend(long steps) {
    work.done += steps;
    if (work.done > work.allowed) {
      throw new TooMuchWork();
    }
  }

  private void problem(Path at, Supplier<String> what) {
    if (problems.size() < maxProblems) {
      problems.add(new Found(at, what));
    }
  }

  private boolean done() {
    return problems.size() >= maxProblems;
  }

  /**
   * @throws TooMuchWork if it takes more steps than are allowed
   */
  void check(SchemaNode n, Value v, Path at, int depth) {
    spend(1);
    if (depth > MAX_DEPTH) {
      problem(at, () -> "is nested too deeply to be checked");
      return;
    }
    if (n.never) {
      problem(at, () -> "is not allowed");
      return;
    }
    if (n.types != SchemaNode.ANY && !hasType(n, v)) {
      problem(at, () -> "must be " + n.expects() + ", it is " + SchemaNode.word(v));
      return;
    }
    if (!n.allowed.isEmpty() && !allows(n, v)) {
      problem(
          at,
          () ->
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
          spend(b.size() / CHARS_A_STEP);
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

  private boolean allows(SchemaNode n, Value v) {
    Object scalar = SchemaNode.scalar(v);
    if (scalar != null) {
      return n.allowedScalars.contains(scalar);
    }
    for (Value a : n.allowedParts) {
      if (equal(a, v)) {
        return true;
      }
    }
    return false;
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
    // A character is one or two chars: often that decides, and nobody has to count.
    long most = s.length();
    long least = (most + 1) / 2;
    if (least >= n.minLength && most <= n.maxLength) {
      return;
    }
    if (most >= n.minLength && least <= n.maxLength) {
      spend(most / CHARS_A_STEP);
      most = s.codePointCount(0, s.length());
      least = most;
    }
    if (most < n.minLength) {
      problem(
          at, () -> "must have at least " + n.minLength + " characters, it has " + characters(s));
    } else if (least > n.maxLength) {
      problem(
          at, () -> "must have at most " + n.maxLength + " characters, it has " + characters(s));
    }
  }

  private static int characters(String s) {
    return s.codePointCount(0, s.length());
  }

  private void number(SchemaNode n, Value v, Path at) {
    BigDecimal min = n.minimum;
    if (min != null && decimal(v).compareTo(min) < 0) {
      problem(at, () -> "must be at least " + min.toPlainString() + ", it is " + show(v));
    }
    BigDecimal max = n.maximum;
    if (max != null && decimal(v).compareTo(max) > 0) {
      problem(at, () -> "must be at most " + max.toPlainString() + ", it is " + show(v));
    }
  }

  private void array(SchemaNode n, List<Value> items, Path at, int depth) {
    if (items.size() < n.minItems) {
      problem(at, () -> "must have at least " + n.minItems + " items, it has " + items.size());
    } else if (items.size() > n.maxItems) {
      problem(at, () -> "must have at most " + n.maxItems + " items, it has " + items.size());
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
      if (done()) {
        return;
      }
      spend(1);
      if (!fields.containsKey(name)) {
        problem(new Path(at, name, -1), () -> "is missing");
      }
    }
    SchemaNode additional = n.additional;
    if (additional == null && n.properties.size() <= fields.size()) {
      Iterator<Map.Entry<String, SchemaNode>> properties = n.properties.entrySet().iterator();
      while (properties.hasNext() && !done()) {
        spend(1);
        Map.Entry<String, SchemaNode> p = properties.next();
        Value v = fields.get(p.getKey());
        if (v != null) {
          check(p.getValue(), v, new Path(at, p.getKey(), -1), depth + 1);
        }
      }
      return;
    }
    for (Map.Entry<String, Value> f : fields.entrySet()) {
      if (done()) {
        return;
      }
      spend(1);
      SchemaNode declared = n.properties.get(f.getKey());
      SchemaNode of = declared == null ? additional : declared;
      if (of != null) {
        Path field = new Path(at, f.getKey(), -1);
        if (declared == null && of.never) {
          problem(field, () -> "is unknown" + known(n));
        } else {
          check(of, f.getValue(), field, depth + 1);
        }
      }
    }
  }

  private static String known(SchemaNode n) {
    return n.properties.isEmpty()
        ? ""
        : ", the fields are "
            + shorten(n.properties.keySet().stream().limit(MAX_PATH).collect(joining(", ")));
  }

  private void anyOf(SchemaNode n, Value v, Path at, int depth) {
    SchemaCheck nearest = null;
    int near = 0;
    for (SchemaNode alternative : n.anyOf) {
      SchemaCheck tried = new SchemaCheck(maxProblems, work);
      tried.check(alternative, v, at, depth + 1);
      if (tried.problems.isEmpty()) {
        return;
      }
      if (hasType(alternative.target, v)) {
        nearest = tried;
        near++;
      }
    }
    // The one that means this kind of value knows best what is wrong with it.
    if (nearest != null && near == 1) {
      for (Found p : nearest.problems) {
        if (!done()) {
          problems.add(p);
        }
      }
    } else {
      boolean strange = near == 0;
      problem(
          at,
          () ->
              "must be "
                  + n.expects()
                  + (strange
                      ? ", it is " + SchemaNode.word(v)
                      : ", none of the " + n.anyOf.size() + " alternatives takes it"));
    }
  }

  /** JSON Schema's equality: numbers by value, objects regardless of order. */
  private boolean equal(Value a, Value b) {
    spend(1);
    Object scalar = SchemaNode.scalar(a);
    if (scalar != null) {
      if (a instanceof Value.Str s) {
        spend(s.value().length() / CHARS_A_STEP);
      }
      return scalar.equals(SchemaNode.scalar(b));
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
      if (x.fields().size() != y.fields().size()) {
        return false;
      }
      for (Map.Entry<String, Value> e : x.fields().entrySet()) {
        Value other = y.get(e.getKey());
        if (other == null || !equal(e.getValue(), other)) {
          return false;
        }
      }
      return true;
    }
    if (a instanceof Value.Bytes x) {
      spend(x.size() / CHARS_A_STEP);
    }
    return a.equals(b);
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
    if (v instanceof Value.Str s && s.value().length() > MAX_SHOWN) {
      return shorten(Json.writeString(new Value.Str(beginning(s.value(), MAX_SHOWN))));
    }
    return v instanceof Value.Arr || v instanceof Value.Obj || v instanceof Value.Bytes
        ? SchemaNode.word(v)
        : shorten(Json.writeString(v));
  }

  private static String shorten(String s) {
    return s.length() <= MAX_SHOWN ? s : beginning(s, MAX_SHOWN - 3) + "...";
  }

  /** Of more than {@code chars}; no half of a pair at the end. */
  private static String beginning(String s, int chars) {
    return s.substring(0, Character.isHighSurrogate(s.charAt(chars - 1)) ? chars - 1 : chars);
  }
}
