package io.plexspaces.api.guest;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a module says of itself when it is asked to describe:
 *
 * <pre>{"abi":1,"sdk":"rust/0.1","types":[{"name":"counter","behavior":"GenServer",
 *   "operations":[{"name":"increment","kind":"call","stream":false,"doc":"Adds to it.",
 *     "input":{"type":"object","properties":{"by":{"type":"integer"}}},
 *     "output":{"type":"integer"}}]}]}</pre>
 *
 * <p>{@code stream}, {@code doc}, {@code input} and {@code output} may be left out.
 *
 * @param sdk which SDK wrote it, for humans
 * @param types by name, in the module's order
 */
public record ModuleDescription(String sdk, Map<String, ActorType> types) {

  /**
   * An actor type of a module.
   *
   * @param behavior GenServer, GenEvent, GenFSM or Workflow
   * @param operations by name
   */
  public record ActorType(String name, String behavior, Map<String, Operation> operations) {
    public @Nullable Operation operation(String op) {
      return operations.get(op);
    }
  }

  /**
   * An operation of an actor type; a query only reads, a cast has no reply.
   *
   * @param stream whether it answers with a stream of values instead of one reply
   * @param input JSON Schema of the payload, or null if anything is taken
   * @param output JSON Schema of the reply, or of each value of the stream, or null
   * @param doc what it does, for humans; may be empty
   */
  public record Operation(
      String name,
      Kind kind,
      boolean stream,
      Value.@Nullable Obj input,
      Value.@Nullable Obj output,
      String doc) {

    /** An operation that answers once and says no more of itself. */
    public Operation(String name, Kind kind) {
      this(name, kind, false, null, null, "");
    }
  }

  /** How an operation is called. */
  public enum Kind {
    CALL,
    CAST,
    QUERY
  }

  public @Nullable ActorType type(String name) {
    return types.get(name);
  }

  /**
   * @throws HostException NOT_FOUND, which names the types that there are, if this is none of them
   */
  public void requireType(String name) {
    if (type(name) == null) {
      throw new HostException(
          ErrorCode.NOT_FOUND,
          "the module has no actor type \""
              + name
              + "\"; it has "
              + String.join(", ", types.keySet()));
    }
  }

  /**
   * Reads what a guest answered to DESCRIBE.
   *
   * @throws HostException INVALID_ARGUMENT that names what is wrong
   */
  public static ModuleDescription parse(Value v) {
    if (!(v instanceof Value.Obj o)) {
      throw refused("it is not an object");
    }
    if (o.integer("abi", -1) != 1) {
      throw refused("it says ABI " + o.integer("abi", -1) + ", this node speaks ABI 1");
    }
    Map<String, ActorType> types = new LinkedHashMap<>();
    for (Value t : o.array("types")) {
      if (!(t instanceof Value.Obj type)) {
        throw refused("an actor type is not an object");
      }
      String name = type.string("name", "");
      if (!io.plexspaces.api.AppId.isName(name)) {
        throw refused("an actor type has the invalid name \"" + name + "\"");
      }
      String behavior = type.string("behavior", "GenServer");
      if (!List.of("GenServer", "GenEvent", "GenFSM", "Workflow").contains(behavior)) {
        throw refused("type \"" + name + "\" has the unknown behavior \"" + behavior + "\"");
      }
      if (types.put(name, new ActorType(name, behavior, operations(name, type))) != null) {
        throw refused("type \"" + name + "\" is there twice");
      }
    }
    if (types.isEmpty()) {
      throw refused(
          "it names no actor types; an SDK has to be told which classes are actors"
              + " (registerActors in TypeScript, export_actors! in Rust)");
    }
    return new ModuleDescription(o.string("sdk", "unknown"), types);
  }

  private static Map<String, Operation> operations(String type, Value.Obj t) {
    Map<String, Operation> ops = new LinkedHashMap<>();
    for (Value v : t.array("operations")) {
      String name = v instanceof Value.Obj op ? op.string("name", "") : "";
      if (name.isEmpty()) {
        throw refused("an operation of type \"" + type + "\" has no name");
      }
      String kind = v instanceof Value.Obj op ? op.string("kind", "call") : "call";
      Kind k =
          switch (kind) {
            case "call" -> Kind.CALL;
            case "cast" -> Kind.CAST;
            case "query" -> Kind.QUERY;
            default ->
                throw refused(
                    "operation \""
                        + name
                        + "\" of type \""
                        + type
                        + "\" has the unknown kind \""
                        + kind
                        + "\"");
          };
      if (ops.put(name, operation(type, name, k, (Value.Obj) v)) != null) {
        throw refused("operation \"" + name + "\" of type \"" + type + "\" is there twice");
      }
    }
    return ops;
  }

  private static Operation operation(String type, String name, Kind kind, Value.Obj op) {
    boolean stream = op.bool("stream", false);
    if (stream && kind == Kind.CAST) {
      throw refused(
          "operation \""
              + name
              + "\" of type \""
              + type
              + "\" is a cast, so it cannot be a stream");
    }
    return new Operation(
        name,
        kind,
        stream,
        schema(type, name, op, "input"),
        schema(type, name, op, "output"),
        op.string("doc", ""));
  }

  private static Value.@Nullable Obj schema(String type, String name, Value.Obj op, String which) {
    Value v = op.get(which);
    if (v == null || v instanceof Value.Null) {
      return null;
    }
    String what = "the " + which + " of operation \"" + name + "\" of type \"" + type + "\"";
    if (!(v instanceof Value.Obj schema)) {
      throw refused(what + " is no schema");
    }
    Schema compiled;
    try {
      compiled = Schema.compile(schema);
    } catch (HostException e) {
      throw refused(what + ": " + e.error().message());
    }
    if (which.equals("input") && compiled.forbidsUnknownFields()) {
      throw refused(
          what
              + " forbids additional properties, at its root or in what that refers to: fields that"
              + " nobody declared are dropped");
    }
    return schema;
  }

  /** The description as JSON, for listings. */
  public Value.Obj toValue() {
    List<Value> list = new ArrayList<>();
    for (ActorType t : types.values()) {
      List<Value> ops = new ArrayList<>();
      for (Operation op : t.operations().values()) {
        ops.add(operation(op));
      }
      list.add(
          Value.Obj.builder()
              .put("name", t.name())
              .put("behavior", t.behavior())
              .put("operations", new Value.Arr(ops))
              .build());
    }
    return Value.Obj.builder()
        .put("abi", 1)
        .put("sdk", sdk)
        .put("types", new Value.Arr(list))
        .build();
  }

  private static Value.Obj operation(Operation op) {
    Value.Obj.Builder b =
        Value.Obj.builder()
            .put("name", op.name())
            .put("kind", op.kind().name().toLowerCase(java.util.Locale.ROOT));
    if (op.stream()) {
      b.put("stream", true);
    }
    if (!op.doc().isEmpty()) {
      b.put("doc", op.doc());
    }
    Value.Obj input = op.input();
    if (input != null) {
      b.put("input", input);
    }
    Value.Obj output = op.output();
    if (output != null) {
      b.put("output", output);
    }
    return b.build();
  }

  private static HostException refused(String why) {
    return new HostException(
        ErrorCode.INVALID_ARGUMENT, "the module's description is not valid: " + why);
  }
}
