package io.plexspaces.polyglot;

import io.plexspaces.api.guest.CodelessModule;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * An app's sources and what was compiled of them, for its later contexts. Thread-safe.
 *
 * @param compiled by path, in the language's own form
 */
record LoadedApp(CodelessModule sources, Map<String, String> compiled) {
  LoadedApp(CodelessModule sources) {
    this(sources, new ConcurrentHashMap<>());
  }
}
