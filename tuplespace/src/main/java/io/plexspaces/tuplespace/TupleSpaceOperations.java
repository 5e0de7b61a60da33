package io.plexspaces.tuplespace;

import io.plexspaces.api.Frame;
import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import io.plexspaces.api.op.Effect;
import io.plexspaces.api.op.HostOperation;
import io.plexspaces.api.op.TurnContext;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The tuple space operations of the host API, for the engine's table. Arguments are in the header
 * of a request, the result is JSON in the body of the answer:
 *
 * <pre>
 * ts_write      {"tuple":[..],"ttl_ms":..}                           "lease"
 * ts_read       {"pattern":[..],"timeout_ms":..}                     [..] or null
 * ts_take       {"pattern":[..],"timeout_ms":..,"if_exists":..}      [..] or null
 * ts_read_all   {"pattern":[..],"limit":..}                          [[..],..]
 * ts_count      {"pattern":[..]}                                     n
 * ts_write_once {"pattern":[..],"tuple":[..],"ttl_ms":..}            {"written":..,"tuple":[..]}
 * </pre>
 *
 * <p>Every other argument is refused by name, and {@code space}, a named space, with UNIMPLEMENTED.
 * {@code timeout_ms} is 0 (do not wait) if it is absent, or -1 (wait until the turn's deadline) if
 * {@code if_exists} is true. A wait that ends at its timeout or at the deadline answers null.
 * Thread-safe.
 */
public final class TupleSpaceOperations {
  private final TupleSpaces spaces;

  public TupleSpaceOperations(TupleSpaces spaces) {
    this.spaces = spaces;
  }

  public List<HostOperation> operations() {
    return List.of(
        operation("ts_write", Effect.DEFERRED, this::write, "tuple", "ttl_ms"),
        operation("ts_read", Effect.IMMEDIATE, this::read, "pattern", "timeout_ms"),
        operation("ts_take", Effect.TENTATIVE, this::take, "pattern", "timeout_ms", "if_exists"),
        operation("ts_read_all", Effect.IMMEDIATE, this::readAll, "pattern", "limit"),
        operation("ts_count", Effect.IMMEDIATE, this::count, "pattern"),
        operation(
            "ts_write_once", Effect.TENTATIVE, this::writeOnce, "pattern", "tuple", "ttl_ms"));
  }

  private interface Body {
    Value run(TupleSpace space, TurnContext turn, TupleRequest request);
  }

  private HostOperation operation(String name, Effect effect, Body body, String... arguments) {
    Set<String> known = new HashSet<>(List.of(arguments));
    known.add(TupleRequest.SPACE);
    return new HostOperation(
        name,
        effect,
        (turn, frame) -> {
          TupleRequest request = new TupleRequest(name, frame, known);
          spaces.telemetry().tupleOperation(turn.self().app(), name);
          Value result = body.run(spaces.space(turn), turn, request);
          return Frame.ofBody(Json.write(result));
        });
  }

  private Value write(TupleSpace space, TurnContext turn, TupleRequest r) {
    return new Value.Str(space.write(turn, r.tuple()));
  }

  private Value read(TupleSpace space, TurnContext turn, TupleRequest r) {
    return fields(space.read(turn, r.pattern(), r.timeoutNanos(0)));
  }

  private Value take(TupleSpace space, TurnContext turn, TupleRequest r) {
    boolean ifExists = r.ifExists();
    return fields(space.take(turn, r.pattern(), r.timeoutNanos(ifExists ? -1 : 0), ifExists));
  }

  private Value readAll(TupleSpace space, TurnContext turn, TupleRequest r) {
    List<Value> found =
        space.readAll(turn, r.pattern(), r.limit()).stream()
            .map(TupleSpaceOperations::fields)
            .toList();
    return new Value.Arr(found);
  }

  private Value count(TupleSpace space, TurnContext turn, TupleRequest r) {
    return new Value.Int(space.count(turn, r.pattern()));
  }

  private Value writeOnce(TupleSpace space, TurnContext turn, TupleRequest r) {
    Tuple candidate = r.tuple();
    Tuple there = space.writeOnce(turn, r.pattern(), candidate);
    return Value.Obj.builder()
        .put("written", there == candidate)
        .put("tuple", fields(there))
        .build();
  }

  private static Value fields(@Nullable Tuple t) {
    return t == null ? Value.NULL : new Value.Arr(t.fields());
  }
}
