//! Shard groups and collectives.

use super::inner::{Inner, Pending};
use super::operations::Operations;
use super::reduce::{aggregate, reduce};
use super::space::equal;
use crate::{json, Code, Error, Message, Value};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

const COLLECTIVE_MS: i64 = 10_000;

/// A shard group.
#[derive(Clone)]
pub struct Group {
    id: String,
    owner: String,
    spec: Value,
    shards: Vec<String>,
    next: Rc<Cell<usize>>,
    barrier: Rc<RefCell<Rc<Barrier>>>,
}

/// Where shards wait for each other.
#[derive(Default)]
struct Barrier {
    entered: RefCell<Vec<String>>,
    open: Cell<bool>,
}

impl Group {
    fn info(&self) -> Value {
        let mut info = self.spec.clone();
        info.set("owner", &self.owner);
        info.set("shards", self.shards.clone());
        info.set("shard_count", self.shards.len());
        info
    }

    fn answer(&self, responses: Vec<Value>, failed: Vec<Value>) -> Value {
        json!({
            "result": null, "responses": (Value::Array(responses)), "shard_count": (self.shards.len()),
            "responded": (self.shards.len() - failed.len()), "failed": (Value::Array(failed))
        })
    }
}

fn invalid(why: impl Into<String>) -> Error {
    Error::system(Code::InvalidArgument, why)
}

impl Inner {
    fn group(&self, id: &str) -> Result<Group, Error> {
        let found = self.groups.borrow().get(id).cloned();
        found.ok_or_else(|| Error::system(Code::NotFound, format!("there is no shard group \"{}\"", id)))
    }

    fn end_group(&self, id: &str) {
        let group = self.groups.borrow_mut().remove(id);
        if let Some(group) = group {
            group.shards.iter().for_each(|shard| self.stop(shard, "shutdown", true));
        }
    }

    /// Ends the groups of a creator that is gone, unless they are detached.
    pub fn end_groups(&self, owner: &str) {
        let mine = |g: &&Group| g.owner == owner && g.spec["detached"].as_bool() != Some(true);
        let ids: Vec<String> = self.groups.borrow().values().filter(mine).map(|g| g.id.clone()).collect();
        ids.iter().for_each(|id| self.end_group(id));
    }

    fn rescale(&self, group: &mut Group, count: i64) -> Result<(), Error> {
        if count < 1 {
            return Err(invalid("shard_count must be at least 1"));
        }
        let wanted = count as usize;
        if wanted < group.shards.len() {
            group.shards.split_off(wanted).iter().for_each(|shard| self.stop(shard, "shutdown", true));
        }
        for shard in group.shards.len()..wanted {
            let kind = group.spec["actor_type"].as_str().unwrap_or("");
            let address = self.resolve(&format!("{}/{}/{}-{}", self.app, kind, group.id, shard))?;
            let more =
                [("shard", Value::from(shard)), ("shard_count", Value::Int(count)), ("group_id", Value::from(&group.id))];
            self.start(&address, Value::object(), &more, group.spec.get("initial_state").cloned())?;
            group.shards.push(address);
        }
        Ok(())
    }
}

