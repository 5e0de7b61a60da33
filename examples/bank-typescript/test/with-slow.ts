import { host, type Integer, PlexSpacesActor, registerActors } from "@plexspaces/sdk";
import { AccountActor } from "../src/account.ts";
import { BankActor } from "../src/bank.ts";

/** Takes its time, as an account behind a busy disk does. */
class SlowActor extends PlexSpacesActor<object> {
  getDefaultState() {
    return {};
  }

  onDeposit({ amount }: { amount: Integer }): Integer {
    host.sleep(60_000);
    return amount;
  }
}

registerActors(AccountActor, BankActor, SlowActor);
