package io.plexspaces.engine;

/** Something a worker can run: in practice an actor's cell. */
interface Ready {
  /** Runs a batch. Must not throw. */
  void runBatch(Worker worker);

  ReadyQueue.Tenant tenant();
}
