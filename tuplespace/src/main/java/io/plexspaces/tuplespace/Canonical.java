package io.plexspaces.tuplespace;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Value;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One form for all values that a pattern takes as equal: a whole number is an integer however it
 * was written, so 1 against 1.0 and 0 against -0.0 compare and hash exactly, without rounding a
 * long to a double. Two values match if their canonical forms are equal.
 */
final class Canonical {
  private Canonical() {}

  /** The canonical form; {@code v} itself where it is in that form already. */
  static Value of(Value v) {
    return isCanonical(v) ? v : convert(v);
  }

  /** The canonical forms of {@code values}; the same list where nothing differs. */
  static List<Value> list(List<Value> values) {
    return values.stream().allMatch(Canonical::isCanonical) ? values : convert(values);
  }

  /**
   * What an index files a canonical value under: Java's own comparable types where there is one, so
   * that a hash table stays fast when someone writes strings of equal hash.
   */
  static Object indexKey(Value canonical) {
    return switch (canonical) {
      case Value.Str s -> s.value();
      case Value.Int i -> i.value();
      case Value.BigInt i -> i.value();
      case Value.Num n -> n.value();
      case Value.Bool b -> b.value();
      default -> canonical;
    };
  }

  private static boolean isCanonical(Value v) {
    return switch (v) {
      case Value.Num n -> Double.isFinite(n.value()) && n.value() != Math.rint(n.value());
      case Value.BigInt i -> i.value().bitLength() >= 64;
      case Value.Arr a -> a.items().stream().allMatch(Canonical::isCanonical);
      case Value.Obj o -> o.fields().values().stream().allMatch(Canonical::isCanonical);
      default -> true;
    };
  }

  private static Value convert(Value v) {
    return switch (v) {
      case Value.Num n -> number(n);
      case Value.BigInt i when i.value().bitLength() < 64 ->
          new Value.Int(i.value().longValueExact());
      case Value.Arr a -> new Value.Arr(convert(a.items()));
      case Value.Obj o -> {
        Map<String, Value> fields = LinkedHashMap.newLinkedHashMap(o.fields().size());
        o.fields().forEach((name, field) -> fields.put(name, convert(field)));
        yield new Value.Obj(fields);
      }
      default -> v;
    };
  }

  private static List<Value> convert(List<Value> values) {
    return values.stream().map(Canonical::convert).toList();
  }

  private static Value number(Value.Num n) {
    double d = n.value();
    if (!Double.isFinite(d)) {
      throw new HostException(ErrorCode.INVALID_ARGUMENT, d + " cannot be in a tuple or a pattern");
    }
    if (d != Math.rint(d)) {
      return n;
    }
    if (d >= -0x1p63 && d < 0x1p63) {
      return new Value.Int((long) d);
    }
    return new Value.BigInt(new BigDecimal(d).toBigIntegerExact());
  }
}
