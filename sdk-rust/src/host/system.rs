use super::{Call, Int};
use crate::{json, Error, Value};

/// How [`spawn`] starts a child.
#[derive(Clone, Debug, Default)]
pub struct Spawn {
    /// What `init` gets as `args`.
    pub args: Option<Value>,
    /// The child's key; made up if absent.
    pub id: Option<String>,
    /// Whether abnormal exits spread both ways.
    pub link: Option<bool>,
}

/// Starts a child of the caller; answers its address.
pub fn spawn(actor_type: &str, options: Spawn) -> Result<String, Error> {
    Call::to("spawn")
        .arg("type", actor_type)
        .opt("args", options.args)
        .opt("id", options.id)
        .opt("link", options.link)
        .get()
}

/// Stops an actor gracefully; the reason is `normal` unless given.
pub fn stop(id: &str, reason: Option<&str>) -> Result<(), Error> {
    Call::to("stop").arg("id", id).opt("reason", reason).unit()
}

/// Stops an actor and removes its journal.
pub fn delete(id: &str) -> Result<(), Error> {
    Call::to("delete").arg("id", id).unit()
}

/// A cast `__DOWN__` on any exit; answers the reference.
pub fn monitor(id: &str) -> Result<String, Error> {
    Call::to("monitor").arg("id", id).get()
}

/// Ends a monitor; idempotent.
pub fn demonitor(reference: &str) -> Result<(), Error> {
    Call::to("demonitor").arg("ref", reference).unit()
}

/// Ties this actor to another: abnormal exits spread, or come as a cast `__EXIT__`.
pub fn link(id: &str) -> Result<(), Error> {
    Call::to("link").arg("id", id).unit()
}

/// Ends a link.
pub fn unlink(id: &str) -> Result<(), Error> {
    Call::to("unlink").arg("id", id).unit()
}

/// Gives this actor a name in the app.
pub fn register(name: &str) -> Result<(), Error> {
    Call::to("register").arg("name", name).unit()
}

/// The address of the actor of this name.
pub fn resolve(name: &str) -> Result<Option<String>, Error> {
    Call::to("resolve").arg("name", name).get()
}

/// What is known of an actor.
pub fn actor_info(id: &str) -> Result<Value, Error> {
    Call::to("actor_info").arg("id", id).value()
}

/// The app's actors, of one type if one is given.
pub fn list_actors(actor_type: Option<&str>) -> Result<Vec<Value>, Error> {
    Call::to("list_actors").opt("type", actor_type).get()
}

/// The host's clock in milliseconds since 1970. `SystemTime` does not work in a module.
pub fn now_ms() -> Result<i64, Error> {
    Call::to("now_ms").get()
}

/// A random number from 0 to 1, 1 excluded, from the actor's own sequence.
pub fn random() -> Result<f64, Error> {
    Call::to("random").get()
}

/// A random UUID.
pub fn uuid() -> Result<String, Error> {
    Call::to("uuid").get()
}

/// Waits without holding a thread.
pub fn sleep(ms: i64) -> Result<(), Error> {
    Call::to("sleep").arg("ms", ms).unit()
}

/// Severity of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Finer than debug.
    Trace,
    /// For developers.
    Debug,
    /// What happens.
    Info,
    /// What should not happen.
    Warn,
    /// What must not happen.
    Error,
}

impl Level {
    /// As on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Level::Trace => "trace",
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        }
    }
}

/// Writes a line to the node's log; the host adds app and actor. Never fails: a line is no reason to.
pub fn log(level: Level, message: &str) {
    let _ = Call::to("log").arg("level", level.name()).arg("message", message).unit();
}

/// As [`log`], with named values: `log_fields(Level::Warn, "low", json!({"left": 3}))`.
pub fn log_fields(level: Level, message: &str, fields: Value) -> Result<(), Error> {
    Call::to("log").arg("level", level.name()).arg("message", message).arg("fields", fields).unit()
}

/// Measurements that [`application_metrics_add`] adds.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    /// Messages handled.
    pub message_count: Option<i64>,
    /// Counters by name, added.
    pub counter_metrics: Option<Value>,
    /// Gauges by name, set.
    pub gauge_metrics: Option<Value>,
    /// Latencies by name in milliseconds, added.
    pub latency_totals_ms: Option<Value>,
}

/// Adds to the app's own metrics.
pub fn application_metrics_add(id: &str, metrics: Metrics) -> Result<(), Error> {
    Call::to("application_metrics_add")
        .arg("id", id)
        .opt("message_count", metrics.message_count)
        .opt("counter_metrics", metrics.counter_metrics)
        .opt("gauge_metrics", metrics.gauge_metrics)
        .opt("latency_totals_ms", metrics.latency_totals_ms)
        .unit()
}

/// Writes the full state with this turn.
pub fn checkpoint() -> Result<(), Error> {
    Call::to("checkpoint").unit()
}

/// The number of the last committed turn.
pub fn journal_sequence() -> Result<i64, Error> {
    Call::to("journal_sequence").get()
}

/// Whether a run is being replayed.
pub fn is_replaying() -> Result<bool, Error> {
    Call::to("is_replaying").get()
}

/// Starts a run; answers its id.
pub fn workflow_start(workflow_type: &str, id: &str, input: &Value) -> Result<String, Error> {
    Call::to("workflow_start").arg("type", workflow_type).arg("id", id).json(input).get()
}

/// Signals a run.
pub fn workflow_signal(id: &str, name: &str, payload: &Value) -> Result<(), Error> {
    Call::to("workflow_signal").arg("id", id).arg("name", name).json(payload).unit()
}

/// Reads a run.
pub fn workflow_query(id: &str, name: &str, args: Option<Value>) -> Result<Value, Error> {
    Call::to("workflow_query").arg("id", id).arg("name", name).opt("args", args).value()
}

/// Waits for a run's result.
pub fn workflow_result(id: &str, timeout_ms: impl Into<Int>) -> Result<Value, Error> {
    Call::to("workflow_result").arg("id", id).int("timeout_ms", timeout_ms).value()
}

/// Cancels a run.
pub fn workflow_cancel(id: &str) -> Result<(), Error> {
    Call::to("workflow_cancel").arg("id", id).unit()
}

/// Pauses a run.
pub fn workflow_pause(id: &str) -> Result<(), Error> {
    Call::to("workflow_pause").arg("id", id).unit()
}

/// Lets a paused run go on.
pub fn workflow_resume(id: &str) -> Result<(), Error> {
    Call::to("workflow_resume").arg("id", id).unit()
}

/// What a service link answered.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpResponse {
    /// 200 and so on.
    pub status: i64,
    /// By name.
    pub headers: Value,
    /// Text, bytes or JSON as the host gives it.
    pub body: Value,
}

/// Calls a configured service link.
pub fn http_fetch(
    link: &str,
    method: &str,
    path: &str,
    body: &[u8],
    headers: &[(&str, &str)],
) -> Result<HttpResponse, Error> {
    let mut fields = json!({});
    for (name, value) in headers {
        fields.set(name, *value);
    }
    let mut answer = Call::to("http_fetch")
        .arg("link", link)
        .arg("method", method)
        .arg("path", path)
        .opt("headers", if headers.is_empty() { None } else { Some(fields) })
        .bytes(body)
        .value()?;
    Ok(HttpResponse {
        status: answer["status"].as_i64().unwrap_or(0),
        headers: answer.take("headers").unwrap_or_else(Value::object),
        body: answer.take("body").unwrap_or(Value::Null),
    })
}
