package io.plexspaces.api.op;

import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Every operation of the host API with its arguments on the wire, as {@code catalogue.json} lists
 * them: what SDKs are tested against, and how a node tells an operation of a later version from one
 * that never was. Immutable.
 *
 * <p>On the wire the arguments are fields of a frame's header, except the one that {@link
 * Entry#body} names, which is the frame's body.
 */
public final class Catalogue {
  private static final String RESOURCE = "catalogue.json";
  private static final Catalogue INSTANCE = new Catalogue(read());

  private final Map<String, Entry> byName = new LinkedHashMap<>();

  /**
   * An operation.
   *
   * @param available whether this version's nodes run it
   * @param body the argument that travels as the frame's body, or null
   * @param result the JSON type of the result; with {@code ?} it may be null
   * @param doc one sentence
   */
  public record Entry(
      String name,
      Effect effect,
      boolean available,
      List<Argument> arguments,
      @Nullable String body,
      String result,
      String doc) {}

  /**
   * An argument of the header.
   *
   * @param type string, integer, boolean, array, object or any
   */
  public record Argument(String name, String type, boolean optional) {}

  private Catalogue(Value.Arr entries) {
    for (Value v : entries.items()) {
      Value.Obj o = (Value.Obj) v;
      Entry e =
          new Entry(
              o.string("name", ""),
              Effect.valueOf(o.string("effect", "").toUpperCase(Locale.ROOT)),
              o.bool("available", false),
              arguments(o),
              o.get("body") instanceof Value.Str s ? s.value() : null,
              o.string("result", "any"),
              o.string("doc", ""));
      if (byName.put(e.name(), e) != null) {
        throw new IllegalStateException(RESOURCE + " has " + e.name() + " twice");
      }
    }
  }

  private static List<Argument> arguments(Value.Obj entry) {
    List<Argument> list = new ArrayList<>();
    for (Value v : entry.array("arguments")) {
      Value.Obj a = (Value.Obj) v;
      list.add(
          new Argument(a.string("name", ""), a.string("type", "any"), a.bool("optional", false)));
    }
    return List.copyOf(list);
  }

  private static Value.Arr read() {
    try (InputStream in = Catalogue.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException(RESOURCE + " is not packed");
      }
      return (Value.Arr) Json.read(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (HostException e) {
      throw new IllegalStateException(RESOURCE + ": " + e.getMessage(), e);
    }
  }

  /** The catalogue of this version. */
  public static Catalogue get() {
    return INSTANCE;
  }

  public @Nullable Entry find(String operation) {
    return byName.get(operation);
  }

  /** All operations by name, in the order of the documentation. */
  public Map<String, Entry> entries() {
    return Collections.unmodifiableMap(byName);
  }
}
