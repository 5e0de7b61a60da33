use super::{Call, Int};
use crate::{Error, Value};

/// Keys and values: the app's, or this actor's own, which commit with the turn.
#[derive(Clone, Copy, Debug, Default)]
pub struct Store {
    scope: Option<&'static str>,
}

impl Store {
    /// Shared by all actors of the app.
    pub fn app() -> Store {
        Store { scope: None }
    }

    /// Seen by this actor only.
    pub fn actor() -> Store {
        Store { scope: Some("actor") }
    }

    fn call(self, operation: &'static str) -> Call {
        Call::to(operation).opt("scope", self.scope)
    }

    /// See [`kv_get`].
    pub fn get(self, key: &str) -> Result<Value, Error> {
        self.call("kv_get").arg("key", key).value()
    }

    /// See [`kv_put`].
    pub fn put(self, key: &str, value: &Value, ttl_ms: impl Into<Int>) -> Result<(), Error> {
        self.call("kv_put").arg("key", key).int("ttl_ms", ttl_ms).json(value).unit()
    }

    /// See [`kv_delete`].
    pub fn delete(self, key: &str) -> Result<bool, Error> {
        self.call("kv_delete").arg("key", key).get()
    }

    /// See [`kv_list`].
    pub fn list(self, prefix: Option<&str>, limit: impl Into<Int>) -> Result<Vec<String>, Error> {
        self.call("kv_list").opt("prefix", prefix).int("limit", limit).get()
    }

    /// See [`kv_increment`].
    pub fn increment(self, key: &str, by: impl Into<Int>) -> Result<i64, Error> {
        self.call("kv_increment").arg("key", key).int("by", by).get()
    }

    /// See [`kv_compare_and_swap`].
    pub fn compare_and_swap(self, key: &str, expected: &Value, value: &Value) -> Result<bool, Error> {
        self.call("kv_compare_and_swap").arg("key", key).arg("expected", expected).json(value).get()
    }
}

/// The value of a key of the app, or null.
pub fn kv_get(key: &str) -> Result<Value, Error> {
    Store::app().get(key)
}

/// Sets the value of a key, for `ttl_ms` milliseconds if given.
pub fn kv_put(key: &str, value: &Value, ttl_ms: impl Into<Int>) -> Result<(), Error> {
    Store::app().put(key, value, ttl_ms)
}

/// Removes a key; answers whether it was there.
pub fn kv_delete(key: &str) -> Result<bool, Error> {
    Store::app().delete(key)
}

/// The keys that begin with `prefix`, at most `limit`.
pub fn kv_list(prefix: Option<&str>, limit: impl Into<Int>) -> Result<Vec<String>, Error> {
    Store::app().list(prefix, limit)
}

/// Adds to a counter, 1 if not told otherwise; answers its value.
pub fn kv_increment(key: &str, by: impl Into<Int>) -> Result<i64, Error> {
    Store::app().increment(key, by)
}

/// Sets a value where the old one equals `expected`; answers whether.
pub fn kv_compare_and_swap(key: &str, expected: &Value, value: &Value) -> Result<bool, Error> {
    Store::app().compare_and_swap(key, expected, value)
}

/// A cast of `op` per change of a key with this prefix; answers the watch.
pub fn kv_watch(prefix: &str, op: &str) -> Result<String, Error> {
    Call::to("kv_watch").arg("prefix", prefix).arg("op", op).get()
}

/// Stores a blob; answers `{etag, size}`.
pub fn blob_put(name: &str, bytes: &[u8], content_type: Option<&str>) -> Result<Value, Error> {
    Call::to("blob_put").arg("name", name).opt("content_type", content_type).bytes(bytes).value()
}

/// Reads a blob, or `length` bytes of it from `offset`.
pub fn blob_get(name: &str, offset: impl Into<Int>, length: impl Into<Int>) -> Result<Vec<u8>, Error> {
    let (header, body) =
        Call::to("blob_get").arg("name", name).int("offset", offset).int("length", length).frame()?;
    // Bytes come as they are, or inside JSON.
    if header["content_type"].is_null() {
        if let Ok(Value::Bytes(b)) = Value::parse(&body) {
            return Ok(b);
        }
    }
    Ok(body)
}

/// `{etag, size, content_type}` of a blob, or null.
pub fn blob_head(name: &str) -> Result<Value, Error> {
    Call::to("blob_head").arg("name", name).value()
}

/// Removes a blob; answers whether it was there.
pub fn blob_delete(name: &str) -> Result<bool, Error> {
    Call::to("blob_delete").arg("name", name).get()
}

/// The blobs whose names begin with `prefix`, at most `limit`.
pub fn blob_list(prefix: Option<&str>, limit: impl Into<Int>) -> Result<Vec<Value>, Error> {
    Call::to("blob_list").opt("prefix", prefix).int("limit", limit).get()
}
