//! Every operation of the host API is there, under the arguments that the catalogue says.

use plexspaces::host::{self, *};
use plexspaces::{json, tuple, Error, Value};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

#[derive(Default)]
struct Recorder {
    calls: RefCell<Vec<(String, Value, Vec<u8>)>>,
}

impl Transport for Recorder {
    fn call(&self, operation: &str, arguments: &Value, body: &[u8]) -> Result<(Value, Vec<u8>), Error> {
        self.calls.borrow_mut().push((operation.to_string(), arguments.clone(), body.to_vec()));
        let result = match operation {
            "ask_all" | "ts_read_all" => "[]",
            "ask_stream" | "channel_subscribe" => "\"id\"",
            _ => "null",
        };
        Ok((json!({"more": false}), result.as_bytes().to_vec()))
    }
}

/// Calls everything with all that can be given, or with as little as can be.
fn call_all(all: bool) {
    let p = &json!({"a": 1});
    let ms = || if all { Int(Some(7)) } else { Int(None) };
    let ttl = || if all { Ttl::Owner } else { Ttl::Forever };
    let text = if all { Some("t") } else { None };
    let owned = || text.map(str::to_string);
    let value = || text.map(|_| json!({"v": 1}));
    let n = ms().0;
    let flag = text.map(|_| true);
    let opaque = || if all { Payload::opaque("text/plain", b"x") } else { Payload::from(p) };
    let space = || if all { Space::named("s") } else { Space::own() };
    let store = if all { Store::actor() } else { Store::app() };
    let t = || tuple!["a"];
    let options = Collective { timeout_ms: n, min_responses: n, min_acks: n };

    let _ = host::ask("t", "o", opaque(), ms());
    let _ = host::ask_all(&[("t", "o", json!({}))], ms());
    let _ = host::send("t", "o", opaque());
    let _ = host::ask_stream("t", "o", opaque(), ms()).unwrap().next_within(ms());
    let _ = host::stream_close("s");
    let _ = host::defer_reply();
    let _ = host::reply("t", p);
    let _ = host::forward("t", "o", opaque());
    let _ = host::send_after(1, "t", "o", opaque());
    let _ = host::send_every(1, "t", "o", opaque());
    let _ = host::schedule_cron("* * * * *", "t", "o", opaque(), text);
    let _ = host::cancel_timer("i");
    let _ = host::spawn("t", Spawn { args: value(), id: owned(), link: flag });
    let _ = host::stop("i", text);
    let _ = host::delete("i");
    let _ = host::monitor("i");
    let _ = host::demonitor("r");
    let _ = host::link("i");
    let _ = host::unlink("i");
    let _ = host::register("n");
    let _ = host::resolve("n");
    let _ = host::actor_info("i");
    let _ = host::list_actors(text);
    let _ = host::now_ms();
    let _ = host::random();
    let _ = host::uuid();
    let _ = host::sleep(1);
    if all {
        let _ = host::log_fields(Level::Info, "m", json!({}));
    } else {
        host::log(Level::Info, "m");
    }
    let _ = space().write(t(), ttl());
    let _ = space().read(t(), ms());
    let _ = if all { space().take_if_exists(t(), ms()) } else { space().take(t(), ms()) };
    let _ = space().read_all(t(), ms());
    let _ = space().take_all(t(), ms());
    let _ = space().count(t());
    let _ = space().write_once(t(), t(), ttl());
    let _ = space().update(t(), t(), text.map(|_| t()));
    let _ = space().notify(t(), "o");
    let _ = host::ts_unsubscribe("i");
    let _ = host::ts_renew("l", Ttl::Owner);
    let _ = host::ts_cancel("l");
    let _ = host::ts_transaction(|_| Ok(()));
    let _ = host::create_shard_group(ShardGroup {
        group_id: "g".into(),
        actor_type: "t".into(),
        shard_count: 2,
        partition_strategy: owned(),
        placement: value(),
        initial_state: value(),
        detached: flag,
    });
    let scatter = Scatter { query: value(), inputs: text.map(|_| t()), aggregation: owned(), k: n };
    let _ = host::scatter_gather("g", scatter, options);
    let _ = host::broadcast_shard_group("g", p, options);
    let _ = host::barrier_shard_group("g", options);
    let _ = host::reduce_shard_group("g", p, "sum", options);
    let _ = host::all_reduce_shard_group("g", p, "sum", options);
    let _ = host::reduce_scatter_shard_group("g", p, "sum", options);
    let _ = host::scan_shard_group("g", p, "sum", options);
    let _ = host::gather_shard_group("g", p, options);
    let _ = host::all_gather_shard_group("g", p, options);
    let _ = host::ask_shard("g", "k", "o", p, ms());
    let _ = host::send_to_shard("g", 1, "o", p);
    let _ = host::shard_group_info("g");
    let _ = host::rescale_shard_group("g", 3);
    let _ = host::delete_shard_group("g");
    let _ = host::pool_checkout("p", ms());
    let _ = host::pool_checkin("p", "a", "c", flag);
    let _ = host::pool_info("p");
    let _ = host::pg_join("g");
    let _ = host::pg_leave("g");
    let _ = host::pg_members("g");
    let _ = host::pg_broadcast("g", "o", p);
    let _ = host::pg_first("g");
    let publish = Publish { key: owned(), headers: value(), delay_ms: n, ttl_ms: n };
    let _ = host::channel_publish("c", p, publish);
    let s = host::channel_subscribe("c", text, text).unwrap();
    let _ = s.next(ms());
    let _ = s.ack("m");
    let _ = s.nack("m", flag);
    let _ = host::channel_bind("c", "o");
    let _ = host::channel_info("c");
    let _ = host::lock_acquire("k", 1, ms());
    let _ = host::lock_renew("k", 1);
    let _ = host::lock_release("k");
    let _ = store.get("k");
    let _ = store.put("k", p, ms());
    let _ = store.delete("k");
    let _ = store.list(text, ms());
    let _ = store.increment("k", ms());
    let _ = store.compare_and_swap("k", p, p);
    let _ = host::kv_watch("p", "o");
    let _ = host::blob_put("b", b"x", text);
    let _ = host::blob_get("b", ms(), ms());
    let _ = host::blob_head("b");
    let _ = host::blob_delete("b");
    let _ = host::blob_list(text, ms());
    let headers: &[(&str, &str)] = if all { &[("a", "b")] } else { &[] };
    let _ = host::http_fetch("l", "GET", "/", b"x", headers);
    let metrics = Metrics {
        message_count: n,
        counter_metrics: value(),
        gauge_metrics: value(),
        latency_totals_ms: value(),
    };
    let _ = host::application_metrics_add("i", metrics);
    let _ = host::checkpoint();
    let _ = host::journal_sequence();
    let _ = host::is_replaying();
    let _ = host::workflow_start("t", "i", p);
    let _ = host::workflow_signal("i", "n", p);
    let _ = host::workflow_query("i", "n", value());
    let _ = host::workflow_result("i", ms());
    let _ = host::workflow_cancel("i");
    let _ = host::workflow_pause("i");
    let _ = host::workflow_resume("i");
}

