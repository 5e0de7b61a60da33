//! A bank: accounts, transfers between them, an audit log, a stream of statements.

mod account;
mod audit;
mod bank;

pub use account::{Account, Entry, Kind, Opened};
pub use audit::{Audit, Transfer};
pub use bank::{Bank, Transferred};

plexspaces::export_actors!(Account, Bank, Audit);
