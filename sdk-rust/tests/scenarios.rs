//! What every host operation does: the scenarios that a node and all harnesses share.

use plexspaces::host::{self, Call};
use plexspaces::testing::{Response, World};
use plexspaces::{json, Actor, Code, Error, Kind, Message, Operation, Reply, Stream, Value};
use std::collections::{BTreeMap, BTreeSet};

const ABSENT: &str = "defer_reply reply forward pool_checkout pool_checkin pool_info pg_join pg_leave \
    pg_members pg_broadcast pg_first channel_publish channel_subscribe channel_next channel_ack channel_nack \
    channel_bind channel_info lock_acquire lock_renew lock_release kv_watch blob_put blob_get blob_head blob_delete \
    blob_list application_metrics_add checkpoint workflow_start workflow_signal \
    workflow_query workflow_result workflow_cancel workflow_pause workflow_resume";

fn is_absent(operation: &str) -> bool {
    ABSENT.split_whitespace().any(|o| o == operation)
}

/// The actor of host-api's scenarios.json; `EXITS` says whether it handles `__EXIT__`.
#[derive(Default)]
struct Bench<const EXITS: bool> {
    value: i64,
    log: Vec<Value>,
    place: Option<Value>,
    address: String,
}

fn integer(name: &'static str) -> Value {
    let mut properties = Value::object();
    properties.set(name, json!({"type": "integer"}));
    json!({"type": "object", "properties": properties, "required": [name]})
}

impl<const EXITS: bool> Bench<EXITS> {
    fn init(&mut self, config: &Value) {
        let of = |name: &str| config[name].clone();
        self.place = Some(json!({"shard": (of("shard")), "shard_count": (of("shard_count")), "group_id": (of("group_id"))}));
        self.address = config["actor_id"].as_str().unwrap().to_string();
    }

    fn run(&mut self, payload: &Value) -> Result<Value, Error> {
        let mut results = Vec::new();
        for call in payload["calls"].as_array().unwrap_or(&[]) {
            results.push(raw(call, &results));
        }
        if payload["refuse"].as_bool() == Some(true) {
            return refuse();
        }
        Ok(Value::Array(results))
    }

    fn answer(&mut self, op: &str, payload: &Value) -> Result<Value, Error> {
        let v = self.value;
        Ok(match op {
            "do" => return self.run(payload),
            "look" => {
                self.value += 1;
                return self.run(payload);
            }
            "note" | "__DOWN__" | "__ALLREDUCE__" | "__EXIT__" => {
                self.log.push(json!([op, payload]));
                Value::Null
            }
            "notes" => Value::Array(self.log.clone()),
            "add" => {
                self.value += payload["by"].as_i64().expect("the schema says so");
                Value::Int(self.value)
            }
            "value" => Value::Int(v),
            "mark" => json!({"who": (&self.address), "input": (&payload["input"])}),
            "numbers" => json!({"sum": v, "list": [v, 1], "type": "lab", "who": (&self.address)}),
            "parts" => json!([v, (10 * v), (100 * v)]),
            "nap" => {
                host::sleep(payload["ms"].as_i64().unwrap())?;
                payload["ms"].clone()
            }
            "refuse" => return refuse(),
            "boom" => panic!("boom"),
            "place" => self.place.clone().unwrap_or(Value::Null),
            "fetch" => {
                let text = |name: &str| payload[name].as_str().unwrap().to_string();
                let answer =
                    host::http_fetch(&text("link"), &text("method"), &text("path"), text("body").as_bytes(), &[])?;
                let body = String::from_utf8(answer.body.as_bytes().unwrap_or(&[]).to_vec()).unwrap();
                json!({"status": (answer.status), "headers": (answer.headers), "body": body})
            }
            other => return Err(Error::unknown_operation(other)),
        })
    }
}

fn refuse() -> Result<Value, Error> {
    Err(Error::business(Code::FailedPrecondition, "refused"))
}

