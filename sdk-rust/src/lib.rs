//! Write PlexSpaces actors in Rust: a struct that implements [`Actor`], and [`export_actors!`].
//!
//! ```ignore
//! use plexspaces::{export_actors, json, Actor, Error, Operation, Value};
//!
//! #[derive(Default)]
//! struct Counter { n: i64 }
//!
//! impl Actor for Counter {
//!     const TYPE: &'static str = "counter";
//!     const OPERATIONS: &'static [Operation] =
//!         &[Operation::call("increment"), Operation::query("get")];
//!
//!     fn handle(&mut self, op: &str, payload: &Value) -> Result<Value, Error> {
//!         match op {
//!             "increment" => { self.n += payload["by"].as_i64().unwrap_or(1); Ok(json!(self.n)) }
//!             "get" => Ok(json!(self.n)),
//!             _ => Err(Error::unknown_operation(op)),
//!         }
//!     }
//!     fn snapshot(&self) -> Value { json!({"n": (self.n)}) }
//!     fn restore(&mut self, state: &Value) { self.n = state["n"].as_i64().unwrap_or(0); }
//! }
//!
//! export_actors!(Counter);
//! ```
//!
//! A module is built as a `cdylib` for `wasm32-unknown-unknown`. The crate has no dependencies.

mod abi;
mod actor;
mod error;
pub mod host;
mod json;
mod value;

#[doc(hidden)]
pub use abi::{answer, panicked, Registry};
pub use actor::{Actor, Kind, Message, Operation};
pub use error::{Code, Error};
pub use value::Value;
