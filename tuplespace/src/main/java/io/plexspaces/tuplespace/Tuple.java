package io.plexspaces.tuplespace;

import io.plexspaces.api.Value;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A tuple in a space. Its mutable fields are guarded by the space's lock. */
final class Tuple implements PatternIndex.Entry {
  static final long NEVER = Long.MAX_VALUE;

  /** What a tuple costs beside its content: the entry itself and its places in the index. */
  private static final int ENTRY_BYTES = 512;

  private static final int VALUE_BYTES = 16;

  private final List<Value> fields;
  private final List<Value> keys;
  private final long contentBytes;
  private final long ttlNanos;

  /** Its place among others; rises. Given at the write, and again when it becomes visible. */
  private long order;

  /** When it ends, by the space's clock. */
  private long expires = NEVER;

  /** Whose turn has taken or placed it; null while it is free. */
  private @Nullable SpaceTransaction holder;

  /** The pattern that a write-once claims until its turn ends. */
  private @Nullable Pattern claim;

  /** Its fields as JSON on their way to the disk; null before and after. */
  private @Nullable String text;

  /**
   * @param ttlNanos how long it lives once it is visible, or {@link #NEVER}
   */
  Tuple(List<Value> fields, long ttlNanos) {
    this.fields = List.copyOf(fields);
    this.keys = Canonical.list(this.fields);
    this.contentBytes = content(this.fields);
    this.ttlNanos = ttlNanos;
  }

  List<Value> fields() {
    return fields;
  }

  /** The canonical fields, which patterns are matched with. */
  List<Value> keys() {
    return keys;
  }

  long contentBytes() {
    return contentBytes;
  }

  /** What it counts for in the space's limit. */
  long bytes() {
    return contentBytes + ENTRY_BYTES;
  }

  @Override
  public long order() {
    return order;
  }

  void placeAt(long newOrder) {
    order = newOrder;
  }

  long expires() {
    return expires;
  }

  boolean hasExpiry() {
    return expires != NEVER;
  }

  void startLife(long now) {
    expires = ttlNanos == NEVER ? NEVER : now + ttlNanos;
  }

  /** Of a tuple that comes back from disk: it began its life before. */
  void endAt(long end) {
    expires = end;
  }

  String text() {
    String s = text;
    if (s == null) {
      throw new IllegalStateException("the tuple is not on its way to the disk");
    }
    return s;
  }

  void text(@Nullable String json) {
    text = json;
  }

  boolean isExpired(long now) {
    return expires <= now;
  }

  @Nullable SpaceTransaction holder() {
    return holder;
  }

  void heldBy(@Nullable SpaceTransaction tx) {
    holder = tx;
  }

  boolean isClaim() {
    return claim != null;
  }

  void claim(@Nullable Pattern pattern) {
    claim = pattern;
  }

  /** The claimed pattern; only of a tuple that {@link #isClaim}. */
  @Override
  public Pattern pattern() {
    Pattern p = claim;
    if (p == null) {
      throw new IllegalStateException("the tuple claims no pattern");
    }
    return p;
  }

  /** 16 bytes a value, plus strings and names as UTF-8, plus bytes. */
  private static long content(List<Value> values) {
    long n = 0;
    for (Value v : values) {
      n += content(v);
    }
    return n;
  }

  private static long content(Value v) {
    return VALUE_BYTES
        + switch (v) {
          case Value.Str s -> utf8(s.value());
          case Value.Bytes b -> b.value().length;
          case Value.BigInt i -> i.value().bitLength() / 8;
          case Value.Arr a -> content(a.items());
          case Value.Obj o -> {
            long n = 0;
            for (Map.Entry<String, Value> e : o.fields().entrySet()) {
              n += VALUE_BYTES + utf8(e.getKey()) + content(e.getValue());
            }
            yield n;
          }
          default -> 0L;
        };
  }

  private static long utf8(String s) {
    return s.getBytes(StandardCharsets.UTF_8).length;
  }
}
