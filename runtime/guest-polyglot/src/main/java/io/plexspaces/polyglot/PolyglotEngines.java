package io.plexspaces.polyglot;

import io.plexspaces.api.guest.GuestEngine;
import io.plexspaces.api.guest.GuestEngineProvider;
import io.plexspaces.api.guest.MemoryBudget;

/** Makes the engines {@code graalpy} and {@code graaljs}. */
public final class PolyglotEngines implements GuestEngineProvider {
  @Override
  public boolean makes(String engine) {
    return engine.equals(JavaScript.NAME) || engine.equals(Python.NAME);
  }

  @Override
  public GuestEngine make(String engine, MemoryBudget budget) {
    return switch (engine) {
      case JavaScript.NAME -> new PolyglotEngine(new JavaScript(), budget);
      case Python.NAME -> new PolyglotEngine(new Python(), budget);
      default -> throw new IllegalArgumentException("no engine \"" + engine + "\"");
    };
  }
}
