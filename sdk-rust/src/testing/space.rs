//! A tuple space whose takes and writes are held by turns until those end.

use crate::{Code, Error, Value};

struct Entry {
    space: String,
    tuple: Vec<Value>,
    lease: String,
    expires_ms: Option<i64>,
    /// The actor with which it ends.
    owner: Option<String>,
    /// The turn that wrote it, until that commits.
    written_by: Option<u64>,
    /// The turn that took it, until that commits.
    taken_by: Option<u64>,
}

/// A tuple that a turn has written or taken.
pub struct Written {
    pub space: String,
    pub tuple: Vec<Value>,
    lease: String,
    taken: bool,
}

#[derive(Default)]
pub struct Tuples {
    entries: Vec<Entry>,
    leases: u64,
}

impl Tuples {
    pub fn write(
        &mut self,
        space: &str,
        tuple: Vec<Value>,
        expires_ms: Option<i64>,
        owner: Option<String>,
        turn: u64,
    ) -> Result<String, Error> {
        if tuple.is_empty() {
            return Err(Error::system(Code::InvalidArgument, "a tuple needs at least one field"));
        }
        if tuple.iter().any(Value::is_null) {
            return Err(Error::system(Code::InvalidArgument, "null cannot be written into a tuple"));
        }
        self.leases += 1;
        let lease = format!("lease-{}", self.leases);
        self.entries.push(Entry {
            space: space.to_string(),
            tuple,
            lease: lease.clone(),
            expires_ms,
            owner,
            written_by: Some(turn),
            taken_by: None,
        });
        Ok(lease)
    }

    fn visible<'a>(
        &'a mut self,
        space: &'a str,
        pattern: &'a [Value],
        turn: u64,
        now_ms: i64,
    ) -> impl Iterator<Item = &'a mut Entry> + 'a {
        self.entries.iter_mut().filter(move |e| {
            e.space == space
                && e.taken_by.is_none()
                && e.written_by.map_or(true, |t| t == turn)
                && e.expires_ms.map_or(true, |at| at > now_ms)
                && matches(pattern, &e.tuple)
        })
    }

    pub fn read(&mut self, space: &str, pattern: &[Value], turn: u64, now_ms: i64, limit: usize) -> Vec<Vec<Value>> {
        self.visible(space, pattern, turn, now_ms).take(limit).map(|e| e.tuple.clone()).collect()
    }

    pub fn take(&mut self, space: &str, pattern: &[Value], turn: u64, now_ms: i64, limit: usize) -> Vec<Vec<Value>> {
        self.visible(space, pattern, turn, now_ms)
            .take(limit)
            .map(|e| {
                e.taken_by = Some(turn);
                e.tuple.clone()
            })
            .collect()
    }

    pub fn renew(&mut self, lease: &str, expires_ms: Option<i64>, owner: Option<String>) {
        for e in self.entries.iter_mut().filter(|e| e.lease == lease) {
            e.expires_ms = expires_ms;
            e.owner = owner.clone();
        }
    }

    pub fn cancel(&mut self, lease: &str) {
        self.entries.retain(|e| e.lease != lease);
    }

    /// What a turn has written or taken so far.
    pub fn written(&self, turn: u64) -> Vec<Written> {
        let of_turn = |e: &&Entry| e.written_by == Some(turn) || e.taken_by == Some(turn);
        self.entries.iter().filter(of_turn).map(|e| e.as_written(e.taken_by == Some(turn))).collect()
    }

    /// Undoes what a turn has done since it had done no more than `before`.
    pub fn back_to(&mut self, turn: u64, before: &[Written]) {
        self.entries.retain(|e| e.written_by != Some(turn) || before.iter().any(|w| w.lease == e.lease));
        for e in self.entries.iter_mut().filter(|e| e.taken_by == Some(turn)) {
            if !before.iter().any(|w| w.taken && w.lease == e.lease) {
                e.taken_by = None;
            }
        }
    }

    /// Whether another turn has written such a tuple and not ended yet.
    pub fn is_placed(&self, space: &str, pattern: &[Value], turn: u64) -> bool {
        self.entries.iter().any(|e| {
            e.space == space && e.written_by.map_or(false, |t| t != turn) && matches(pattern, &e.tuple)
        })
    }

    /// Drops what ends with an actor.
    pub fn ended(&mut self, actor: &str) {
        self.entries.retain(|e| e.owner.as_deref() != Some(actor));
    }

    /// Ends a turn; what it has written is there from now on.
    pub fn end(&mut self, turn: u64, commits: bool) -> Vec<Written> {
        self.entries.retain(|e| if commits { e.taken_by != Some(turn) } else { e.written_by != Some(turn) });
        let mut written = Vec::new();
        for e in &mut self.entries {
            if e.taken_by == Some(turn) {
                e.taken_by = None;
            }
            if e.written_by == Some(turn) {
                e.written_by = None;
                written.push(e.as_written(false));
            }
        }
        written
    }
}

impl Entry {
    fn as_written(&self, taken: bool) -> Written {
        Written { space: self.space.clone(), tuple: self.tuple.clone(), lease: self.lease.clone(), taken }
    }
}

/// Null matches anything, `{"$any": type}` by type, everything else what is equal; numbers by value.
pub fn matches(pattern: &[Value], tuple: &[Value]) -> bool {
    pattern.len() == tuple.len() && pattern.iter().zip(tuple).all(|(p, v)| fits(p, v))
}

fn fits(p: &Value, v: &Value) -> bool {
    match (p, v) {
        (Value::Null, _) => true,
        (Value::Object(o), v) if o.len() == 1 && o[0].0 == "$any" => match (o[0].1.as_str().unwrap_or(""), v) {
            ("int", Value::Int(_) | Value::UInt(_)) | ("float", Value::Int(_) | Value::UInt(_) | Value::Float(_)) => true,
            ("int", Value::Float(f)) => f.fract() == 0.0,
            ("str", Value::Str(_)) | ("bool", Value::Bool(_)) | ("bytes", Value::Bytes(_)) => true,
            _ => false,
        },
        (p, v) => equal(p, v),
    }
}

pub fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Int(i), Value::Float(f)) | (Value::Float(f), Value::Int(i)) => is(*f, (*i).into()),
        (Value::UInt(u), Value::Float(f)) | (Value::Float(f), Value::UInt(u)) => is(*f, (*u).into()),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(n, a)| b.iter().any(|(m, b)| n == m && equal(a, b)))
        }
        (a, b) => a == b,
    }
}

fn is(f: f64, i: i128) -> bool {
    f.fract() == 0.0 && f as i128 == i
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::any;
    use crate::tuple;

    #[test]
    fn patterns_match_by_value_and_type() {
        let t = tuple!["a", 1, 1.5, true, Value::Bytes(vec![1])];
        assert!(matches(&tuple![any::STR, 1.0, any::FLOAT, any::BOOL, any::BYTES], &t));
        assert!(matches(&tuple![any::ANY, any::INT, 1.5, true, any::ANY], &t));
        assert!(!matches(&tuple![any::ANY, any::ANY, any::INT, true, any::ANY], &t));
        assert!(!matches(&tuple![any::ANY], &t));
        assert!(matches(&tuple![any::INT], &tuple![2.0]));
        let big = tuple![u64::MAX];
        assert!(matches(&tuple![any::INT], &big) && matches(&tuple![any::FLOAT], &big) && matches(&big, &big));
        assert!(!matches(&tuple![u64::MAX - 1], &big) && !matches(&tuple![18446744073709551616.0], &big));
        assert!(matches(&tuple![9223372036854775808.0], &tuple![1u64 << 63]));
    }
}
