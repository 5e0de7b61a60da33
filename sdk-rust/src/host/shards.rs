use super::{Call, Int};
use crate::{Error, Value};

/// How [`create_shard_group`] makes a group; what is `None` is left to the node.
#[derive(Clone, Debug, Default)]
pub struct ShardGroup {
    /// The group's name.
    pub group_id: String,
    /// What each shard is.
    pub actor_type: String,
    /// How many shards.
    pub shard_count: i64,
    /// `hash`, `range` or `round_robin`.
    pub partition_strategy: Option<String>,
    /// `{strategy: "from_registry" | "spread" | "local", labels}`.
    pub placement: Option<Value>,
    /// Laid over the declared defaults.
    pub initial_state: Option<Value>,
    /// Whether it outlives its creator.
    pub detached: Option<bool>,
}

/// Creates a group of shards; an equal group again is no error.
pub fn create_shard_group(group: ShardGroup) -> Result<Value, Error> {
    Call::to("create_shard_group")
        .arg("group_id", group.group_id)
        .arg("actor_type", group.actor_type)
        .arg("shard_count", group.shard_count)
        .opt("partition_strategy", group.partition_strategy)
        .opt("placement", group.placement)
        .opt("initial_state", group.initial_state)
        .opt("detached", group.detached)
        .value()
}

/// How long a collective waits, and how many shards must answer: all, unless told otherwise.
#[derive(Clone, Copy, Debug, Default)]
pub struct Collective {
    /// 10000 unless given.
    pub timeout_ms: Option<i64>,
    /// How many must answer.
    pub min_responses: Option<i64>,
    /// How many must acknowledge.
    pub min_acks: Option<i64>,
}

impl Collective {
    fn call(self, operation: &'static str, group_id: &str) -> Call {
        Call::to(operation)
            .arg("group_id", group_id)
            .opt("timeout_ms", self.timeout_ms)
            .opt("min_responses", self.min_responses)
            .opt("min_acks", self.min_acks)
    }
}

/// What [`scatter_gather`] asks.
#[derive(Clone, Debug, Default)]
pub struct Scatter {
    /// The same for all shards.
    pub query: Option<Value>,
    /// Each shard's own part.
    pub inputs: Option<Vec<Value>>,
    /// `concat`, `sum`, `min`, `max`, `mean`, `merge`, `first`, `majority` or `top_k`.
    pub aggregation: Option<String>,
    /// For `top_k`.
    pub k: Option<i64>,
}

/// Asks all shards and puts their answers together.
pub fn scatter_gather(group_id: &str, scatter: Scatter, options: Collective) -> Result<Value, Error> {
    options
        .call("scatter_gather", group_id)
        .opt("query", scatter.query)
        .opt("inputs", scatter.inputs)
        .opt("aggregation", scatter.aggregation)
        .opt("k", scatter.k)
        .value()
}

/// Gives all shards one message.
pub fn broadcast_shard_group(group_id: &str, message: &Value, options: Collective) -> Result<Value, Error> {
    options.call("broadcast_shard_group", group_id).arg("message", message).value()
}

/// None leaves before all entered.
pub fn barrier_shard_group(group_id: &str, options: Collective) -> Result<Value, Error> {
    options.call("barrier_shard_group", group_id).value()
}

macro_rules! reductions {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        $($(#[$doc])*
        pub fn $name(
            group_id: &str,
            map_function: &Value,
            reduction: &str,
            options: Collective,
        ) -> Result<Value, Error> {
            options
                .call(stringify!($name), group_id)
                .arg("map_function", map_function)
                .arg("reduction", reduction)
                .value()
        })*
    };
}

reductions! {
    /// Maps each shard and folds the results in shard order.
    reduce_shard_group,
    /// As [`reduce_shard_group`]; every shard gets the result as the cast `__ALLREDUCE__`.
    all_reduce_shard_group,
    /// As [`reduce_shard_group`]; each shard gets its part.
    reduce_scatter_shard_group,
    /// The folds of each shard and those before it.
    scan_shard_group,
}

/// The answers of all shards.
pub fn gather_shard_group(group_id: &str, query: &Value, options: Collective) -> Result<Value, Error> {
    options.call("gather_shard_group", group_id).arg("query", query).value()
}

/// As [`gather_shard_group`]; every shard gets them all.
pub fn all_gather_shard_group(group_id: &str, query: &Value, options: Collective) -> Result<Value, Error> {
    options.call("all_gather_shard_group", group_id).arg("query", query).value()
}

/// Asks the shard that a key belongs to.
pub fn ask_shard(
    group_id: &str,
    key: impl Into<Value>,
    op: &str,
    payload: &Value,
    timeout_ms: impl Into<Int>,
) -> Result<Value, Error> {
    Call::to("ask_shard")
        .arg("group_id", group_id)
        .arg("key", key)
        .arg("op", op)
        .int("timeout_ms", timeout_ms)
        .json(payload)
        .value()
}

/// Sends to the shard that a key belongs to; answers the message's id.
pub fn send_to_shard(group_id: &str, key: impl Into<Value>, op: &str, payload: &Value) -> Result<String, Error> {
    Call::to("send_to_shard").arg("group_id", group_id).arg("key", key).arg("op", op).json(payload).get()
}

/// What is known of a group.
pub fn shard_group_info(group_id: &str) -> Result<Value, Error> {
    Call::to("shard_group_info").arg("group_id", group_id).value()
}

/// Changes the number of shards.
pub fn rescale_shard_group(group_id: &str, shard_count: i64) -> Result<Value, Error> {
    Call::to("rescale_shard_group").arg("group_id", group_id).arg("shard_count", shard_count).value()
}

/// Ends a group.
pub fn delete_shard_group(group_id: &str) -> Result<(), Error> {
    Call::to("delete_shard_group").arg("group_id", group_id).unit()
}
