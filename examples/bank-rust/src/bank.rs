use crate::{Entry, Transfer};
use plexspaces::host::{self, Payload};
use plexspaces::{actor, json, record, Code, Data, Error};

const TIMEOUT_MS: i64 = 5000;

record! {
    #[derive(Clone, Debug, PartialEq)]
    pub struct Transferred {
        pub id: String,
        pub source_balance: i64,
        pub target_balance: i64,
    }
}

actor! {
    /// Moves money between accounts, also those of other banks: `account/ann`, `bank-go/account/bob`.
    pub struct Bank as "bank" {
        transfers: i64,
    }

    impl {
        /// Moves an amount; if the target does not take it, the source gets it back.
        call fn transfer(&mut self, source: String, target: String, amount: i64) -> Result<Transferred, Error> {
            let source_balance = move_money(&source, "withdraw", amount)?;
            let target_balance = match move_money(&target, "deposit", amount) {
                Ok(balance) => balance,
                // Money given back now might be there twice: somebody has to look at both statements.
                Err(e) if uncertain(&e) => {
                    let why = format!("nobody knows whether {} got the {} that {} has paid", target, amount, source);
                    return Err(Error::business(e.code, format!("{}: {}", why, e.message)));
                }
                Err(refused) => {
                    move_money(&source, "deposit", amount)?;
                    return Err(refused);
                }
            };
            self.transfers += 1;
            let id = format!("t{}", self.transfers);
            let record = Transfer { id: id.clone(), source, target, amount };
            host::send("audit", "record", Payload::of(&record))?;
            Ok(Transferred { id, source_balance, target_balance })
        }

        /// How many there were.
        query fn transfers(&self) -> i64 {
            self.transfers
        }

        /// An account's entries after number `since`, as a list.
        call fn statement_of(&mut self, account: String, since: i64 = 0) -> Result<Vec<Entry>, Error> {
            host::ask_stream(&account, "statement", json!({ "since": since }), TIMEOUT_MS)?
                .map(|entry| Ok(Entry::from_value(entry?)?))
                .collect()
        }
    }
}

/// Whether what an ask was for may still happen.
fn uncertain(e: &Error) -> bool {
    matches!(e.code, Code::DeadlineExceeded | Code::Unavailable | Code::Cancelled)
}

/// Asks an account to deposit or withdraw. What it refuses with, the bank refuses with.
fn move_money(account: &str, op: &str, amount: i64) -> Result<i64, Error> {
    let balance = host::ask(account, op, json!({ "amount": amount }), TIMEOUT_MS).map_err(Error::into_business)?;
    Ok(i64::from_value(balance)?)
}
