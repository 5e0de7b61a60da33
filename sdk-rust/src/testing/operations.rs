//! The host operations of a test's world.

use super::space::equal;
use super::{Effect, Inner, Owner, Sent, Timer};
use crate::{json, Code, Error, Message, Reply, Value};

pub struct Operations<'a> {
    pub world: &'a Inner,
    pub arguments: &'a Value,
    pub body: &'a [u8],
}

impl Operations<'_> {
    pub fn run(&self, operation: &str) -> Result<(Value, Vec<u8>), Error> {
        let w = self.world;
        match operation {
            "ask" => match w.ask(self.text("target")?, self.message()?)? {
                Reply::Value(v) => return answer(v),
                Reply::Opaque { content_type, body } => {
                    return Ok((json!({ "content_type": content_type }), body));
                }
            },
            "stream_next" => {
                return match w.next(self.text("stream")?)? {
                    Some(v) => Ok((json!({"more": true}), v.try_json()?.into_bytes())),
                    None => Ok((json!({"more": false}), Vec::new())),
                }
            }
            _ => answer(self.value(operation)?),
        }
    }

    fn value(&self, operation: &str) -> Result<Value, Error> {
        let w = self.world;
        Ok(match operation {
            "ask_all" => Value::Array(
                self.arguments["calls"].as_array().unwrap_or(&[]).iter().map(|c| self.one_of_all(c)).collect(),
            ),
            "send" => {
                let sent = self.sent()?;
                let id = sent.message.id.clone();
                self.effect(Effect::Send(sent));
                Value::from(id)
            }
            "ask_stream" => {
                let owner = {
                    let turns = w.turns.borrow();
                    turns.last().map(|t| t.stream.clone().map_or(Owner::Turn(t.id), Owner::Stream))
                };
                Value::from(w.open(self.text("target")?, self.message()?, owner)?)
            }
            "stream_close" => {
                w.close(self.text("stream")?);
                Value::Null
            }
            "send_after" => self.timer("delay_ms", false)?,
            "send_every" => self.timer("period_ms", true)?,
            "cancel_timer" => {
                self.effect(Effect::CancelTimer(self.text("id")?.to_string()));
                Value::Null
            }
            "register" => self.register()?,
            "resolve" => Value::from(w.names.borrow().get(self.text("name")?).cloned()),
            "now_ms" => Value::Int(w.now_ms.get()),
            "random" => Value::Float((self.random() >> 11) as f64 / (1u64 << 53) as f64),
            "uuid" => {
                let (a, b) = (self.random(), self.random());
                Value::from(format!(
                    "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
                    a >> 32,
                    a >> 16 & 0xffff,
                    a & 0xfff,
                    (b >> 48 & 0x3fff) | 0x8000,
                    b & 0xffff_ffff_ffff
                ))
            }
            "sleep" => {
                self.wait_until(w.now_ms.get() + self.int("ms")?.unwrap_or(0));
                Value::Null
            }
            "log" => {
                let (level, message) = (self.text("level")?, self.text("message")?);
                let mut line = format!("{} {}: {}", level, self.own_address(), message);
                for (name, value) in self.arguments["fields"].as_object().unwrap_or(&[]) {
                    line.push_str(&format!(" {}={}", name, value.to_json()));
                }
                w.logs.borrow_mut().push(line);
                Value::Null
            }
            op if op.starts_with("ts_") => self.tuples(op)?,
            op if op.starts_with("kv_") => self.keys(op)?,
            op => return Err(self.absent(op)),
        })
    }

    fn absent(&self, operation: &str) -> Error {
        Error::system(
            Code::Unimplemented,
            format!(
                "the host operation {} is not in plexspaces::testing: give the world a fake(\"{}\", ..)",
                operation, operation
            ),
        )
    }

    fn text(&self, name: &str) -> Result<&str, Error> {
        self.arguments[name]
            .as_str()
            .ok_or_else(|| Error::system(Code::InvalidArgument, format!("the argument {} must be a string", name)))
    }

    fn int(&self, name: &str) -> Result<Option<i64>, Error> {
        match &self.arguments[name] {
            Value::Null => Ok(None),
            Value::Int(i) => Ok(Some(*i)),
            _ => Err(Error::system(Code::InvalidArgument, format!("the argument {} must be an integer", name))),
        }
    }

    fn array(&self, name: &str) -> Result<Vec<Value>, Error> {
        self.arguments[name].as_array().map(<[Value]>::to_vec).ok_or_else(|| {
            Error::system(Code::InvalidArgument, format!("the argument {} must be an array", name))
        })
    }

    fn own_address(&self) -> String {
        self.world.turns.borrow().last().map_or_else(String::new, |t| t.actor.clone())
    }

    fn turn_id(&self) -> u64 {
        self.world.turns.borrow().last().map_or(0, |t| t.id)
    }

    fn effect(&self, effect: Effect) {
        match self.world.turns.borrow_mut().last_mut() {
            Some(turn) => turn.effects.push(effect),
            None => panic!("a host operation outside of a turn"),
        }
    }

    fn message(&self) -> Result<Message, Error> {
        Ok(Message {
            op: self.text("op")?.to_string(),
            id: format!("m{}", self.world.next_id()),
            from: Some(self.own_address()),
            content_type: self.arguments["content_type"].as_str().map(str::to_string),
            body: self.body.to_vec(),
        })
    }

    fn sent(&self) -> Result<Sent, Error> {
        let target = self.world.resolve(self.text("target")?)?;
        self.world.operation(&target, self.text("op")?)?;
        Ok(Sent { target, message: self.message()? })
    }

    fn one_of_all(&self, call: &Value) -> Value {
        let body = call["payload"].to_json();
        let one = Operations { world: self.world, arguments: call, body: body.as_bytes() };
        let done = one.message().and_then(|m| self.world.ask(call["target"].as_str().unwrap_or(""), m));
        match done {
            Ok(reply) => json!({"ok": (reply.into_value())}),
            Err(e) => json!({"error": (e.to_value())}),
        }
    }

    fn timer(&self, name: &str, again: bool) -> Result<Value, Error> {
        let ms = self.int(name)?.unwrap_or(0);
        if ms < 0 || (again && ms == 0) {
            return Err(Error::system(Code::InvalidArgument, format!("the argument {} is too small", name)));
        }
        let id = format!("timer-{}", self.world.next_id());
        self.effect(Effect::Start(Timer {
            id: id.clone(),
            due_ms: self.world.now_ms.get() + ms,
            every_ms: if again { Some(ms) } else { None },
            sent: self.sent()?,
        }));
        Ok(Value::from(id))
    }

    fn register(&self) -> Result<Value, Error> {
        let name = self.text("name")?;
        let mut names = self.world.names.borrow_mut();
        match names.get(name) {
            Some(holder) if *holder == self.own_address() => {}
            Some(holder) => {
                return Err(Error::system(
                    Code::AlreadyExists,
                    format!("the name \"{}\" belongs to {}", name, holder),
                ));
            }
            None => {
                names.insert(name.to_string(), self.own_address());
                if let Some(turn) = self.world.turns.borrow_mut().last_mut() {
                    turn.names.push(name.to_string());
                }
            }
        }
        Ok(Value::Null)
    }

    fn random(&self) -> u64 {
        // SplitMix64, by Sebastiano Vigna.
        let seed = self.world.seed.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.world.seed.set(seed);
        let mut z = seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Lets others work until `at`.
    fn wait_until(&self, at: i64) {
        let w = self.world;
        loop {
            while w.deliver_one() {}
            if !w.fire_next(at) {
                break;
            }
        }
        w.now_ms.set(w.now_ms.get().max(at));
    }

    fn expiry(&self) -> Result<Option<i64>, Error> {
        match &self.arguments["ttl_ms"] {
            Value::Null => Ok(None),
            Value::Int(ms) => Ok(Some(self.world.now_ms.get() + ms)),
            // Actors of a world do not die.
            Value::Str(s) if s == "owner" => Ok(None),
            _ => Err(Error::system(Code::InvalidArgument, "the argument ttl_ms must be an integer or \"owner\"")),
        }
    }

    fn tuples(&self, operation: &str) -> Result<Value, Error> {
        let w = self.world;
        let (turn, now) = (self.turn_id(), w.now_ms.get());
        let space = self.arguments["space"].as_str().unwrap_or("");
        let limit = self.int("limit")?.filter(|l| *l > 0).map_or(usize::MAX, |l| l as usize);
        let list = |tuples: Vec<Vec<Value>>| Value::Array(tuples.into_iter().map(Value::Array).collect());
        Ok(match operation {
            "ts_write" => {
                let expiry = self.expiry()?;
                Value::from(w.tuples.borrow_mut().write(space, self.array("tuple")?, expiry, turn)?)
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
                let mut tuples = w.tuples.borrow_mut();
                let found = tuples.read(space, &self.array("pattern")?, turn, now, 1).pop();
                match found {
                    Some(tuple) => json!({"written": false, "tuple": (Value::Array(tuple))}),
                    None => {
                        let tuple = self.array("tuple")?;
                        tuples.write(space, tuple.clone(), self.expiry()?, turn)?;
                        json!({"written": true, "tuple": (Value::Array(tuple))})
                    }
                }
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
                        tuples.write(space, self.array("tuple")?, None, turn)?;
                        Value::Array(old)
                    }
                    None => Value::Null,
                }
            }
            "ts_renew" => {
                self.effect(Effect::Renew(self.text("lease")?.to_string(), self.expiry()?));
                Value::Null
            }
            "ts_cancel" => {
                self.effect(Effect::CancelLease(self.text("lease")?.to_string()));
                Value::Null
            }
            op => return Err(self.absent(op)),
        })
    }

    /// A match now, or after the others had their time.
    fn wait_for(&self, space: &str, take: bool) -> Result<Option<Vec<Value>>, Error> {
        let w = self.world;
        let pattern = self.array("pattern")?;
        let timeout = self.int("timeout_ms")?.unwrap_or(0);
        let until = if timeout < 0 { i64::MAX } else { w.now_ms.get() + timeout };
        loop {
            let (turn, now) = (self.turn_id(), w.now_ms.get());
            let found = {
                let mut tuples = w.tuples.borrow_mut();
                let found = if take {
                    tuples.take(space, &pattern, turn, now, 1)
                } else {
                    tuples.read(space, &pattern, turn, now, 1)
                };
                found.into_iter().next()
            };
            if found.is_some() || timeout == 0 {
                return Ok(found);
            }
            if !w.deliver_one() && !w.fire_next(until) {
                if timeout < 0 {
                    return Err(Error::system(
                        Code::DeadlineExceeded,
                        "nobody is left in this world who could write such a tuple",
                    ));
                }
                w.now_ms.set(until);
                return Ok(None);
            }
        }
    }

    fn keys(&self, operation: &str) -> Result<Value, Error> {
        let w = self.world;
        let now = w.now_ms.get();
        let own = self.arguments["scope"].as_str() == Some("actor");
        let prefix = if own { format!("{}\n", self.own_address()) } else { String::from("\n") };
        if operation == "kv_list" {
            let wanted = format!("{}{}", prefix, self.arguments["prefix"].as_str().unwrap_or(""));
            let limit = self.int("limit")?.filter(|l| *l > 0).map_or(usize::MAX, |l| l as usize);
            let keys = w.keys.borrow();
            let names = keys
                .iter()
                .filter(|(k, (_, expires))| k.starts_with(&wanted) && expires.map_or(true, |at| at > now))
                .take(limit)
                .map(|(k, _)| Value::from(&k[prefix.len()..]));
            return Ok(Value::Array(names.collect()));
        }
        if operation == "kv_watch" {
            return Err(self.absent(operation));
        }
        let key = format!("{}{}", prefix, self.text("key")?);
        // The turn reads its own writes.
        let pending = w.turns.borrow().last().and_then(|t| {
            t.effects.iter().rev().find_map(|e| match e {
                Effect::Key(k, v) if *k == key => Some(v.clone()),
                _ => None,
            })
        });
        let old = pending.unwrap_or_else(|| w.keys.borrow().get(&key).cloned());
        let old = old.filter(|(_, expires)| expires.map_or(true, |at| at > now)).map(|(v, _)| v);
        let set = |value: Option<(Value, Option<i64>)>| {
            let effect = Effect::Key(key.clone(), value);
            if own {
                self.effect(effect);
            } else {
                w.commit(effect);
            }
        };
        let body = || Value::parse(self.body);
        Ok(match operation {
            "kv_get" => old.unwrap_or(Value::Null),
            "kv_put" => {
                set(Some((body()?, self.expiry()?)));
                Value::Null
            }
            "kv_delete" => {
                set(None);
                Value::from(old.is_some())
            }
            "kv_increment" => {
                let n = match old {
                    None => 0,
                    Some(v) => v.as_i64().ok_or_else(|| {
                        Error::system(Code::FailedPrecondition, "the value of this key is no integer")
                    })?,
                };
                let n = n.wrapping_add(self.int("by")?.unwrap_or(1));
                set(Some((Value::Int(n), None)));
                Value::Int(n)
            }
            "kv_compare_and_swap" => {
                let same = equal(&old.unwrap_or(Value::Null), &self.arguments["expected"]);
                if same {
                    set(Some((body()?, None)));
                }
                Value::from(same)
            }
            op => return Err(self.absent(op)),
        })
    }
}

fn answer(v: Value) -> Result<(Value, Vec<u8>), Error> {
    Ok((Value::object(), v.try_json()?.into_bytes()))
}
