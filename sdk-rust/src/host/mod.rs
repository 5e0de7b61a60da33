//! What the host offers: every operation of the host API under its own name.
//!
//! A call belongs to the running turn. In a test it goes to the
//! [`testing::World`](crate::testing::World); elsewhere it panics. An operation that the node does not have
//! yet answers UNIMPLEMENTED. Optional numbers are [`Int`]: `5000`, `None`, a `Duration`.
//!
//! The same functions stand under short names in modules: [`ts`]`::read` is [`ts_read`], [`kv`]`::get` is
//! [`kv_get`].

mod call;
mod messaging;
mod shards;
mod storage;
mod system;
mod together;
mod tuples;

pub use call::{Call, Int, Payload, Ttl};
#[cfg(not(target_arch = "wasm32"))]
pub use call::{set_transport, Transport};
pub use messaging::*;
pub use shards::*;
pub use storage::*;
pub use system::*;
pub use together::*;
pub use tuples::*;

pub(crate) use call::reply_of;

/// Patterns' wildcards, for [`ts_read`] and its like: `tuple!["job", any::INT, any::ANY]`.
pub mod any {
    use crate::{json, Value};

    /// Matches by type, or anything.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Wildcard(Option<&'static str>);

    /// Any field.
    pub const ANY: Wildcard = Wildcard(None);
    /// A whole number, also one with a point.
    pub const INT: Wildcard = Wildcard(Some("int"));
    /// Any number.
    pub const FLOAT: Wildcard = Wildcard(Some("float"));
    /// Text.
    pub const STR: Wildcard = Wildcard(Some("str"));
    /// A boolean.
    pub const BOOL: Wildcard = Wildcard(Some("bool"));
    /// Bytes.
    pub const BYTES: Wildcard = Wildcard(Some("bytes"));

    impl From<Wildcard> for Value {
        fn from(w: Wildcard) -> Value {
            w.0.map_or(Value::Null, |name| json!({"$any": name}))
        }
    }
}

/// [`ts_write`] and its like under short names.
pub mod ts {
    pub use super::{
        ts_cancel as cancel, ts_count as count, ts_notify as notify, ts_read as read, ts_read_all as read_all,
        ts_renew as renew, ts_take as take, ts_take_all as take_all, ts_transaction as transaction,
        ts_unsubscribe as unsubscribe, ts_update as update, ts_write as write, ts_write_once as write_once, Space,
    };
}

/// [`kv_get`] and its like under short names.
pub mod kv {
    pub use super::{
        kv_compare_and_swap as compare_and_swap, kv_delete as delete, kv_get as get, kv_increment as increment,
        kv_list as list, kv_put as put, kv_watch as watch, Store,
    };
}

/// [`blob_get`] and its like under short names.
pub mod blob {
    pub use super::{
        blob_delete as delete, blob_get as get, blob_head as head, blob_list as list, blob_put as put,
    };
}

/// [`pg_join`] and its like under short names.
pub mod pg {
    pub use super::{
        pg_broadcast as broadcast, pg_first as first, pg_join as join, pg_leave as leave, pg_members as members,
    };
}

/// [`lock_acquire`] and its like under short names.
pub mod lock {
    pub use super::{lock_acquire as acquire, lock_release as release, lock_renew as renew};
}

/// [`pool_checkout`] and its like under short names.
pub mod pool {
    pub use super::{pool_checkin as checkin, pool_checkout as checkout, pool_info as info};
}

/// [`channel_publish`] and its like under short names.
pub mod channel {
    pub use super::{
        channel_bind as bind, channel_info as info, channel_publish as publish, channel_subscribe as subscribe,
        Publish, Subscription,
    };
}

/// [`workflow_start`] and its like under short names.
pub mod workflow {
    pub use super::{
        workflow_cancel as cancel, workflow_pause as pause, workflow_query as query, workflow_result as result,
        workflow_resume as resume, workflow_signal as signal, workflow_start as start,
    };
}
