package io.plexspaces.api.guest;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Value;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a schema, once. What it does not know it refuses: a check that is left out protects nobody.
 */
final class SchemaCompiler {
  private static final int MAX_NODES = 10_000;
  private static final int MAX_DEPTH = 60;
  private static final String DEFS = "$defs";
  private static final String REF_PREFIX = "#/$defs/";

  private final Value.Obj schema;
  private final Map<String, SchemaNode> definitions = new LinkedHashMap<>();
  private final List<SchemaNode> all = new ArrayList<>();

  SchemaCompiler(Value.Obj schema) {
    this.schema = schema;
  }

  SchemaNode compile() {
    Value defs = schema.get(DEFS);
    if (defs != null) {
      Value.Obj named = object(defs, DEFS, "");
      named.fields().keySet().forEach(name -> definitions.put(name, new SchemaNode()));
      named.fields().forEach((name, s) -> fill(definition(name, DEFS), s, DEFS + "." + name, 1));
    }
    SchemaNode root = new SchemaNode();
    fill(root, schema, "", 0);
    refuseEndless();
    return root;
  }

  private SchemaNode definition(String name, String at) {
    SchemaNode n = definitions.get(name);
    if (n == null) {
      throw refused("$ref", at, "names \"" + name + "\", which is not in $defs");
    }
    return n;
  }

  private SchemaNode node(Value v, String at, int depth) {
    SchemaNode n = new SchemaNode();
    fill(n, v, at, depth);
    return n;
  }

  private void fill(SchemaNode n, Value v, String at, int depth) {
    all.add(n);
    if (all.size() > MAX_NODES || depth > MAX_DEPTH) {
      throw new HostException(
          ErrorCode.INVALID_ARGUMENT,
          "the schema is too large: it may have "
              + MAX_NODES
              + " parts, nested "
              + MAX_DEPTH
              + " deep");
    }
    if (v instanceof Value.Bool b) {
      n.never = !b.value();
      return;
    }
    if (!(v instanceof Value.Obj o)) {
      throw refused("schema", at, "must be an object");
    }
    for (Map.Entry<String, Value> e : o.fields().entrySet()) {
      keyword(n, e.getKey(), e.getValue(), at, depth);
    }
    if (n.minLength > n.maxLength || n.minItems > n.maxItems) {
      throw refused(
          n.minLength > n.maxLength ? "minLength" : "minItems", at, "exceeds its maximum");
    }
  }

  private void keyword(SchemaNode n, String word, Value v, String at, int depth) {
    switch (word) {
      case "type" -> n.types = types(v, at);
      case "properties" -> {
        Map<String, SchemaNode> nodes = new LinkedHashMap<>();
        object(v, word, at)
            .fields()
            .forEach((name, s) -> nodes.put(name, node(s, join(at, name), depth + 1)));
        n.properties = nodes;
      }
      case "required" -> n.required = strings(v, word, at);
      case "items" -> n.items = node(v, join(at, word), depth + 1);
      case "prefixItems" -> n.prefixItems = nodes(v, word, at, depth);
      case "anyOf" -> n.anyOf = nodes(v, word, at, depth);
      case "additionalProperties" -> {
        if (!(v instanceof Value.Bool b && b.value())) {
          n.additional = node(v, join(at, word), depth + 1);
        }
      }
      case "enum" -> n.allowed = allowed(n, list(v, word, at), word, at);
      case "const" -> n.allowed = allowed(n, List.of(v), word, at);
      case "$ref" -> {
        if (!(v instanceof Value.Str s && s.value().startsWith(REF_PREFIX))) {
          throw refused(word, at, "must be " + REF_PREFIX + "Name");
        }
        n.ref = definition(s.value().substring(REF_PREFIX.length()), at);
      }
      case "minimum" -> n.minimum = number(v, word, at);
      case "maximum" -> n.maximum = number(v, word, at);
      case "minLength" -> n.minLength = count(v, word, at);
      case "maxLength" -> n.maxLength = count(v, word, at);
      case "minItems" -> n.minItems = count(v, word, at);
      case "maxItems" -> n.maxItems = count(v, word, at);
      case DEFS -> {
        if (depth > 0) {
          throw refused(word, at, "may only stand at the root");
        }
      }
      case "title", "description", "format", "contentEncoding" -> {
        if (!(v instanceof Value.Str)) {
          throw refused(word, at, "must be a string");
        }
      }
      case "default" -> {}
      default -> throw refused(word, at, "is not supported");
    }
  }