/// A host call as it crosses.
fn raw(call: &Value, results: &[Value]) -> Value {
    let operation: &'static str = Box::leak(call[0].as_str().unwrap().to_string().into_boxed_str());
    let mut request = Call::to(operation);
    for (name, value) in call[1].as_object().unwrap() {
        let at = value.as_str().and_then(|s| s.strip_prefix("$#")).map(|n| n.parse::<usize>().unwrap());
        let value = at.map_or(value, |at| &results[at]);
        if value.get("!").is_some() {
            return value.clone();
        }
        request = request.arg(name, value);
    }
    if let Some(body) = call.as_array().and_then(|c| c.get(2)) {
        request = request.json(body);
    }
    let (header, body) = match request.frame() {
        Ok(answer) => answer,
        Err(e) => return json!({"!": (e.code.name()), "message": (e.message)}),
    };
    let value = if body.is_empty() { Value::Null } else { Value::parse(&body).unwrap() };
    match header["more"].as_bool() {
        Some(true) => json!({"more": true, "value": value}),
        Some(false) => json!({"more": false}),
        None => value,
    }
}

macro_rules! bench {
    ($exits:literal, $name:literal) => {
        impl Actor for Bench<$exits> {
            const TYPE: &'static str = $name;

            fn operations() -> Vec<Operation> {
                let mut all = vec![
                    Operation::stream("count").input(|| integer("n")),
                    Operation::call("add").input(|| integer("by")),
                    Operation::call("nap").input(|| integer("ms")),
                ];
                all.extend(["do", "mark", "refuse", "boom", "fetch"].iter().map(|o| Operation::call(o)));
                all.extend(["look", "notes", "value", "numbers", "parts", "place"].iter().map(|o| Operation::query(o)));
                all.extend(["note", "__DOWN__", "__ALLREDUCE__"].iter().map(|o| Operation::cast(o)));
                if $exits {
                    all.push(Operation::cast("__EXIT__"));
                }
                all
            }

            fn init(&mut self, config: &Value) -> Result<(), Error> {
                Bench::init(self, config);
                Ok(())
            }

            fn handle_message(&mut self, message: Message) -> Result<Reply, Error> {
                self.answer(&message.op, &message.payload()?).map(Reply::Value)
            }

            fn handle_stream(&mut self, message: Message) -> Result<Stream<Self, Value>, Error> {
                let n = message.payload()?["n"].as_i64().unwrap();
                Ok(Stream::of((0..n).map(Value::Int)))
            }

            fn snapshot(&self) -> Value {
                json!({"value": (self.value), "log": (self.log.clone())})
            }

            fn restore(&mut self, mut state: Value) -> Result<(), Error> {
                if let Some(v) = state.take("value") {
                    self.value = v.as_i64().unwrap();
                }
                if let Some(Value::Array(log)) = state.take("log") {
                    self.log = log;
                }
                Ok(())
            }
        }
    };
}

bench!(true, "lab");
bench!(false, "plain");

fn shop() -> World {
    let world = World::new("shop").with_child::<Bench<true>>("main", json!({})).with::<Bench<false>>();
    world.service_link("prices", |r| {
        let body = format!("{} {} {}", r.method, r.path, String::from_utf8_lossy(&r.body));
        Ok(Response::text(201, body).header("x-kind", "fake"))
    });
    world.service_link("down", |_| Err(Error::system(Code::Unavailable, "the service does not answer")));
    world.ask("main", "value", json!({})).unwrap();
    world
}

fn read(file: &str) -> Value {
    let path = format!("{}/../host-api/src/{}", env!("CARGO_MANIFEST_DIR"), file);
    Value::parse(&std::fs::read(path).expect("the scenarios are beside this crate")).unwrap()
}

fn scenarios() -> Vec<Value> {
    let all = read("test/resources/io/plexspaces/api/op/scenarios.json");
    all["scenarios"].as_array().unwrap().to_vec()
}

/// A value with what earlier steps saved.
fn filled(v: &Value, saved: &BTreeMap<String, Value>) -> Value {
    match v {
        Value::Array(items) => Value::Array(items.iter().map(|i| filled(i, saved)).collect()),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(n, f)| (n.clone(), filled(f, saved))).collect())
        }
        Value::Str(s) if s.starts_with('$') && !s.starts_with("$#") => match s[1..].split_once('.') {
            Some((name, field)) => saved[name][field].clone(),
            None => saved[&s[1..]].clone(),
        },
        other => other.clone(),
    }
}

