import { registerActors } from "@plexspaces/sdk";
import { AccountActor } from "./account.ts";
import { AuditActor } from "./audit.ts";
import { BankActor } from "./bank.ts";

registerActors(AccountActor, BankActor, AuditActor);
