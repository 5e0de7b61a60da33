//! Write PlexSpaces actors in Rust.
//!
//! ```
//! use plexspaces::{actor, export_actors, host, json, Error};
//!
//! actor! {
//!     /// Counts, and tells others.
//!     pub struct Counter as "counter" {
//!         n: i64 = 0,
//!     }
//!
//!     impl {
//!         call fn increment(&mut self, by: i64 = 1) -> Result<i64, Error> {
//!             self.n = self.n.checked_add(by).ok_or_else(|| Error::invalid_argument("the counter is full"))?;
//!             host::send("audit", "record", json!({"n": (self.n)}))?;
//!             Ok(self.n)
//!         }
//!
//!         query fn get(&self) -> i64 {
//!             self.n
//!         }
//!     }
//! }
//!
//! export_actors!(Counter);
//! # fn main() {}
//! ```
//!
//! [`actor!`] declares state and operations; the [`Actor`] trait is what it implements, and may be
//! implemented by hand. [`host`] has the operations of the node, [`record!`] makes payloads of structs.
//! In tests the same actors run in a [`testing::World`]. A module is built as a `cdylib` for
//! `wasm32-unknown-unknown`. The crate has no dependencies.
//!
//! **What the standard library lacks in a module.** `wasm32-unknown-unknown` has no clock, no randomness, no
//! standard output: `SystemTime::now()` panics, `std::println!` writes nowhere, and `HashMap` iterates in
//! one order for ever. Use [`host::now_ms`], [`host::random`] and [`println!`](crate::println!). Threads,
//! files and sockets are not there either.

#![deny(missing_docs)]

mod abi;
mod actor;
mod address;
mod data;
mod definitions;
mod error;
pub mod host;
mod json;
mod macros;
mod running;
mod stream;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
mod value;

pub use actor::{Actor, Kind, Message, Operation, Reply};
pub use address::{actor_application_id, actor_id, sibling_actor_id};
pub use data::{Bytes, Data, Mismatch, Transient};
pub use error::{Code, Error};
pub use stream::Stream;
pub use value::Value;

/// For the macros only.
#[doc(hidden)]
pub mod __private {
    pub use crate::abi::answer;
    pub use crate::actor::{restore_field, snapshot_field, stored_fields, IntoReply};
    pub use crate::data::{field, object, object_schema, property};
    pub use crate::definitions::named;
    pub use crate::running::Registry;
    pub use crate::stream::IntoStream;
}

/// Writes a line to the node's log at level info; `std::println!` writes nowhere in a module.
#[macro_export]
macro_rules! println {
    ($($arg:tt)*) => { $crate::host::log($crate::host::Level::Info, &format!($($arg)*)) };
}
