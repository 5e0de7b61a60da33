package io.plexspaces.api.guest;

import io.plexspaces.api.Value;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One schema of a tree of them, or of a cycle. Filled in by {@link SchemaCompiler}, then never
 * changed.
 */
final class SchemaNode {
  static final String BYTES = "$bytes";

  /** The kinds of values, as bits. */
  static final int NULL = 1;

  static final int BOOLEAN = 2;
  static final int INTEGER = 4;
  static final int NUMBER = 8;
  static final int STRING = 16;
  static final int ARRAY = 32;
  static final int OBJECT = 64;
  static final int ANY = 127;

  private static final int MAX_WORDS = 20;
  private static final String MORE = "something else of many";

  private static final List<String> NAMES =
      List.of("null", "boolean", "integer", "number", "string", "array", "object");
  private static final List<String> WORDS =
      List.of("null", "a boolean", "an integer", "a number", "a string", "a list", "an object");

  int types = ANY;
  Map<String, SchemaNode> properties = Map.of();
  List<String> required = List.of();
  @Nullable SchemaNode additional;

  /** The false schema: takes nothing. */
  boolean never;

  @Nullable SchemaNode items;
  List<SchemaNode> prefixItems = List.of();
  List<SchemaNode> anyOf = List.of();
  @Nullable SchemaNode ref;
  List<Value> allowed = List.of();
  @Nullable BigDecimal minimum;
  @Nullable BigDecimal maximum;
  long minLength;
  long maxLength = Long.MAX_VALUE;
  long minItems;
  long maxItems = Long.MAX_VALUE;

  // ---- worked out of the above once all nodes are there, so that no check has to

  /** Those of {@link #allowed} that are no lists and no objects, as {@link #scalar} makes them. */
  Set<Object> allowedScalars = Set.of();

  /** The others. */
  List<Value> allowedParts = List.of();

  /** What it takes, for people: at most {@value #MAX_WORDS} words and one that there are more. */
  List<String> words = List.of();

  /** Where its references lead. */
  SchemaNode target = this;

  /** Whether bytes that are not JSON are what it is for. */
  boolean takesBytes;

  /** Whether there is nothing that it takes. */
  boolean takesNothing;

  /**
   * How many references and alternatives follow one another before a part of the value; 0 until
   * that is known, -1 while it is being found out.
   */
  int chain;

  /** Those that look at the same value: the reference and the alternatives. */
  List<SchemaNode> beside() {
    SchemaNode r = ref;
    if (r == null) {
      return anyOf;
    }
    List<SchemaNode> all = new ArrayList<>(anyOf.size() + 1);
    all.add(r);
    all.addAll(anyOf);
    return all;
  }

  /** Works out what follows from the rest, after that of all {@link #beside}. */
  void finish() {
    Set<Object> scalars = new HashSet<>();
    List<Value> parts = new ArrayList<>();
    for (Value v : allowed) {
      Object scalar = scalar(v);
      if (scalar == null) {
        parts.add(v);
      } else {
        scalars.add(scalar);
      }
    }
    allowedScalars = scalars;
    allowedParts = parts;
    SchemaNode r = ref;
    words = r != null ? r.words : bounded(ownWords());
    target = r != null && types == ANY ? r.target : this;
    takesNothing =
        never
            || (r != null && r.takesNothing)
            || (!anyOf.isEmpty() && anyOf.stream().allMatch(a -> a.takesNothing));
    takesBytes =
        !never
            && allowed.isEmpty()
            && (isBytes()
                || (types == ANY
                    && properties.isEmpty()
                    && required.isEmpty()
                    && (r == null || r.takesBytes)
                    && (anyOf.isEmpty() || anyOf.stream().anyMatch(a -> a.takesBytes))));
  }

  /**
   * What stands for a value in a set, by JSON Schema's equality: numbers by value, whatever their
   * kind. Null for lists, objects and bytes.
   */
  static @Nullable Object scalar(Value v) {
    return switch (v) {
      case Value.Null n -> n;
      case Value.Bool b -> b.value();
      case Value.Str s -> s.value();
      case Value.Int i -> i.value();
      case Value.BigInt i -> i.value();
      case Value.Num n -> number(n.value());
      case Value.Bytes b -> null;
      case Value.Arr a -> null;
      case Value.Obj o -> null;
    };
  }

  private static Object number(double d) {
    if (Math.rint(d) != d) {
      return d;
    }
    return Math.abs(d) < 0x1p63 ? (Object) (long) d : new BigDecimal(d).toBigInteger();
  }

  /** The bit of a name in {@code type}; 0 if there is no such type. */
  static int bit(String name) {
    int i = NAMES.indexOf(name);
    return i < 0 ? 0 : 1 << i;
  }

  static List<String> names() {
    return NAMES;
  }

  /** Whether it is the schema of bytes, which are no other object. */
  boolean isBytes() {
    return types == OBJECT && properties.containsKey(BYTES) && required.contains(BYTES);
  }

  /** What it takes, for people: {@code a string or null}. */
  String expects() {
    int n = words.size();
    return n == 0
        ? "something else"
        : n == 1
            ? words.getFirst()
            : String.join(", ", words.subList(0, n - 1)) + " or " + words.getLast();
  }

  private Collection<String> ownWords() {
    Set<String> out = new LinkedHashSet<>();
    if (!anyOf.isEmpty()) {
      for (SchemaNode n : anyOf) {
        out.addAll(n.words);
        if (out.size() > MAX_WORDS) {
          break;
        }
      }
    } else if (!allowed.isEmpty()) {
      for (Value v : allowed.subList(0, Math.min(10, allowed.size()))) {
        out.add(SchemaCheck.show(v));
      }
      if (allowed.size() > 10) {
        out.add("another of " + allowed.size());
      }
    } else if (isBytes()) {
      out.add("bytes");
    } else if (types != ANY) {
      for (int i = 0; i < WORDS.size(); i++) {
        if ((types & (1 << i)) != 0) {
          out.add(WORDS.get(i));
        }
      }
    }
    return out;
  }

  private static List<String> bounded(Collection<String> words) {
    if (words.size() <= MAX_WORDS) {
      return List.copyOf(words);
    }
    List<String> out = new ArrayList<>(List.copyOf(words).subList(0, MAX_WORDS));
    out.add(MORE);
    return out;
  }

  /** What a value is, for people. */
  static String word(Value v) {
    return switch (v) {
      case Value.Null n -> "null";
      case Value.Bool b -> "a boolean";
      case Value.Int i -> "an integer";
      case Value.BigInt i -> "an integer";
      case Value.Num n -> "a number";
      case Value.Str s -> "a string";
      case Value.Bytes b -> "bytes";
      case Value.Arr a -> "a list";
      case Value.Obj o -> "an object";
    };
  }
}