fn recorded(all: bool) -> Vec<(String, Value, Vec<u8>)> {
    let recorder = Rc::new(Recorder::default());
    let before = set_transport(Some(recorder.clone()));
    call_all(all);
    set_transport(before);
    recorder.calls.take()
}

fn catalogue() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../host-api/src/main/resources/io/plexspaces/api/op/catalogue.json");
    let text = std::fs::read(path).expect("the catalogue is beside this crate");
    Value::parse(&text).unwrap().as_array().unwrap().to_vec()
}

#[test]
fn every_operation_has_exactly_the_arguments_of_the_catalogue() {
    for all in [true, false] {
        let mut calls: BTreeMap<String, (BTreeSet<String>, bool)> = BTreeMap::new();
        for (operation, arguments, body) in recorded(all) {
            let names = arguments.as_object().unwrap().iter().map(|(n, _)| n.clone()).collect();
            calls.insert(operation, (names, !body.is_empty()));
        }
        for entry in catalogue() {
            let name = entry["name"].as_str().unwrap();
            let (names, has_body) = calls.remove(name).unwrap_or_else(|| panic!("no function sends {}", name));
            let expected: BTreeSet<String> = entry["arguments"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|a| all || a["optional"].as_bool() != Some(true))
                .map(|a| a["name"].as_str().unwrap().to_string())
                .collect();
            assert_eq!(names, expected, "{} with all arguments: {}", name, all);
            assert_eq!(has_body, !entry["body"].is_null(), "the body of {}", name);
        }
        assert!(calls.is_empty(), "not in the catalogue: {:?}", calls.keys());
    }
}

#[test]
fn values_travel_as_the_contract_says() {
    let recorder = Rc::new(Recorder::default());
    let before = set_transport(Some(recorder.clone()));
    let _ = host::ts_take(tuple!["a", any::INT, any::ANY, any::BYTES], 5);
    let _ = host::ts_write(tuple![1], Ttl::Owner);
    let _ = host::ask("t", "o", Payload::opaque("image/png", &[1, 2]), 9);
    let nan = host::ask("t", "o", json!([(f64::NAN)]), None).unwrap_err();
    let nan_argument = host::ts_write(tuple![f64::NAN], None).unwrap_err();
    set_transport(before);
    assert!(nan.message.contains("NaN") && nan_argument.message.contains("NaN"));
    let calls = recorder.calls.take();
    assert_eq!(calls.len(), 3);
    assert_eq!(
        calls[0].1,
        json!({"pattern": ["a", {"$any": "int"}, null, {"$any": "bytes"}], "timeout_ms": 5})
    );
    assert_eq!(calls[1].1["ttl_ms"], json!("owner"));
    assert_eq!(calls[2].1, json!({"target": "t", "op": "o", "timeout_ms": 9, "content_type": "image/png"}));
    assert_eq!(calls[2].2, [1, 2]);
}
