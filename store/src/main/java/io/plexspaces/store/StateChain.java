package io.plexspaces.store;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decides how each state of an actor is written: in full every {@code interval} turns, between them
 * as the top-level fields that changed, where that is smaller and gives back the very bytes. Not
 * thread-safe.
 */
final class StateChain {
  static final String FULL = "full";
  static final String FIELDS = "fields";

  private final int interval;
  private long fullSeq;
  private Value.@Nullable Obj last;

  StateChain(int interval) {
    this.interval = interval;
  }

  /**
   * @param kind {@value #FULL}, or {@value #FIELDS}: {@code {"set":{..},"unset":[..]}} over the
   *     state before
   */
  record Row(String kind, Payload payload) {}

  /** The row for the state after turn {@code seq}; the next one builds on it. */
  Row next(long seq, Payload state) {
    if (interval == 1) {
      return new Row(FULL, state);
    }
    Value.Obj now = object(state);
    if (last != null && now != null && seq - fullSeq < interval) {
      byte[] patch = Json.write(difference(last, now));
      Value.Obj rebuilt = patch.length < state.size() ? apply(last, patch) : null;
      if (rebuilt != null && Arrays.equals(Json.write(rebuilt), state.bytes())) {
        last = rebuilt;
        return new Row(FIELDS, Payload.json(patch));
      }
    }
    fullSeq = seq;
    last = now;
    return new Row(FULL, state);
  }

  /** Starts from what is on disk; the last full row was written by turn {@code fullSeq}. */
  void resume(long fullSeq, Payload state) {
    this.fullSeq = fullSeq;
    this.last = interval == 1 ? null : object(state);
  }

  /** Forgets all: the next row is full. */
  void reset() {
    last = null;
  }

  /**
   * The state after {@code patch}.
   *
   * @throws HostException DATA_LOSS if one of the two is not what {@link #next} writes
   */
  static Payload patched(Payload state, Payload patch) {
    Value.Obj base = object(state);
    Value.Obj result = base == null ? null : apply(base, patch.bytes());
    if (result == null) {
      throw new HostException(ErrorCode.DATA_LOSS, "a state patch does not fit its state");
    }
    return Payload.json(Json.write(result));
  }

  private static Value.@Nullable Obj object(Payload state) {
    if (!state.isJson()) {
      return null;
    }
    try {
      return state.value() instanceof Value.Obj o ? o : null;
    } catch (HostException notJson) {
      return null;
    }
  }

  private static Value.Obj difference(Value.Obj from, Value.Obj to) {
    Map<String, Value> set = new LinkedHashMap<>();
    to.fields()
        .forEach((name, v) -> {
          if (!v.equals(from.get(name))) {
            set.put(name, v);
          }
        });
    List<Value> unset = new ArrayList<>();
    for (String name : from.fields().keySet()) {
      if (to.get(name) == null) {
        unset.add(new Value.Str(name));
      }
    }
    Value.Obj.Builder patch = Value.Obj.builder();
    if (!set.isEmpty()) {
      patch.put("set", new Value.Obj(set));
    }
    if (!unset.isEmpty()) {
      patch.put("unset", new Value.Arr(unset));
    }
    return patch.build();
  }

  private static Value.@Nullable Obj apply(Value.Obj base, byte[] patch) {
    if (!(Json.read(patch) instanceof Value.Obj p)) {
      return null;
    }
    Map<String, Value> fields = new LinkedHashMap<>(base.fields());
    for (Value name : p.array("unset")) {
      if (name instanceof Value.Str s) {
        fields.remove(s.value());
      }
    }
    fields.putAll(p.object("set").fields());
    return new Value.Obj(fields);
  }
}
