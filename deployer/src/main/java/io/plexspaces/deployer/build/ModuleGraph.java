package io.plexspaces.deployer.build;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The JavaScript modules that a program consists of, found by their import statements. It reads
 * statements at the begin of a line or after another one, and {@code import("literal")}; what it
 * misses is refused when the module is loaded, by name.
 */
final class ModuleGraph {
  /** The one import that is always there. */
  static final String SDK = "@plexspaces/sdk";

  private static final Pattern IMPORT =
      Pattern.compile(
          "(?:^|;)[ \\t]*(?:import|export)\\b[^'\";()]*?\\bfrom\\s*[\"']([^\"'\\n]+)[\"']"
              + "|(?:^|;)[ \\t]*import\\s*[\"']([^\"'\\n]+)[\"']"
              + "|\\bimport\\s*\\(\\s*[\"']([^\"'\\n]+)[\"']\\s*\\)",
          Pattern.MULTILINE);
  private static final Pattern DECORATOR =
      Pattern.compile("^[ \\t]*@[A-Za-z_$]", Pattern.MULTILINE);

  /** Reads a module; null if there is none. */
  interface Loader {
    byte @Nullable [] load(String path) throws IOException;
  }

  /**
   * @param sources by path
   * @param obstacle why these sources cannot be loaded as they are, or null
   */
  record Result(SortedMap<String, byte[]> sources, @Nullable String obstacle) {}

  private ModuleGraph() {}

  /**
   * @param main a path that {@code loader} knows
   */
  static Result of(String main, Loader loader) throws IOException {
    SortedMap<String, byte[]> sources = new TreeMap<>();
    Deque<String> open = new ArrayDeque<>();
    open.add(main);
    while (!open.isEmpty()) {
      String path = open.remove();
      if (sources.containsKey(path)) {
        continue;
      }
      if (!GuestBuilder.isJavaScript(path)) {
        return new Result(sources, path + " is not JavaScript");
      }
      byte[] source = loader.load(path);
      if (source == null) {
        return new Result(sources, "there is no " + path);
      }
      sources.put(path, source);
      String text = new String(source, StandardCharsets.UTF_8);
      if (DECORATOR.matcher(text).find()) {
        return new Result(sources, path + " has decorators");
      }
      Matcher m = IMPORT.matcher(text);
      while (m.find()) {
        String specifier = first(m);
        if (specifier.equals(SDK)) {
          continue;
        }
        String target = resolve(path, specifier);
        if (target == null) {
          return new Result(sources, path + " imports \"" + specifier + "\"");
        }
        open.add(target);
      }
    }
    return new Result(sources, null);
  }

  private static String first(Matcher m) {
    for (int i = 1; i <= m.groupCount(); i++) {
      String s = m.group(i);
      if (s != null) {
        return s;
      }
    }
    return "";
  }

  /** The path that a relative specifier means; null for a package or a path out of the program. */
  static @Nullable String resolve(String from, String specifier) {
    if (!specifier.startsWith("./") && !specifier.startsWith("../")) {
      return null;
    }
    Deque<String> parts = new ArrayDeque<>();
    int slash = from.lastIndexOf('/');
    String joined = slash < 0 ? specifier : from.substring(0, slash) + "/" + specifier;
    for (String part : joined.split("/", -1)) {
      switch (part) {
        case "." -> {}
        case ".." -> {
          if (parts.pollLast() == null) {
            return null;
          }
        }
        default -> parts.addLast(part);
      }
    }
    return String.join("/", parts);
  }
}
