package io.plexspaces.gateway;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A path with parameters, {@code /api/v1/apps/{app}}. Each parameter is one whole segment. */
final class PathTemplate {
  private final String text;
  private final List<String> segments;

  PathTemplate(String text) {
    if (!text.startsWith("/")) {
      throw new IllegalArgumentException(text);
    }
    this.text = text;
    this.segments = List.of(text.substring(1).split("/", -1));
  }

  /**
   * The decoded parameters if the path has this form. Literal segments must be equal as they are
   * written: an escaped spelling of a path is another path, also to proxies that guard it.
   *
   * @throws Refusal 400 if a parameter does not decode
   */
  Optional<Map<String, String>> match(List<String> raw) {
    if (raw.size() != segments.size()) {
      return Optional.empty();
    }
    for (int i = 0; i < segments.size(); i++) {
      String s = segments.get(i);
      if (isParameter(s) ? raw.get(i).isEmpty() : !s.equals(raw.get(i))) {
        return Optional.empty();
      }
    }
    Map<String, String> values = new LinkedHashMap<>();
    for (int i = 0; i < segments.size(); i++) {
      if (isParameter(segments.get(i))) {
        values.put(name(segments.get(i)), Uri.decode(raw.get(i)));
      }
    }
    return Optional.of(values);
  }

  List<String> parameters() {
    List<String> names = new ArrayList<>();
    for (String s : segments) {
      if (isParameter(s)) {
        names.add(name(s));
      }
    }
    return names;
  }

  private static boolean isParameter(String segment) {
    return segment.startsWith("{");
  }

  private static String name(String segment) {
    return segment.substring(1, segment.length() - 1);
  }

  @Override
  public String toString() {
    return text;
  }
}
