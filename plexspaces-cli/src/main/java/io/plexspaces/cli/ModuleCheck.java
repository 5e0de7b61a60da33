package io.plexspaces.cli;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.GuestEngine;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.api.guest.ModuleDescription;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a module says of itself when it is loaded, without a node. */
final class ModuleCheck {
  /** Names a folder for what takes long to make and is good for all modules. */
  static final String CACHE = "plexspaces.cache";

  private static final long MEMORY = 1L << 30;

  private ModuleCheck() {}

  /**
   * Loads the module as a node does.
   *
   * @throws HostException why a node would refuse it
   */
  static ModuleDescription describe(byte[] artifact) {
    Path cache;
    try {
      cache = Files.createTempDirectory("plexspaces-check-");
    } catch (IOException e) {
      throw new HostException(ErrorCode.UNAVAILABLE, "no temporary folder: " + e, e);
    }
    List<GuestEngine> engines = List.of();
    try {
      String kept = System.getProperty(CACHE, "");
      Path interpreters = kept.isEmpty() ? cache : Path.of(kept);
      engines = Guests.engines(cache, interpreters, new MemoryBudget(MEMORY));
      GuestEngine engine =
          engines.stream()
              .filter(e -> e.accepts(artifact))
              .findFirst()
              .orElseThrow(() ->
                  new HostException(
                      ErrorCode.INVALID_ARGUMENT, "no engine of this version runs this module"));
      try (GuestModule module = engine.load(artifact, GuestLimits.DEFAULT)) {
        return module.description();
      }
    } finally {
      engines.forEach(GuestEngine::close);
      Folders.delete(cache);
    }
  }

  /** A row for each operation. */
  static Table table(ModuleDescription module) {
    Table t = new Table("TYPE", "OPERATION", "KIND", "TAKES", "GIVES", "");
    for (ModuleDescription.ActorType type : module.types().values()) {
      String name =
          type.name() + (type.behavior().equals("GenServer") ? "" : " " + type.behavior());
      if (type.operations().isEmpty()) {
        t.row(name, "-", "", "", "", "");
      }
      for (ModuleDescription.Operation op : type.operations().values()) {
        Value.Obj output = op.output();
        t.row(
            name,
            op.name(),
            op.kind().name().toLowerCase(Locale.ROOT) + (op.stream() ? " stream" : ""),
            parameters(op.input()),
            output == null ? "" : type(output, output, 0),
            op.doc().lines().findFirst().orElse(""));
        name = "";
      }
    }
    return t;
  }

  private static String parameters(Value.@Nullable Obj input) {
    if (input == null) {
      return "anything";
    }
    Value.Obj properties = input.object("properties");
    if (properties.fields().isEmpty()) {
      return input.get("properties") == null ? type(input, input, 0) : "-";
    }
    List<String> out = new ArrayList<>();
    for (Map.Entry<String, Value> p : properties.fields().entrySet()) {
      boolean required = input.array("required").contains(new Value.Str(p.getKey()));
      Value otherwise = p.getValue() instanceof Value.Obj o ? o.get("default") : null;
      out.add(
          p.getKey()
              + (required || otherwise != null ? "" : "?")
              + ": "
              + type(input, p.getValue(), 0)
              + (otherwise == null ? "" : " = " + Json.writeString(otherwise)));
    }
    return String.join(", ", out);
  }

  /** A schema in a few words: {@code list of string}. */
  private static String type(Value.Obj root, Value schema, int depth) {
    if (!(schema instanceof Value.Obj s) || depth > 4) {
      return "any";
    }
    String ref = s.string("$ref", "");
    if (!ref.isEmpty()) {
      return ref.substring(ref.lastIndexOf('/') + 1);
    }
    List<Value> choices = s.array("anyOf").isEmpty() ? s.array("enum") : s.array("anyOf");
    if (!choices.isEmpty()) {
      boolean schemas = !s.array("anyOf").isEmpty();
      return String.join(
          " | ",
          choices.stream()
              .map(c -> schemas ? type(root, c, depth + 1) : Json.writeString(c))
              .toList());
    }
    if (s.object("properties").get("$bytes") != null) {
      return "bytes";
    }
    Value type = s.get("type");
    if (type instanceof Value.Arr names) {
      return String.join(" | ", names.items().stream().map(n -> ((Value.Str) n).value()).toList());
    }
    String name = s.string("type", "any");
    Value items = s.get("items");
    return name.equals("array") && items != null
        ? "list of " + type(root, items, depth + 1)
        : name.equals("array") ? "list" : name;
  }
}
