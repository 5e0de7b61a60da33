use super::{Call, Int, Ttl};
use crate::{Data, Error, Value};

/// A tuple, and a pattern: a list of values.
pub type Tuple = Vec<Value>;

/// A tuple or a pattern: `tuple!["job", 7, any::INT]`. Any expression that is a [`Value`] already or can
/// become one.
#[macro_export]
macro_rules! tuple {
    ($($field:expr),* $(,)?) => { vec![ $( $crate::Value::from($field) ),* ] };
}

/// A tuple space: the app's own, or a named one.
///
/// ```no_run
/// # use plexspaces::{host::{self, any, Space}, tuple, Error};
/// # fn f() -> Result<(), Error> {
/// let jobs = Space::named("jobs");
/// jobs.write(tuple!["job", 7], None)?;
/// let next = jobs.take(tuple!["job", any::INT], 1000)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Space {
    name: Option<String>,
}

impl Space {
    /// The app's own space.
    pub fn own() -> Space {
        Space::default()
    }

    /// A space by its name.
    pub fn named(name: impl Into<String>) -> Space {
        Space { name: Some(name.into()) }
    }

    fn call(&self, operation: &'static str) -> Call {
        Call::to(operation).opt("space", self.name.clone())
    }

    /// See [`ts_write`].
    pub fn write(&self, tuple: Tuple, ttl: impl Into<Ttl>) -> Result<String, Error> {
        self.call("ts_write").arg("tuple", tuple).opt("ttl_ms", ttl.into().value()).get()
    }

    /// See [`ts_read`].
    pub fn read(&self, pattern: Tuple, timeout_ms: impl Into<Int>) -> Result<Option<Tuple>, Error> {
        self.call("ts_read").arg("pattern", pattern).int("timeout_ms", timeout_ms).get()
    }

    /// See [`ts_take`].
    pub fn take(&self, pattern: Tuple, timeout_ms: impl Into<Int>) -> Result<Option<Tuple>, Error> {
        self.call("ts_take").arg("pattern", pattern).int("timeout_ms", timeout_ms).get()
    }

    /// As [`take`](Space::take); waits while all that matches is held by others, and no longer.
    pub fn take_if_exists(&self, pattern: Tuple, timeout_ms: impl Into<Int>) -> Result<Option<Tuple>, Error> {
        self.call("ts_take").arg("pattern", pattern).int("timeout_ms", timeout_ms).arg("if_exists", true).get()
    }

    /// See [`ts_read_all`].
    pub fn read_all(&self, pattern: Tuple, limit: impl Into<Int>) -> Result<Vec<Tuple>, Error> {
        self.call("ts_read_all").arg("pattern", pattern).int("limit", limit).get()
    }

    /// See [`ts_take_all`].
    pub fn take_all(&self, pattern: Tuple, limit: impl Into<Int>) -> Result<Vec<Tuple>, Error> {
        self.call("ts_take_all").arg("pattern", pattern).int("limit", limit).get()
    }

    /// See [`ts_count`].
    pub fn count(&self, pattern: Tuple) -> Result<i64, Error> {
        self.call("ts_count").arg("pattern", pattern).get()
    }

    /// See [`ts_write_once`].
    pub fn write_once(&self, pattern: Tuple, tuple: Tuple, ttl: impl Into<Ttl>) -> Result<WriteOnce, Error> {
        let mut v = self
            .call("ts_write_once")
            .arg("pattern", pattern)
            .arg("tuple", tuple)
            .opt("ttl_ms", ttl.into().value())
            .value()?;
        let written = v["written"].as_bool().unwrap_or(false);
        let tuple = Tuple::from_value(v.take("tuple").unwrap_or(Value::Null)).unwrap_or_default();
        Ok(WriteOnce { written, tuple })
    }

    /// See [`ts_update`].
    pub fn update(&self, pattern: Tuple, tuple: Tuple, expected: Option<Tuple>) -> Result<Option<Tuple>, Error> {
        self.call("ts_update").arg("pattern", pattern).arg("tuple", tuple).opt("expected", expected).get()
    }

    /// See [`ts_notify`].
    pub fn notify(&self, pattern: Tuple, op: &str) -> Result<String, Error> {
        self.call("ts_notify").arg("pattern", pattern).arg("op", op).get()
    }
}