fn fits(expected: &Value, got: &Value) -> bool {
    match expected {
        Value::Str(s) if s == "*" => true,
        Value::Str(s) if s == "*string" => got.as_str().is_some(),
        Value::Str(s) if s == "*number" => got.as_f64().is_some(),
        Value::Array(items) => got.as_array().map_or(false, |have| {
            items.len() == have.len() && items.iter().zip(have).all(|(e, g)| fits(e, g))
        }),
        Value::Object(fields) => got.as_object().map_or(false, |have| {
            if let Some(code) = expected.get("!") {
                return got.get("!") == Some(code);
            }
            let more = expected.get("...").is_some();
            let wanted = fields.iter().filter(|(n, _)| n != "...");
            (more || fields.len() == have.len())
                && wanted.clone().all(|(n, e)| got.get(n).map_or(false, |g| fits(e, g)))
        }),
        Value::Int(i) => got.as_f64() == Some(*i as f64),
        other => other == got,
    }
}

fn take(world: &World, step: &Value, saved: &mut BTreeMap<String, Value>) {
    if let Some(ms) = step["advance"].as_i64() {
        return world.advance(ms);
    }
    if let Some(ms) = step["within"].as_i64() {
        world.advance(ms);
    }
    let refuses = step["refuse"].as_bool() == Some(true);
    let (target, op, payload) = match step["do"].as_str() {
        Some(target) => (target, "do", json!({"calls": (&step["calls"]), "refuse": refuses})),
        None => (step["ask"].as_str().unwrap(), step["op"].as_str().unwrap(), step["payload"].clone()),
    };
    let got = world.ask(target, op, filled(&payload, saved));
    let code = if refuses { Some("FAILED_PRECONDITION") } else { step["error"].as_str() };
    if let Some(code) = code {
        let error = got.expect_err(&step.to_json());
        assert_eq!(error.code.name(), code, "{}: {}", step.to_json(), error);
        assert!(error.message.contains(step["naming"].as_str().unwrap_or("")), "{}", error);
        return;
    }
    let got = got.unwrap_or_else(|e| panic!("{}: {}", step.to_json(), e));
    if let Some(expected) = step.get("expect") {
        assert!(fits(&filled(expected, saved), &got), "{}\ngot {}", step.to_json(), got.to_json());
    }
    for (name, call) in step["save"].as_object().unwrap_or(&[]) {
        saved.insert(name.clone(), got[call.as_i64().unwrap() as usize].clone());
    }
}

#[test]
fn the_world_does_as_the_scenarios_say() {
    let mut run = 0;
    for scenario in scenarios() {
        if scenario["operations"].as_array().unwrap().iter().any(|o| is_absent(o.as_str().unwrap())) {
            continue;
        }
        println!("{}", scenario["name"].as_str().unwrap());
        let (world, mut saved) = (shop(), BTreeMap::new());
        for step in scenario["steps"].as_array().unwrap() {
            take(&world, step, &mut saved);
        }
        run += 1;
    }
    assert!(run > 25, "only {} scenarios", run);
}

#[test]
fn every_operation_has_a_scenario_or_is_absent_as_on_a_node() {
    let mut tried = BTreeSet::new();
    for scenario in scenarios() {
        tried.extend(scenario["operations"].as_array().unwrap().iter().map(|o| o.as_str().unwrap().to_string()));
    }
    let world = shop();
    let mut all = BTreeSet::new();
    for entry in read("main/resources/io/plexspaces/api/op/catalogue.json").as_array().unwrap() {
        let name = entry["name"].as_str().unwrap();
        all.insert(name.to_string());
        if !is_absent(name) {
            assert!(tried.contains(name), "no scenario tries {}", name);
            continue;
        }
        assert_eq!(entry["available"].as_bool(), Some(false), "nodes have {}", name);
        let got = world.ask("lab/a", "do", json!({"calls": [[name, {}]]})).unwrap();
        let message = format!("the host operation \"{}\" is not supported by this version", name);
        assert_eq!(got, json!([{"!": "UNIMPLEMENTED", "message": message}]));
    }
    assert!(ABSENT.split_whitespace().all(|o| all.contains(o)));
    assert_eq!(Kind::Call, Operation::call("x").kind);
}