impl Operations<'_> {
    /// The operations on shard groups.
    pub fn shards(&self, operation: &str) -> Result<Value, Error> {
        let w = self.world;
        let id = self.text("group_id")?;
        if operation == "create_shard_group" {
            return self.create(id);
        }
        let mut group = w.group(id)?;
        match operation {
            "shard_group_info" => Ok(group.info()),
            "delete_shard_group" => {
                w.end_group(id);
                Ok(Value::Null)
            }
            "rescale_shard_group" => {
                w.rescale(&mut group, self.int("shard_count")?.unwrap_or(0))?;
                w.groups.borrow_mut().insert(id.to_string(), group.clone());
                Ok(group.info())
            }
            "barrier_shard_group" => self.enter(&group),
            _ => self.collective(&group, operation),
        }
    }

    fn create(&self, id: &str) -> Result<Value, Error> {
        let w = self.world;
        if let Ok(known) = w.group(id) {
            if equal(&known.spec, self.arguments) {
                return Ok(known.info());
            }
            let why = format!("the shard group \"{}\" is there already, and is another", id);
            return Err(Error::system(Code::AlreadyExists, why));
        }
        let mut group = Group {
            id: id.to_string(),
            owner: w.own_address(),
            spec: self.arguments.clone(),
            shards: Vec::new(),
            next: Rc::default(),
            barrier: Rc::default(),
        };
        w.rescale(&mut group, self.int("shard_count")?.unwrap_or(0))?;
        let info = group.info();
        w.groups.borrow_mut().insert(id.to_string(), group);
        let gone = id.to_string();
        w.undoing(move |w| w.end_group(&gone));
        Ok(info)
    }

    /// The shard of a key. A node places keys in its own way.
    pub fn shard_of(&self) -> Result<String, Error> {
        let group = self.world.group(self.text("group_id")?)?;
        let at = if group.spec["partition_strategy"].as_str() == Some("round_robin") {
            group.next.replace(group.next.get() + 1)
        } else {
            // FNV-1a.
            let key = self.arguments["key"].to_json();
            key.bytes().fold(2_166_136_261u32, |h, b| (h ^ u32::from(b)).wrapping_mul(16_777_619)) as usize
        };
        Ok(group.shards[at % group.shards.len()].clone())
    }

    /// What each shard is asked.
    fn requests(&self, group: &Group, operation: &str) -> Result<(String, Vec<Value>), Error> {
        let what = &self.arguments[match operation {
            "broadcast_shard_group" => "message",
            "scatter_gather" | "gather_shard_group" | "all_gather_shard_group" => "query",
            _ => "map_function",
        }];
        let mut common = what.clone();
        let op = match what {
            Value::Str(op) => {
                common = Value::object();
                op.clone()
            }
            _ => match common.take("op") {
                Some(Value::Str(op)) => op,
                _ => return Err(invalid("what a shard is asked needs \"op\", the name of its operation")),
            },
        };
        let inputs = match self.arguments["inputs"].as_array() {
            None => return Ok((op, vec![common; group.shards.len()])),
            Some(inputs) if inputs.len() == group.shards.len() => inputs,
            Some(inputs) => {
                return Err(invalid(format!("there are {} shards, not {}", group.shards.len(), inputs.len())));
            }
        };
        let part = |input: &Value| {
            let mut payload = common.clone();
            match input {
                Value::Object(fields) => fields.iter().for_each(|(n, v)| payload.set(n, v)),
                other => payload.set("input", other),
            }
            payload
        };
        Ok((op, inputs.iter().map(part).collect()))
    }

    fn collective(&self, group: &Group, operation: &str) -> Result<Value, Error> {
        let w = self.world;
        let (op, payloads) = self.requests(group, operation)?;
        let timeout = self.int("timeout_ms")?.unwrap_or(COLLECTIVE_MS);
        let deadline = w.deadline(timeout);
        let mut asked: Vec<Pending> = Vec::new();
        for (shard, payload) in group.shards.iter().zip(&payloads) {
            let id = format!("m{}", w.next_id());
            let body = payload.to_json().into_bytes();
            let message = Message { op: op.clone(), id, from: Some(w.own_address()), content_type: None, body };
            asked.push(w.asked(shard, message, deadline));
        }
        w.wait(timeout, || Ok(asked.iter().all(|a| a.borrow().is_some())))?;
        let (mut responses, mut failed, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for (shard, (pending, address)) in asked.iter().zip(&group.shards).enumerate() {
            let late = || Err(Error::system(Code::DeadlineExceeded, format!("shard {} was too late", shard)));
            match pending.borrow_mut().take().unwrap_or_else(late) {
                Ok(reply) => {
                    let payload = reply.into_value();
                    responses.push(json!({"shard": shard, "actor_id": address, "payload": (&payload)}));
                    values.push(payload);
                }
                Err(e) => {
                    failed.push(json!({"shard": shard, "code": (e.code.name()), "message": (e.message)}));
                }
            }
        }
        let (size, came) = (group.shards.len(), responses.len());
        let mut answer = group.answer(responses, failed);
        let needed = self.int("min_responses")?.or(self.int("min_acks")?).unwrap_or(size as i64);
        if (came as i64) < needed {
            let why = format!("{} of {} shards answered, {} are needed", came, size, needed);
            return Err(Error::system(Code::Unavailable, why).with_details(answer));
        }
        let result = self.combined(operation, &values)?;
        self.tell(group, operation, &result)?;
        answer.set("result", result);
        Ok(answer)
    }

    fn combined(&self, operation: &str, values: &[Value]) -> Result<Value, Error> {
        match operation {
            "broadcast_shard_group" => Ok(Value::Null),
            "gather_shard_group" | "all_gather_shard_group" => Ok(Value::Array(values.to_vec())),
            "scatter_gather" => {
                let kind = self.arguments["aggregation"].as_str().unwrap_or("concat");
                aggregate(kind, values, self.int("k")?.unwrap_or(10))
            }
            "scan_shard_group" => {
                let kind = self.text("reduction")?;
                (1..=values.len()).map(|n| reduce(kind, &values[..n])).collect::<Result<_, _>>().map(Value::Array)
            }
            _ => reduce(self.text("reduction")?, values),
        }
    }

    /// Casts what every shard gets of a result.
    fn tell(&self, group: &Group, operation: &str, result: &Value) -> Result<(), Error> {
        match operation {
            "all_reduce_shard_group" | "all_gather_shard_group" => {
                group.shards.iter().for_each(|s| self.world.cast(s, "__ALLREDUCE__", json!({ "result": result })));
            }
            "reduce_scatter_shard_group" => match result.as_array() {
                Some(parts) if parts.len() == group.shards.len() => {
                    for (shard, part) in group.shards.iter().zip(parts) {
                        self.world.cast(shard, "__ALLREDUCE__", json!({ "result": part }));
                    }
                }
                _ => {
                    let size = group.shards.len();
                    return Err(invalid(format!("reduce_scatter needs lists of {} elements, one a shard", size)));
                }
            },
            _ => {}
        }
        Ok(())
    }

    /// A shard waits for the others; anybody else for what the shards have been sent before.
    fn enter(&self, group: &Group) -> Result<Value, Error> {
        let w = self.world;
        let me = w.own_address();
        if !group.shards.contains(&me) {
            group.shards.iter().for_each(|shard| w.release(shard, true));
            return Ok(group.answer(Vec::new(), Vec::new()));
        }
        let barrier = group.barrier.borrow().clone();
        barrier.entered.borrow_mut().push(me.clone());
        if barrier.entered.borrow().len() == group.shards.len() {
            barrier.open.set(true);
            *group.barrier.borrow_mut() = Rc::default();
        }
        let timeout = self.int("timeout_ms")?.unwrap_or(COLLECTIVE_MS);
        let come = w.wait(timeout, || Ok(barrier.open.get()));
        if let Ok(true) = come {
            return Ok(group.answer(Vec::new(), Vec::new()));
        }
        let entered = barrier.entered.borrow().len();
        barrier.entered.borrow_mut().retain(|s| *s != me);
        come?;
        let why = format!("{} of {} shards entered the barrier", entered, group.shards.len());
        Err(Error::system(Code::DeadlineExceeded, why))
    }
}
