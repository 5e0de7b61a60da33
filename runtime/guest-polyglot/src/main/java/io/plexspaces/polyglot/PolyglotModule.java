package io.plexspaces.polyglot;

import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.api.guest.ModuleDescription;

/** A loaded app: its sources, for contexts to load. */
record PolyglotModule(
    Language language,
    PolyglotEngine.Shared shared,
    LoadedApp app,
    String digest,
    ModuleDescription description,
    MemoryBudget budget)
    implements GuestModule {

  @Override
  public GuestInstance spawn(String type, byte[] seed) {
    description.requireType(type);
    return new PolyglotInstance(language, shared, app, new HostCalls(), seed, budget);
  }

  @Override
  public void close() {
    // Contexts are closed by their actors; nothing else is held.
  }
}
