package io.plexspaces.tuplespace;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Value;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of one call, read strictly: what is not known is refused by name. A null argument
 * is an absent one. Every refusal is INVALID_ARGUMENT.
 */
final class TupleRequest {
  static final int MAX_FIELDS = 64;
  static final long MAX_TUPLE_BYTES = 1L << 20;

  /** A hundred years: longer times would only overflow. */
  static final long MAX_MILLIS = 100L * 365 * 24 * 3600 * 1000;

  /** The argument that names a space. */
  static final String SPACE = "space";

  private static final String WILDCARD_KEY = "$any";

  private final String operation;
  private final Value.Obj header;

  TupleRequest(String operation, Frame request, Set<String> known) {
    this.operation = operation;
    this.header = request.headerObject();
    for (String name : header.fields().keySet()) {
      if (!known.contains(name)) {
        throw refused("does not know the argument \"" + name + "\"");
      }
    }
    if (argument(SPACE) != null) {
      throw new HostException(
          ErrorCode.UNIMPLEMENTED,
          operation
              + ": named tuple spaces are not supported by this version; without \""
              + SPACE
              + "\" it is the app's own");
    }
    if (request.body().length > 0) {
      throw refused("takes its arguments in the header and has no body");
    }
  }

  /** The argument {@code tuple}, to live as long as {@code ttl_ms} says. */
  Tuple tuple() {
    List<Value> fields = fields("tuple");
    for (int i = 0; i < fields.size(); i++) {
      if (fields.get(i) instanceof Value.Null) {
        throw refused("cannot write null, which is field " + i + " of the tuple");
      }
    }
    Tuple t = new Tuple(fields, ttlNanos());
    if (t.contentBytes() > MAX_TUPLE_BYTES) {
      throw refused(
          "got a tuple that counts "
              + t.contentBytes()
              + " bytes, and "
              + MAX_TUPLE_BYTES
              + " are allowed");
    }
    return t;
  }

  Pattern pattern() {
    return new Pattern(fields("pattern"));
  }

  boolean ifExists() {
    return switch (argument("if_exists")) {
      case null -> false;
      case Value.Bool b -> b.value();
      default -> throw refused("needs true or false as \"if_exists\"");
    };
  }

  /** {@code timeout_ms} in nanoseconds, where -1 is {@link TupleSpace#UNTIL_DEADLINE}. */
  long timeoutNanos(long absentMillis) {
    long ms = number("timeout_ms", absentMillis, -1, MAX_MILLIS);
    return ms < 0 ? TupleSpace.UNTIL_DEADLINE : TimeUnit.MILLISECONDS.toNanos(ms);
  }

  long limit() {
    return number("limit", 0, 0, Long.MAX_VALUE);
  }

  private long ttlNanos() {
    if (argument("ttl_ms") == null) {
      return Tuple.NEVER;
    }
    return TimeUnit.MILLISECONDS.toNanos(number("ttl_ms", 0, 1, MAX_MILLIS));
  }

  private List<Value> fields(String name) {
    if (!(argument(name) instanceof Value.Arr fields)) {
      throw refused("needs a list as \"" + name + "\"");
    }
    int arity = fields.items().size();
    if (arity < 1 || arity > MAX_FIELDS) {
      throw refused(
          "got a " + name + " of " + arity + " fields, and 1 to " + MAX_FIELDS + " are allowed");
    }
    for (int i = 0; i < arity; i++) {
      if (fields.items().get(i) instanceof Value.Obj o && o.get(WILDCARD_KEY) != null) {
        throw refused(
            "does not match by type: field " + i + " of the " + name + " is a type wildcard");
      }
    }
    return fields.items();
  }

  private long number(String name, long absent, long min, long max) {
    Value v = argument(name);
    if (v == null) {
      return absent;
    }
    if (Canonical.of(v) instanceof Value.Int i && i.value() >= min && i.value() <= max) {
      return i.value();
    }
    throw refused("needs an integer from " + min + " to " + max + " as \"" + name + "\"");
  }

  private @Nullable Value argument(String name) {
    Value v = header.get(name);
    return v instanceof Value.Null ? null : v;
  }

  private HostException refused(String why) {
    return new HostException(ErrorCode.INVALID_ARGUMENT, operation + " " + why);
  }
}
