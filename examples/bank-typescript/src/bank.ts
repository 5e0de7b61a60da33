import { BusinessError, host, HostError, type Integer, PlexSpacesActor } from "@plexspaces/sdk";
import type { Entry } from "./account.ts";

/** Where to, and how much. Accounts are `account/<key>`, or `<app>/account/<key>` in another bank. */
export interface Transfer {
  source: string;
  target: string;
  amount: Integer;
}

export interface Transferred {
  id: string;
  source_balance: Integer;
  target_balance: Integer;
}

/** After these, an ask may still be carried out. */
const UNCERTAIN = ["DEADLINE_EXCEEDED", "UNAVAILABLE", "CANCELLED"];

/** Moves money between accounts. There is one of it. */
export class BankActor extends PlexSpacesActor<{ transfers: Integer }> {
  static readonly queries = ["transfers"];

  getDefaultState() {
    return { transfers: 0 };
  }

  /** Withdraws at the source, deposits at the target. Where that is refused, the source gets its money back. */
  onTransfer({ source, target, amount }: Transfer): Transferred {
    const source_balance: Integer = host.ask(source, "withdraw", { amount });
    let target_balance: Integer;
    try {
      target_balance = host.ask(target, "deposit", { amount });
    } catch (error) {
      if (!(error instanceof HostError)) {
        throw error;
      }
      if (UNCERTAIN.includes(error.code)) {
        // Money given back now might be there twice: somebody has to look at both statements.
        const why = `nobody knows whether ${target} got the ${amount} that ${source} has paid`;
        throw new BusinessError(error.code, `${why}: ${error.message}`);
      }
      host.ask(source, "deposit", { amount });
      throw new BusinessError(error.code, `the deposit at ${target} failed: ${error.message}`);
    }
    this.state.transfers++;
    const id = `t${this.state.transfers}`;
    host.send("audit", "record", { id, source, target, amount });
    return { id, source_balance, target_balance };
  }

  /** How many transfers there were. */
  onTransfers(): Integer {
    return this.state.transfers;
  }

  /** The entries of an account after number `since`. */
  onStatementOf({ account, since = 0 }: { account: string; since?: Integer }): Entry[] {
    return [...host.askStream<Entry>(account, "statement", { since })];
  }
}
