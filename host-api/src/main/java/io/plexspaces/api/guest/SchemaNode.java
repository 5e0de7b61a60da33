package io.plexspaces.api.guest;

import io.plexspaces.api.Value;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
    List<String> words = new ArrayList<>();
    collect(words, 0);
    List<String> distinct = words.stream().distinct().toList();
    int n = distinct.size();
    return n == 0
        ? "something else"
        : n == 1
            ? distinct.getFirst()
            : String.join(", ", distinct.subList(0, n - 1)) + " or " + distinct.getLast();
  }

  private void collect(List<String> words, int depth) {
    SchemaNode target = ref;
    if (target != null && depth < 8) {
      target.collect(words, depth + 1);
    } else if (!anyOf.isEmpty() && depth < 8) {
      for (SchemaNode n : anyOf) {
        n.collect(words, depth + 1);
      }
    } else if (!allowed.isEmpty()) {
      for (Value v : allowed.subList(0, Math.min(10, allowed.size()))) {
        words.add(SchemaCheck.show(v));
      }
      if (allowed.size() > 10) {
        words.add("another of " + allowed.size());
      }
    } else if (isBytes()) {
      words.add("bytes");
    } else if (types != ANY) {
      for (int i = 0; i < WORDS.size(); i++) {
        if ((types & (1 << i)) != 0) {
          words.add(WORDS.get(i));
        }
      }
    }
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
