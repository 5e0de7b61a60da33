import { host, type Integer, PlexSpacesActor } from "@plexspaces/sdk";
import type { Transfer } from "./bank.ts";

export interface AuditRecord extends Transfer {
  id: string;
}

/** Remembers all transfers, and tells the tuple space of each. */
export class AuditActor extends PlexSpacesActor<{ records: AuditRecord[] }> {
  static readonly casts = ["record"];
  static readonly queries = ["entries"];

  getDefaultState() {
    return { records: [] };
  }

  onRecord({ id, source, target, amount }: AuditRecord): void {
    this.state.records.push({ id, source, target, amount });
    host.ts.write(["transfer", id, source, target, amount]);
  }

  /** The latest records, the newest last. */
  onEntries({ limit = 100 }: { limit?: Integer }): AuditRecord[] {
    return limit > 0 ? this.state.records.slice(-limit) : [];
  }
}
