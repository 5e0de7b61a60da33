//! What the host offers. Every call belongs to the running turn; outside of a node it panics.

use crate::abi::{decode, encode};
use crate::{json, Error, Value};

#[cfg(target_arch = "wasm32")]
mod raw {
    #[link(wasm_import_module = "plexspaces")]
    extern "C" {
        pub fn input(ptr: *mut u8);
        pub fn output(ptr: *const u8, len: usize);
        pub fn call(op: *const u8, op_len: usize, ptr: *const u8, len: usize) -> i32;
        pub fn result(ptr: *mut u8);
        pub fn log(level: i32, ptr: *const u8, len: usize);
    }
}

#[cfg(not(target_arch = "wasm32"))]
#[allow(clippy::missing_safety_doc)]
mod raw {
    const OUTSIDE: &str = "host calls are only possible inside a node";
    pub unsafe fn input(_: *mut u8) {
        panic!("{}", OUTSIDE)
    }
    pub unsafe fn output(_: *const u8, _: usize) {
        panic!("{}", OUTSIDE)
    }
    pub unsafe fn call(_: *const u8, _: usize, _: *const u8, _: usize) -> i32 {
        panic!("{}", OUTSIDE)
    }
    pub unsafe fn result(_: *mut u8) {
        panic!("{}", OUTSIDE)
    }
    pub unsafe fn log(_: i32, _: *const u8, _: usize) {
        panic!("{}", OUTSIDE)
    }
}

pub(crate) fn input(len: usize) -> Vec<u8> {
    let mut buffer = vec![0; len];
    // The host writes exactly the `len` bytes that it announced.
    unsafe { raw::input(buffer.as_mut_ptr()) };
    buffer
}

pub(crate) fn output(bytes: &[u8]) {
    unsafe { raw::output(bytes.as_ptr(), bytes.len()) };
}

/// Any operation of the host API: named arguments and a payload; answers the result's body.
pub fn call(operation: &str, arguments: &Value, payload: &[u8]) -> Result<Vec<u8>, Error> {
    let request = encode(arguments, payload);
    let n = unsafe { raw::call(operation.as_ptr(), operation.len(), request.as_ptr(), request.len()) };
    let mut buffer = vec![0; n.unsigned_abs() as usize];
    // The host writes exactly the bytes whose number it just told.
    unsafe { raw::result(buffer.as_mut_ptr()) };
    if n < 0 {
        return Err(Error::from_json(&buffer));
    }
    decode(&buffer).map(|(_, body)| body.to_vec())
}

fn value(operation: &str, arguments: Value, payload: &[u8]) -> Result<Value, Error> {
    let body = call(operation, &arguments, payload)?;
    if body.is_empty() {
        return Ok(Value::Null);
    }
    Value::parse(&body)
}

fn tuple(v: Value) -> Option<Vec<Value>> {
    match v {
        Value::Array(fields) => Some(fields),
        _ => None,
    }
}

/// Asks another actor and waits for its reply.
pub fn ask(target: &str, op: &str, payload: &Value, timeout_ms: u32) -> Result<Value, Error> {
    let arguments = json!({"target": target, "op": op, "timeout_ms": timeout_ms});
    value("ask", arguments, payload.to_json().as_bytes())
}

/// Asks several actors at once; the results are in the order of the calls.
pub fn ask_all(calls: &[(&str, &str, Value)], timeout_ms: u32) -> Result<Vec<Value>, Error> {
    let calls: Vec<Value> =
        calls.iter().map(|(t, op, p)| json!({"target": (*t), "op": (*op), "payload": p})).collect();
    value("ask_all", json!({"calls": calls, "timeout_ms": timeout_ms}), b"").map(|v| tuple(v).unwrap_or_default())
}

/// Sends a message, which leaves when the turn commits; answers its id.
pub fn send(target: &str, op: &str, payload: &Value) -> Result<String, Error> {
    let v = value("send", json!({"target": target, "op": op}), payload.to_json().as_bytes())?;
    Ok(v.as_str().unwrap_or("").to_string())
}

