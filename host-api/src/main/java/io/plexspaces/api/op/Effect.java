package io.plexspaces.api.op;

/** When an operation takes hold, and what becomes of it if its turn fails. */
public enum Effect {
  /** Only looks at the turn itself or at nothing that others change: no wait for earlier turns. */
  LOCAL,
  /** Collected; leaves with the turn's commit. */
  DEFERRED,
  /** Takes hold at once; undone if the turn fails. */
  TENTATIVE,
  /** Takes hold at once and stays; first waits until the actor's earlier turns are durable. */
  IMMEDIATE
}
