//! The host operations of a test's world.

use super::cron::Cron;
use super::inner::{Effect, Inner, Owner, Pending, Rule, Sent, Timer};
use crate::{json, Code, Error, Message, Reply, Value};

pub const ASK_MS: i64 = 5000;
const MAX_TIMER_MS: i64 = 3652 * 86_400_000;

pub struct Operations<'a> {
    pub world: &'a Inner,
    pub arguments: &'a Value,
    pub body: &'a [u8],
}

impl Operations<'_> {
    pub fn run(&self, operation: &str) -> Result<(Value, Vec<u8>), Error> {
        let w = self.world;
        match operation {
            "ask" | "ask_shard" => {
                let deadline = w.deadline(self.int("timeout_ms")?.unwrap_or(ASK_MS));
                let target = self.target(operation)?;
                match w.ask(&target, self.message()?, deadline)? {
                    Reply::Value(v) => answer(v),
                    Reply::Opaque { content_type, body } => Ok((json!({ "content_type": content_type }), body)),
                }
            }
            "stream_next" => {
                match w.next(self.text("stream")?)? {
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
            "ask_all" => self.ask_all()?,
            "send" | "send_to_shard" => {
                let sent = self.sent(&self.target(operation)?)?;
                let id = sent.message.id.clone();
                w.effect(Effect::Send(sent));
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
            "send_after" => self.timer(Some(self.millis("delay_ms", 0)?), Rule::Once)?,
            "send_every" => self.timer(None, Rule::Every(self.millis("period_ms", 10)?))?,
            "schedule_cron" => self.timer(None, self.cron()?)?,
            "cancel_timer" => self.cancel_timer()?,
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
                w.wait(self.int("ms")?.unwrap_or(0).max(0), || Ok(false))?;
                Value::Null
            }
            "log" => {
                let (level, message) = (self.text("level")?, self.text("message")?);
                let mut line = format!("{} {}: {}", level, w.own_address(), message);
                for (name, value) in self.arguments["fields"].as_object().unwrap_or(&[]) {
                    line.push_str(&format!(" {}={}", name, value.to_json()));
                }
                w.logs.borrow_mut().push(line);
                Value::Null
            }
            "http_fetch" => self.fetch()?,
            "spawn" | "stop" | "delete" | "monitor" | "demonitor" | "link" | "unlink" | "actor_info"
            | "list_actors" => self.life(operation)?,
            op if op == "scatter_gather" || op.contains("shard_group") => self.shards(op)?,
            op if op.starts_with("ts_") => self.tuples(op)?,
            op if op.starts_with("kv_") => self.keys(op)?,
            op => return Err(self.absent(op)),
        })
    }

    /// What a node of this version answers to what it does not have.
    pub fn absent(&self, operation: &str) -> Error {
        Error::system(
            Code::Unimplemented,
            format!("the host operation \"{}\" is not supported by this version", operation),
        )
    }

    pub fn text(&self, name: &str) -> Result<&str, Error> {
        self.arguments[name]
            .as_str()
            .ok_or_else(|| Error::system(Code::InvalidArgument, format!("the argument {} must be a string", name)))
    }

    pub fn int(&self, name: &str) -> Result<Option<i64>, Error> {
        match &self.arguments[name] {
            Value::Null => Ok(None),
            Value::Int(i) => Ok(Some(*i)),
            _ => Err(Error::system(Code::InvalidArgument, format!("the argument {} must be an integer", name))),
        }
    }

    pub fn array(&self, name: &str) -> Result<Vec<Value>, Error> {
        self.arguments[name].as_array().map(<[Value]>::to_vec).ok_or_else(|| {
            Error::system(Code::InvalidArgument, format!("the argument {} must be an array", name))
        })
    }

    pub fn turn_id(&self) -> u64 {
        self.world.turns.borrow().last().map_or(0, |t| t.id)
    }

    pub fn message(&self) -> Result<Message, Error> {
        Ok(Message {
            op: self.text("op")?.to_string(),
            id: format!("m{}", self.world.next_id()),
            from: Some(self.world.own_address()),
            content_type: self.arguments["content_type"].as_str().map(str::to_string),
            body: self.body.to_vec(),
        })
    }

    /// The target of an operation: its own, or a shard.
    fn target(&self, operation: &str) -> Result<String, Error> {
        if operation.ends_with("_shard") {
            return self.shard_of();
        }
        Ok(self.text("target")?.to_string())
    }

    fn sent(&self, target: &str) -> Result<Sent, Error> {
        let target = self.world.resolve(target)?;
        let message = self.message()?;
        if let Ok(operation) = self.world.operation(&target, &message.op) {
            self.world.check_input(&operation, &message)?;
        }
        Ok(Sent::new(target, message))
    }

    fn ask_all(&self) -> Result<Value, Error> {
        let w = self.world;
        let timeout = self.int("timeout_ms")?.unwrap_or(ASK_MS);
        let deadline = w.deadline(timeout);
        let calls = self.arguments["calls"].as_array().unwrap_or(&[]);
        let mut asked: Vec<Pending> = Vec::new();
        for call in calls {
            let payload = match &call["payload"] {
                Value::Null => Value::object(),
                v => v.clone(),
            };
            let body = payload.to_json();
            let one = Operations { world: w, arguments: call, body: body.as_bytes() };
            asked.push(w.asked(one.text("target")?, one.message()?, deadline));
        }
        w.wait(timeout, || Ok(asked.iter().all(|a| a.borrow().is_some())))?;
        let late = |target: &Value| {
            let why = format!("{} did not reply in time", target.as_str().unwrap_or(""));
            Error::system(Code::DeadlineExceeded, why)
        };
        let results = asked.iter().zip(calls).map(|(a, call)| match a.borrow_mut().take() {
            Some(Ok(reply)) => json!({"ok": (reply.into_value())}),
            Some(Err(e)) => json!({"error": (e.to_value())}),
            None => json!({"error": (late(&call["target"]).to_value())}),
        });
        Ok(Value::Array(results.collect()))
    }

    /// An argument of so many milliseconds, at most ten years.
    fn millis(&self, name: &str, least: i64) -> Result<i64, Error> {
        let ms = self.int(name)?.unwrap_or(-1);
        if ms < least || ms > MAX_TIMER_MS {
            let why = format!("{} must be from {} to {} (ten years)", name, least, MAX_TIMER_MS);
            return Err(Error::system(Code::InvalidArgument, why));
        }
        Ok(ms)
    }

    fn cron(&self) -> Result<Rule, Error> {
        let cron = Cron::parse(self.text("expr")?)?;
        match self.arguments["tz"].as_str() {
            None | Some("UTC") => Ok(Rule::Cron(cron)),
            Some(zone) => {
                let why = format!("\"{}\" is no time zone of a test world: it knows UTC alone", zone);
                Err(Error::system(Code::InvalidArgument, why))
            }
        }
    }

    fn timer(&self, delay_ms: Option<i64>, rule: Rule) -> Result<Value, Error> {
        let now = self.world.now_ms.get();
        let due_ms = delay_ms.map(|ms| now + ms).or_else(|| rule.next(now)).unwrap_or(now);
        let id = format!("timer-{}", self.world.next_id());
        let sent = Sent::new(self.world.resolve(self.text("target")?)?, self.message()?);
        let mut told = sent.clone();
        self.world.tell_due(&mut told, due_ms);
        if let Ok(operation) = self.world.operation(&told.target, &told.message.op) {
            self.world.check_input(&operation, &told.message)?;
        }
        let timer = Timer { id: id.clone(), due_ms, rule, sent: Some(sent) };
        self.world.later(move |w| w.timers.borrow_mut().push(timer));
        Ok(Value::from(id))
    }

    /// Ends a timer of this actor; nobody else's.
    fn cancel_timer(&self) -> Result<Value, Error> {
        let (id, me) = (self.text("id")?.to_string(), Some(self.world.own_address()));
        let mine = move |t: &Timer| t.id == id && t.sent.as_ref().map_or(false, |s| s.message.from == me);
        self.world.later(move |w| w.timers.borrow_mut().retain(|t| !mine(t)));
        Ok(Value::Null)
    }

    fn register(&self) -> Result<Value, Error> {
        let w = self.world;
        let (name, me) = (self.text("name")?.to_string(), w.own_address());
        let holder = w.names.borrow().get(&name).cloned();
        match holder {
            Some(holder) if holder == me => {}
            Some(holder) => {
                let why = format!("the name \"{}\" belongs to {}", name, holder);
                return Err(Error::system(Code::AlreadyExists, why));
            }
            None => {
                w.names.borrow_mut().insert(name.clone(), me);
                w.undoing(move |w| drop(w.names.borrow_mut().remove(&name)));
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
}

fn answer(v: Value) -> Result<(Value, Vec<u8>), Error> {
    Ok((Value::object(), v.try_json()?.into_bytes()))
}
