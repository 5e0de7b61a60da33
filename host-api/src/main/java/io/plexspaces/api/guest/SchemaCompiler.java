package io.plexspaces.api.guest;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Value;
import java.math.BigDecimal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a schema, once. What it does not know it refuses: a check that is left out protects nobody.
 */
final class SchemaCompiler {
  private static final int MAX_NODES = 10_000;
  private static final int MAX_DEPTH = 60;
  private static final int MAX_CHAIN = 100;
  private static final int MAX_VALUES = 10_000;
  private static final int MAX_TEXT = 1 << 20;
  private static final int MAX_PLACE = 200;
  private static final String DEFS = "$defs";
  private static final String REF_PREFIX = "#/$defs/";

  private final Value.Obj schema;
  private final Map<String, SchemaNode> definitions = new LinkedHashMap<>();
  private final List<SchemaNode> all = new ArrayList<>();
  private int heldValues;
  private long heldText;

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
    finish();
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
      throw tooLarge("it may have " + MAX_NODES + " parts, nested " + MAX_DEPTH + " deep");
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
      case "required" -> {
        n.required = List.copyOf(new LinkedHashSet<>(strings(v, word, at)));
        hold(v);
      }
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

  private List<Value> allowed(SchemaNode n, List<Value> values, String word, String at) {
    if (!n.allowed.isEmpty()) {
      throw refused(word, at, "may not stand beside another of enum and const");
    }
    values.forEach(this::hold);
    return values;
  }

  /** Counts what payloads are compared with. */
  private void hold(Value v) {
    Deque<Value> rest = new ArrayDeque<>();
    rest.push(v);
    while (!rest.isEmpty()) {
      Value next = rest.pop();
      heldValues++;
      switch (next) {
        case Value.Str s -> heldText += s.value().length();
        case Value.Bytes b -> heldText += b.size();
        case Value.Arr a -> a.items().forEach(rest::push);
        case Value.Obj o ->
            o.fields()
                .forEach((name, field) -> {
                  heldText += name.length();
                  rest.push(field);
                });
        case Value.Null x -> {}
        case Value.Bool x -> {}
        case Value.Int x -> {}
        case Value.BigInt x -> {}
        case Value.Num x -> {}
      }
      if (heldValues > MAX_VALUES || heldText > MAX_TEXT) {
        throw tooLarge(
            "enum, const and required may hold "
                + MAX_VALUES
                + " values of "
                + MAX_TEXT
                + " characters together");
      }
    }
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

  /** A node of a path of references and alternatives, and where it goes on from there. */
  private static final class Step {
    private final SchemaNode node;
    private final Iterator<SchemaNode> rest;
    private int longest;

    Step(SchemaNode node) {
      this.node = node;
      this.rest = node.beside().iterator();
      node.chain = -1;
    }
  }

  /**
   * Finishes each node after those that look at the same value. Without recursion, for a module
   * chooses how long such chains are.
   */
  private void finish() {
    for (SchemaNode start : all) {
      Deque<Step> path = new ArrayDeque<>();
      if (start.chain == 0) {
        path.push(new Step(start));
      }
      while (!path.isEmpty()) {
        Step top = path.element();
        if (!top.rest.hasNext()) {
          path.pop();
          finish(top, path.peek());
          continue;
        }
        SchemaNode next = top.rest.next();
        if (next.chain == 0) {
          path.push(new Step(next));
        } else if (next.chain < 0) {
          throw endless(path, next);
        } else {
          top.longest = Math.max(top.longest, next.chain);
        }
      }
    }
  }

  private static void finish(Step done, @Nullable Step before) {
    int chain = done.longest + 1;
    if (chain > MAX_CHAIN) {
      throw tooLarge(
          "references and alternatives may follow one another "
              + MAX_CHAIN
              + " times before they come to a part of the value");
    }
    done.node.chain = chain;
    done.node.finish();
    if (before != null) {
      before.longest = Math.max(before.longest, chain);
    }
  }

  /** A circle of references and alternatives alone would never come to the value's parts. */
  private HostException endless(Deque<Step> path, SchemaNode again) {
    List<SchemaNode> circle = new ArrayList<>();
    for (Step s : path) {
      circle.add(s.node);
      if (s.node == again) {
        break;
      }
    }
    String name =
        definitions.entrySet().stream()
            .filter(e -> circle.contains(e.getValue()))
            .map(Map.Entry::getKey)
            .findFirst()
            .orElse("");
    return refused("$ref", "", "of \"" + name + "\" leads back to itself and to nothing");
  }

  private static HostException tooLarge(String limit) {
    return new HostException(ErrorCode.INVALID_ARGUMENT, "the schema is too large: " + limit);
  }

  private static String join(String at, String name) {
    // For people only: long names, deep down, would be copied for each part.
    String place = at.isEmpty() ? name : at + "." + name;
    return place.length() <= MAX_PLACE
        ? place
        : "..." + place.substring(place.length() - MAX_PLACE);
  }

  private static HostException refused(String word, @Nullable String at, String why) {
    return new HostException(
        ErrorCode.INVALID_ARGUMENT,
        "\"" + word + "\" " + why + (at == null || at.isEmpty() ? "" : " (at " + at + ")"));
  }
}
