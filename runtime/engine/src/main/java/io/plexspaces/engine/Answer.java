package io.plexspaces.engine;

import io.plexspaces.api.HostError;

/** What a turn lets out to whoever asked, once its commit is known. One of the two, once. */
interface Answer {
  void give();

  void fail(HostError why);
}