/// What [`ts_write_once`] did.
#[derive(Clone, Debug, PartialEq)]
pub struct WriteOnce {
    /// Whether the tuple was written.
    pub written: bool,
    /// The tuple that is there now.
    pub tuple: Tuple,
}

/// Writes a tuple; answers its lease.
pub fn ts_write(tuple: Tuple, ttl: impl Into<Ttl>) -> Result<String, Error> {
    Space::own().write(tuple, ttl)
}

/// A tuple that matches; null in a pattern matches any field. A timeout of 0 does not wait, -1 waits
/// until the deadline.
pub fn ts_read(pattern: Tuple, timeout_ms: impl Into<Int>) -> Result<Option<Tuple>, Error> {
    Space::own().read(pattern, timeout_ms)
}

/// As [`ts_read`], and takes the tuple away. Each tuple goes to exactly one taker.
pub fn ts_take(pattern: Tuple, timeout_ms: impl Into<Int>) -> Result<Option<Tuple>, Error> {
    Space::own().take(pattern, timeout_ms)
}

/// All tuples that match, at most `limit` unless it is 0 or absent.
pub fn ts_read_all(pattern: Tuple, limit: impl Into<Int>) -> Result<Vec<Tuple>, Error> {
    Space::own().read_all(pattern, limit)
}

/// Takes all tuples that match, at most `limit` unless it is 0 or absent.
pub fn ts_take_all(pattern: Tuple, limit: impl Into<Int>) -> Result<Vec<Tuple>, Error> {
    Space::own().take_all(pattern, limit)
}

/// How many tuples match.
pub fn ts_count(pattern: Tuple) -> Result<i64, Error> {
    Space::own().count(pattern)
}

/// Writes the tuple unless one matches the pattern; answers whether, and the tuple that is there.
pub fn ts_write_once(pattern: Tuple, tuple: Tuple, ttl: impl Into<Ttl>) -> Result<WriteOnce, Error> {
    Space::own().write_once(pattern, tuple, ttl)
}

/// Takes a match and writes the tuple in one step; with `expected`, only if the match equals it. Answers
/// the old tuple.
pub fn ts_update(pattern: Tuple, tuple: Tuple, expected: Option<Tuple>) -> Result<Option<Tuple>, Error> {
    Space::own().update(pattern, tuple, expected)
}

/// A cast of `op` per matching write; answers the subscription.
pub fn ts_notify(pattern: Tuple, op: &str) -> Result<String, Error> {
    Space::own().notify(pattern, op)
}

/// Ends a subscription.
pub fn ts_unsubscribe(id: &str) -> Result<(), Error> {
    Call::to("ts_unsubscribe").arg("id", id).unit()
}

/// Gives a tuple's lease a new length.
pub fn ts_renew(lease: &str, ttl: impl Into<Ttl>) -> Result<(), Error> {
    let ttl = ttl.into().value().unwrap_or(Value::Null);
    Call::to("ts_renew").arg("lease", lease).arg("ttl_ms", ttl).unit()
}

/// Ends a lease and its tuple.
pub fn ts_cancel(lease: &str) -> Result<(), Error> {
    Call::to("ts_cancel").arg("lease", lease).unit()
}

/// Runs `work` all or nothing: its takes and writes hold if it answers `Ok`, and are undone if it does not.
///
/// ```no_run
/// # use plexspaces::{host, tuple, Error};
/// # fn f() -> Result<(), Error> {
/// host::ts_transaction(|space| {
///     space.take(tuple!["a", 1], 0)?.ok_or_else(|| Error::invalid("nothing there"))?;
///     space.write(tuple!["b", 1], None)
/// })?;
/// # Ok(())
/// # }
/// ```
pub fn ts_transaction<T>(work: impl FnOnce(&Space) -> Result<T, Error>) -> Result<T, Error> {
    let transaction = |action: &str| Call::to("ts_transaction").arg("action", action).unit();
    transaction("begin")?;
    match work(&Space::own()) {
        Ok(v) => transaction("commit").map(|_| v),
        Err(e) => {
            // The first error is the one to hear of.
            let _ = transaction("abort");
            Err(e)
        }
    }
}
