import { BusinessError, type Integer, PlexSpacesActor } from "@plexspaces/sdk";

/** A line of an account's statement. Amounts are in cents. */
export interface Entry {
  n: Integer;
  kind: "open" | "deposit" | "withdraw";
  amount: Integer;
  balance: Integer;
}

interface State {
  /** Null until the account is opened. */
  owner: string | null;
  balance: Integer;
  entries: Entry[];
}

/** One account, on demand: `account/<any key>`. */
export class AccountActor extends PlexSpacesActor<State> {
  static readonly queries = ["balance", "statement"];

  getDefaultState(): State {
    return { owner: null, balance: 0, entries: [] };
  }

  /** Opens the account. */
  onOpen({ owner, balance = 0 }: { owner: string; balance?: Integer }): { owner: string; balance: Integer } {
    if (this.state.owner !== null) {
      throw new BusinessError("ALREADY_EXISTS", `the account is open already, for ${this.state.owner}`);
    }
    if (balance < 0) {
      throw new BusinessError("INVALID_ARGUMENT", `balance must not be negative, it is ${balance}`);
    }
    this.state.owner = owner;
    this.book("open", balance);
    return { owner, balance };
  }

  /** Adds to the balance; what it is then. */
  onDeposit({ amount }: { amount: Integer }): Integer {
    this.check(amount);
    return this.book("deposit", amount);
  }

  /** Takes from the balance; what it is then. */
  onWithdraw({ amount }: { amount: Integer }): Integer {
    this.check(amount);
    if (amount > this.state.balance) {
      throw new BusinessError(
        "FAILED_PRECONDITION",
        `insufficient funds: balance ${this.state.balance}, asked ${amount}`,
      );
    }
    return this.book("withdraw", -amount);
  }

  onBalance(): Integer {
    this.requireOpen();
    return this.state.balance;
  }

  /** The entries after number `since`, one by one. */
  *onStatement({ since = 0 }: { since?: Integer }): Generator<Entry> {
    this.requireOpen();
    for (const entry of this.state.entries) {
      if (entry.n > since) {
        yield entry;
      }
    }
  }

  private check(amount: Integer): void {
    this.requireOpen();
    if (amount < 1) {
      throw new BusinessError("INVALID_ARGUMENT", `amount must be 1 or more, it is ${amount}`);
    }
  }

  private requireOpen(): void {
    if (this.state.owner === null) {
      throw new BusinessError("NOT_FOUND", `the account ${this.actorId} is not open`);
    }
  }

  private book(kind: Entry["kind"], change: Integer): Integer {
    this.state.balance += change;
    const { balance, entries } = this.state;
    entries.push({ n: entries.length + 1, kind, amount: Math.abs(change), balance });
    return balance;
  }
}
