//! The operations of a world's tuple space.

use super::inner::{Inner, Point, Rule, Timer};
use super::operations::Operations;
use super::space::{equal, matches, Written};
use crate::{json, Code, Error, Value};

/// Somebody who is told of writes.
pub struct Subscription {
    pub id: String,
    pub actor: String,
    pub op: String,
    pub space: String,
    pub pattern: Vec<Value>,
    pub sequence: i64,
}

impl Operations<'_> {
    pub fn expiry(&self) -> Result<Option<i64>, Error> {
        match &self.arguments["ttl_ms"] {
            Value::Null => Ok(None),
            Value::Int(ms) => Ok(Some(self.world.now_ms.get() + ms)),
            // Ends with its owner, not by itself.
            Value::Str(s) if s == "owner" => Ok(None),
            _ => Err(Error::system(Code::InvalidArgument, "the argument ttl_ms must be an integer or \"owner\"")),
        }
    }

    pub fn tuples(&self, operation: &str) -> Result<Value, Error> {
        let w = self.world;
        let (turn, now) = (self.turn_id(), w.now_ms.get());
        let space = self.arguments["space"].as_str().unwrap_or("");
        let limit = self.int("limit")?.filter(|l| *l > 0).map_or(usize::MAX, |l| l as usize);
        let list = |tuples: Vec<Vec<Value>>| Value::Array(tuples.into_iter().map(Value::Array).collect());
        Ok(match operation {
            "ts_write" => {
                Value::from(self.write(space, self.array("tuple")?)?)
            }
            "ts_read" | "ts_take" => {
                let found = self.wait_for(space, operation == "ts_take")?;
                found.map_or(Value::Null, Value::Array)
            }
            "ts_read_all" => list(w.tuples.borrow_mut().read(space, &self.array("pattern")?, turn, now, limit)),
            "ts_take_all" => list(w.tuples.borrow_mut().take(space, &self.array("pattern")?, turn, now, limit)),
            "ts_count" => {
                let found = w.tuples.borrow_mut().read(space, &self.array("pattern")?, turn, now, usize::MAX);
                Value::from(found.len())
            }
            "ts_write_once" => {
                let (pattern, tuple) = (self.array("pattern")?, self.array("tuple")?);
                let found = w.tuples.borrow_mut().read(space, &pattern, turn, now, 1).pop();
                if let Some(tuple) = found {
                    return Ok(json!({"written": false, "tuple": (Value::Array(tuple))}));
                }
                if w.tuples.borrow().is_placed(space, &pattern, turn) {
                    let why = "another turn has placed such a tuple and waits for this one";
                    return Err(Error::system(Code::Aborted, why));
                }
                self.write(space, tuple.clone())?;
                json!({"written": true, "tuple": (Value::Array(tuple))})
            }
            "ts_update" => {
                let mut tuples = w.tuples.borrow_mut();
                let pattern = match &self.arguments["expected"] {
                    Value::Array(expected) => {
                        let found = tuples.read(space, &self.array("pattern")?, turn, now, 1).pop();
                        let same = found.map_or(false, |f| equal(&Value::Array(f), &self.arguments["expected"]));
                        if !same {
                            return Ok(Value::Null);
                        }
                        expected.clone()
                    }
                    _ => self.array("pattern")?,
                };
                match tuples.take(space, &pattern, turn, now, 1).pop() {
                    Some(old) => {
                        tuples.write(space, self.array("tuple")?, None, None, turn)?;
                        Value::Array(old)
                    }
                    None => Value::Null,
                }
            }
            "ts_renew" => {
                let (lease, owner) = (self.text("lease")?.to_string(), self.owner());
                let expiry = self.expiry()?;
                self.wake_at(expiry);
                w.later(move |w| w.tuples.borrow_mut().renew(&lease, expiry, owner));
                Value::Null
            }
            "ts_cancel" => {
                let lease = self.text("lease")?.to_string();
                w.later(move |w| w.tuples.borrow_mut().cancel(&lease));
                Value::Null
            }
            "ts_notify" => {
                let id = format!("subscription-{}", w.next_id());
                w.subscriptions.borrow_mut().push(Subscription {
                    id: id.clone(),
                    actor: w.own_address(),
                    op: self.text("op")?.to_string(),
                    space: space.to_string(),
                    pattern: self.array("pattern")?,
                    sequence: 0,
                });
                let gone = id.clone();
                w.undoing(move |w| w.subscriptions.borrow_mut().retain(|s| s.id != gone));
                Value::from(id)
            }
            "ts_unsubscribe" => {
                let id = self.text("id")?;
                w.subscriptions.borrow_mut().retain(|s| s.id != id);
                Value::Null
            }
            "ts_transaction" => self.transaction(self.text("action")?)?,
            op => return Err(self.absent(op)),
        })
    }

    fn owner(&self) -> Option<String> {
        self.arguments["ttl_ms"].as_str().map(|_| self.world.own_address())
    }

    /// One who waits may have to know that a tuple is gone.
    fn wake_at(&self, expiry: Option<i64>) {
        if let Some(due_ms) = expiry {
            let timer = Timer { id: String::new(), due_ms, rule: Rule::Once, sent: None };
            self.world.timers.borrow_mut().push(timer);
        }
    }

    fn write(&self, space: &str, tuple: Vec<Value>) -> Result<String, Error> {
        let expiry = self.expiry()?;
        let lease = self.world.tuples.borrow_mut().write(space, tuple, expiry, self.owner(), self.turn_id())?;
        self.wake_at(expiry);
        Ok(lease)
    }

    fn transaction(&self, action: &str) -> Result<Value, Error> {
        let w = self.world;
        let id = self.turn_id();
        let point = w.turns.borrow_mut().last_mut().and_then(|t| t.point.take());
        let failed = |why: &str| Err(Error::system(Code::FailedPrecondition, why));
        match (action, point) {
            ("begin", None) => {
                let before = w.tuples.borrow().written(id);
                if let Some(t) = w.turns.borrow_mut().last_mut() {
                    t.point = Some(Point { effects: t.effects.len(), undo: t.undo.len(), before });
                }
            }
            ("begin", point) => {
                if let Some(t) = w.turns.borrow_mut().last_mut() {
                    t.point = point;
                }
                return failed("there is a transaction in this turn already");
            }
            (_, None) => return failed("there is no transaction in this turn"),
            ("commit", _) => {}
            ("abort", Some(point)) => {
                w.tuples.borrow_mut().back_to(id, &point.before);
                let undo = match w.turns.borrow_mut().last_mut() {
                    Some(t) => {
                        t.effects.truncate(point.effects);
                        t.undo.split_off(point.undo)
                    }
                    None => Vec::new(),
                };
                undo.into_iter().rev().for_each(|undo| undo(w));
            }
            (other, _) => {
                let why = format!("unknown action \"{}\"; one of begin, commit, abort", other);
                return Err(Error::system(Code::InvalidArgument, why));
            }
        }
        Ok(Value::Null)
    }

    /// A match now, or after the others had their time.
    fn wait_for(&self, space: &str, take: bool) -> Result<Option<Vec<Value>>, Error> {
        let w = self.world;
        let pattern = self.array("pattern")?;
        let timeout = self.int("timeout_ms")?.unwrap_or(0);
        let turn = self.turn_id();
        let mut found = None;
        w.wait(timeout, || {
            let now = w.now_ms.get();
            let mut tuples = w.tuples.borrow_mut();
            let all = if take {
                tuples.take(space, &pattern, turn, now, 1)
            } else {
                tuples.read(space, &pattern, turn, now, 1)
            };
            found = all.into_iter().next();
            Ok(found.is_some())
        })?;
        Ok(found)
    }
}

impl Inner {
    /// Casts to those who wait for such tuples.
    pub fn notify(&self, written: Vec<Written>) {
        for w in written {
            let mut casts = Vec::new();
            for s in self.subscriptions.borrow_mut().iter_mut() {
                if s.space == w.space && matches(&s.pattern, &w.tuple) {
                    s.sequence += 1;
                    let tuple = Value::Array(w.tuple.clone());
                    let event = json!({"tuple": tuple, "subscription": (&s.id), "sequence": (s.sequence)});
                    casts.push((s.actor.clone(), s.op.clone(), event));
                }
            }
            for (actor, op, event) in casts {
                self.cast(&actor, &op, event);
            }
        }
    }
}