  private static int types(Value v, String at) {
    int types = 0;
    for (Value t : v instanceof Value.Arr a ? a.items() : List.of(v)) {
      int bit = t instanceof Value.Str s ? SchemaNode.bit(s.value()) : 0;
      if (bit == 0) {
        throw refused("type", at, "must be of " + String.join(", ", SchemaNode.names()));
      }
      types |= bit;
    }
    if (types == 0) {
      throw refused("type", at, "must not be empty");
    }
    return types;
  }

  private List<SchemaNode> nodes(Value v, String word, String at, int depth) {
    List<SchemaNode> nodes = new ArrayList<>();
    for (Value s : list(v, word, at)) {
      nodes.add(node(s, join(at, word + "[" + nodes.size() + "]"), depth + 1));
    }
    return nodes;
  }

  private static List<Value> allowed(SchemaNode n, List<Value> values, String word, String at) {
    if (!n.allowed.isEmpty()) {
      throw refused(word, at, "may not stand beside another of enum and const");
    }
    return values;
  }

  private static List<Value> list(Value v, String word, String at) {
    if (v instanceof Value.Arr a && !a.items().isEmpty()) {
      return a.items();
    }
    throw refused(word, at, "must be a list that is not empty");
  }

  private static List<String> strings(Value v, String word, String at) {
    List<String> out = new ArrayList<>();
    for (Value s : v instanceof Value.Arr a ? a.items() : List.of(v)) {
      if (!(v instanceof Value.Arr && s instanceof Value.Str text)) {
        throw refused(word, at, "must be a list of strings");
      }
      out.add(text.value());
    }
    return out;
  }

  private static Value.Obj object(Value v, String word, String at) {
    if (v instanceof Value.Obj o) {
      return o;
    }
    throw refused(word, at, "must be an object");
  }

  private static BigDecimal number(Value v, String word, String at) {
    if (v instanceof Value.Int || v instanceof Value.BigInt || v instanceof Value.Num) {
      return SchemaCheck.decimal(v);
    }
    throw refused(word, at, "must be a number");
  }

  private static long count(Value v, String word, String at) {
    if (v instanceof Value.Int i && i.value() >= 0) {
      return i.value();
    }
    throw refused(word, at, "must be an integer that is not negative");
  }

  /** A circle of references and alternatives alone would never come to the value's parts. */
  private void refuseEndless() {
    Set<SchemaNode> finished = new HashSet<>();
    for (Map.Entry<String, SchemaNode> e : definitions.entrySet()) {
      if (endless(e.getValue(), new HashSet<>(), finished)) {
        throw refused("$ref", "", "of \"" + e.getKey() + "\" leads back to itself and to nothing");
      }
    }
  }

  private static boolean endless(SchemaNode n, Set<SchemaNode> path, Set<SchemaNode> finished) {
    if (finished.contains(n)) {
      return false;
    }
    if (!path.add(n)) {
      return true;
    }
    SchemaNode ref = n.ref;
    boolean found = ref != null && endless(ref, path, finished);
    for (SchemaNode a : n.anyOf) {
      found = found || endless(a, path, finished);
    }
    path.remove(n);
    finished.add(n);
    return found;
  }

  private static String join(String at, String name) {
    return at.isEmpty() ? name : at + "." + name;
  }

  private static HostException refused(String word, @Nullable String at, String why) {
    return new HostException(
        ErrorCode.INVALID_ARGUMENT,
        "\"" + word + "\" " + why + (at == null || at.isEmpty() ? "" : " (at " + at + ")"));
  }
}
