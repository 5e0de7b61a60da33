package io.plexspaces.api;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A JSON value as the host API knows it: JSON's own kinds, integers kept whole, and bytes (in JSON
 * text {@code {"$bytes": "<base64>"}}). Immutable.
 */
public sealed interface Value {
  Null NULL = new Null();

  /** JSON's null. */
  record Null() implements Value {}

  record Bool(boolean value) implements Value {}

  /** An integer of 64 bits. */
  record Int(long value) implements Value {}

  /** An integer beyond 64 bits; never holds one that fits {@link Int}. */
  record BigInt(BigInteger value) implements Value {}

  /** A finite floating-point number. */
  record Num(double value) implements Value {}

  record Str(String value) implements Value {}

  /** Bytes; equal by content. */
  final class Bytes implements Value {
    private final byte[] value;

    public Bytes(byte[] value) {
      this.value = value.clone();
    }

    public byte[] value() {
      return value.clone();
    }

    /** How many bytes. */
    public int size() {
      return value.length;
    }

    @Override
    public boolean equals(@Nullable Object o) {
      return o instanceof Bytes b && Arrays.equals(value, b.value);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(value);
    }

    @Override
    public String toString() {
      return "Bytes[" + value.length + "]";
    }
  }

  record Arr(List<Value> items) implements Value {
    public Arr {
      items = List.copyOf(items);
    }

    public static Arr of(Value... items) {
      return new Arr(List.of(items));
    }
  }

  /** An object; keeps the order in which its fields were given, is equal regardless of it. */
  record Obj(Map<String, Value> fields) implements Value {
    public static final Obj EMPTY = new Obj(Map.of());

    public Obj {
      fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }

    public @Nullable Value get(String name) {
      return fields.get(name);
    }

    /** The string field {@code name}, or {@code otherwise} if it is absent or no string. */
    public String string(String name, String otherwise) {
      return fields.get(name) instanceof Str s ? s.value() : otherwise;
    }

    /** The integer field {@code name}, or {@code otherwise} if it is absent or no integer. */
    public long integer(String name, long otherwise) {
      return fields.get(name) instanceof Int i ? i.value() : otherwise;
    }

    public boolean bool(String name, boolean otherwise) {
      return fields.get(name) instanceof Bool b ? b.value() : otherwise;
    }

    /** The items of the array field {@code name}; empty if it is absent or no array. */
    public List<Value> array(String name) {
      return fields.get(name) instanceof Arr a ? a.items() : List.of();
    }

    /** The object field {@code name}; empty if it is absent or no object. */
    public Obj object(String name) {
      return fields.get(name) instanceof Obj o ? o : EMPTY;
    }

    public static Builder builder() {
      return new Builder();
    }

    /** Collects fields in order. Not thread-safe. */
    public static final class Builder {
      private final Map<String, Value> fields = new LinkedHashMap<>();

      private Builder() {}

      public Builder put(String name, Value v) {
        fields.put(name, v);
        return this;
      }

      public Builder put(String name, String v) {
        return put(name, new Str(v));
      }

      public Builder put(String name, long v) {
        return put(name, new Int(v));
      }

      public Builder put(String name, boolean v) {
        return put(name, new Bool(v));
      }

      public Obj build() {
        return new Obj(fields);
      }
    }
  }
}
