use super::{Call, Int};
use crate::{Error, Value};

/// Borrows a worker: `{actor_id, checkout_id}`, or null if none is free within `timeout_ms`.
pub fn pool_checkout(pool: &str, timeout_ms: impl Into<Int>) -> Result<Value, Error> {
    Call::to("pool_checkout").arg("pool", pool).int("timeout_ms", timeout_ms).value()
}

/// Gives a worker back; one that is not healthy is replaced.
pub fn pool_checkin(pool: &str, actor_id: &str, checkout_id: &str, healthy: Option<bool>) -> Result<(), Error> {
    Call::to("pool_checkin")
        .arg("pool", pool)
        .arg("actor_id", actor_id)
        .arg("checkout_id", checkout_id)
        .opt("healthy", healthy)
        .unit()
}

/// What is known of a pool.
pub fn pool_info(pool: &str) -> Result<Value, Error> {
    Call::to("pool_info").arg("pool", pool).value()
}

/// Joins a process group.
pub fn pg_join(group: &str) -> Result<(), Error> {
    Call::to("pg_join").arg("group", group).unit()
}

/// Leaves a process group.
pub fn pg_leave(group: &str) -> Result<(), Error> {
    Call::to("pg_leave").arg("group", group).unit()
}

/// The members of a process group.
pub fn pg_members(group: &str) -> Result<Vec<String>, Error> {
    Call::to("pg_members").arg("group", group).get()
}

/// Sends to all members; answers how many.
pub fn pg_broadcast(group: &str, op: &str, payload: &Value) -> Result<i64, Error> {
    Call::to("pg_broadcast").arg("group", group).arg("op", op).json(payload).get()
}

/// The longest-serving member.
pub fn pg_first(group: &str) -> Result<Option<String>, Error> {
    Call::to("pg_first").arg("group", group).get()
}

/// How [`channel_publish`] publishes.
#[derive(Clone, Debug, Default)]
pub struct Publish {
    /// Messages of one key arrive in order.
    pub key: Option<String>,
    /// An object of strings.
    pub headers: Option<Value>,
    /// How long to hold it back.
    pub delay_ms: Option<i64>,
    /// How long it is of use.
    pub ttl_ms: Option<i64>,
}

/// Publishes to a channel; answers the message's id.
pub fn channel_publish(name: &str, payload: &Value, options: Publish) -> Result<String, Error> {
    Call::to("channel_publish")
        .arg("name", name)
        .opt("key", options.key)
        .opt("headers", options.headers)
        .opt("delay_ms", options.delay_ms)
        .opt("ttl_ms", options.ttl_ms)
        .json(payload)
        .get()
}

/// Subscribes to a channel, as one of a `group` if one is given; `start` is `unacked`, `earliest` or `new`.
pub fn channel_subscribe(name: &str, group: Option<&str>, start: Option<&str>) -> Result<Subscription, Error> {
    let id = Call::to("channel_subscribe").arg("name", name).opt("group", group).opt("start", start).get()?;
    Ok(Subscription { id })
}

/// A subscription to a channel. Its id may be kept in the actor's state and used in another turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// As the host knows it.
    pub id: String,
}

impl Subscription {
    /// See [`channel_next`].
    pub fn next(&self, timeout_ms: impl Into<Int>) -> Result<Option<Value>, Error> {
        channel_next(&self.id, timeout_ms)
    }

    /// See [`channel_ack`].
    pub fn ack(&self, message: &str) -> Result<(), Error> {
        channel_ack(&self.id, message)
    }

    /// See [`channel_nack`].
    pub fn nack(&self, message: &str, requeue: Option<bool>) -> Result<(), Error> {
        channel_nack(&self.id, message, requeue)
    }
}

/// A subscription's next message.
pub fn channel_next(subscription: &str, timeout_ms: impl Into<Int>) -> Result<Option<Value>, Error> {
    Call::to("channel_next").arg("subscription", subscription).int("timeout_ms", timeout_ms).get()
}

/// A message has been handled.
pub fn channel_ack(subscription: &str, message: &str) -> Result<(), Error> {
    Call::to("channel_ack").arg("subscription", subscription).arg("message", message).unit()
}

/// A message has not been handled; it comes again unless `requeue` is false.
pub fn channel_nack(subscription: &str, message: &str, requeue: Option<bool>) -> Result<(), Error> {
    Call::to("channel_nack")
        .arg("subscription", subscription)
        .arg("message", message)
        .opt("requeue", requeue)
        .unit()
}

/// Lets a channel's messages come as casts of `op`.
pub fn channel_bind(name: &str, op: &str) -> Result<(), Error> {
    Call::to("channel_bind").arg("name", name).arg("op", op).unit()
}

/// What is known of a channel.
pub fn channel_info(name: &str) -> Result<Value, Error> {
    Call::to("channel_info").arg("name", name).value()
}

/// Takes a lock: `{fence, expires_ms}`, or null if it is not free within `wait_ms`.
pub fn lock_acquire(key: &str, lease_ms: i64, wait_ms: impl Into<Int>) -> Result<Value, Error> {
    Call::to("lock_acquire").arg("key", key).arg("lease_ms", lease_ms).int("wait_ms", wait_ms).value()
}

/// Renews a lock.
pub fn lock_renew(key: &str, lease_ms: i64) -> Result<Value, Error> {
    Call::to("lock_renew").arg("key", key).arg("lease_ms", lease_ms).value()
}

/// Gives a lock back.
pub fn lock_release(key: &str) -> Result<(), Error> {
    Call::to("lock_release").arg("key", key).unit()
}