/// Gives this actor a name in the app.
pub fn register(name: &str) -> Result<(), Error> {
    value("register", json!({"name": name}), b"").map(|_| ())
}

/// The address of the actor of this name.
pub fn resolve(name: &str) -> Result<Option<String>, Error> {
    value("resolve", json!({"name": name}), b"").map(|v| v.as_str().map(str::to_string))
}

/// Writes a tuple; answers its lease.
pub fn ts_write(tuple: Vec<Value>, ttl_ms: Option<u64>) -> Result<Value, Error> {
    let mut arguments = json!({"tuple": tuple});
    add_ttl(&mut arguments, ttl_ms);
    value("ts_write", arguments, b"")
}

/// A tuple that matches; null in a pattern matches any field. A timeout of 0 does not wait, -1 waits
/// until the deadline.
pub fn ts_read(pattern: Vec<Value>, timeout_ms: i64) -> Result<Option<Vec<Value>>, Error> {
    value("ts_read", json!({"pattern": pattern, "timeout_ms": timeout_ms}), b"").map(tuple)
}

/// As [`ts_read`], and takes the tuple away. Each tuple goes to exactly one taker.
pub fn ts_take(pattern: Vec<Value>, timeout_ms: i64) -> Result<Option<Vec<Value>>, Error> {
    value("ts_take", json!({"pattern": pattern, "timeout_ms": timeout_ms}), b"").map(tuple)
}

/// All tuples that match, at most `limit` unless it is 0.
pub fn ts_read_all(pattern: Vec<Value>, limit: u32) -> Result<Vec<Vec<Value>>, Error> {
    let v = value("ts_read_all", json!({"pattern": pattern, "limit": limit}), b"")?;
    Ok(tuple(v).unwrap_or_default().into_iter().filter_map(tuple).collect())
}

pub fn ts_count(pattern: Vec<Value>) -> Result<i64, Error> {
    value("ts_count", json!({"pattern": pattern}), b"").map(|v| v.as_i64().unwrap_or(0))
}

/// Writes the tuple unless one matches the pattern; answers whether, and the tuple that is there.
pub fn ts_write_once(
    pattern: Vec<Value>,
    new: Vec<Value>,
    ttl_ms: Option<u64>,
) -> Result<(bool, Vec<Value>), Error> {
    let mut arguments = json!({"pattern": pattern, "tuple": new});
    add_ttl(&mut arguments, ttl_ms);
    let v = value("ts_write_once", arguments, b"")?;
    Ok((v["written"].as_bool().unwrap_or(false), tuple(v["tuple"].clone()).unwrap_or_default()))
}

fn add_ttl(arguments: &mut Value, ttl_ms: Option<u64>) {
    if let Some(ttl) = ttl_ms {
        arguments.set("ttl_ms", i64::try_from(ttl).unwrap_or(i64::MAX));
    }
}

/// The host's clock in milliseconds since 1970.
pub fn now_ms() -> Result<i64, Error> {
    value("now_ms", Value::object(), b"").map(|v| v.as_i64().unwrap_or(0))
}

/// A random number from 0 to 1, from the actor's own sequence.
pub fn random() -> Result<f64, Error> {
    value("random", Value::object(), b"").map(|v| v.as_f64().unwrap_or(0.0))
}

pub fn uuid() -> Result<String, Error> {
    value("uuid", Value::object(), b"").map(|v| v.as_str().unwrap_or("").to_string())
}

/// Waits without holding a thread.
pub fn sleep(ms: u32) -> Result<(), Error> {
    value("sleep", json!({"ms": ms}), b"").map(|_| ())
}

/// Severity of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Trace = 0,
    Debug = 1,
    Info = 2,
    Warn = 3,
    Error = 4,
}

/// Writes a line to the node's log; the host adds app and actor.
pub fn log(level: Level, message: &str) {
    unsafe { raw::log(level as i32, message.as_ptr(), message.len()) };
}
