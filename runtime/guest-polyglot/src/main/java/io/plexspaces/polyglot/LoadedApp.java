package io.plexspaces.polyglot;

import io.plexspaces.api.guest.CodelessModule;
import io.plexspaces.api.guest.ScriptPositions;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * An app's sources and what was compiled of them, for its later contexts. Thread-safe.
 *
 * @param compiled by path, in the language's own form
 * @param positions where those of built files come from: what it reads, all contexts share
 * @param asyncio whether a file of the app, or of what it brings with it, speaks of asyncio
 */
record LoadedApp(
    CodelessModule sources,
    Map<String, String> compiled,
    ScriptPositions positions,
    boolean asyncio) {
  LoadedApp(CodelessModule sources) {
    this(
        sources,
        new ConcurrentHashMap<>(),
        new ScriptPositions(sources.sources()),
        mentions(sources, "asyncio"));
  }

  private static boolean mentions(CodelessModule app, String word) {
    return app.sources().entrySet().stream()
        .filter(s -> !s.getKey().startsWith("plexspaces/"))
        .anyMatch(s -> new String(s.getValue(), StandardCharsets.ISO_8859_1).contains(word));
  }
}
