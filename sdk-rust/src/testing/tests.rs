use super::World;
use crate::host::{self, any};
use crate::{actor, json, tuple, Code, Error, Message, Reply, Stream, Transient, Value};

actor! {
    /// Does what the tests want.
    #[derive(Debug)]
    pub struct Worker as "worker" {
        n: i64 = 0,
        seen: Vec<Value>,
        scratch: Transient<i64>,
    }

    impl {
        init fn start(&mut self, n: i64 = 0) {
            self.n = n;
        }

        /// Adds.
        call fn add(&mut self, by: i64 = 1) -> i64 {
            self.n += by;
            self.scratch.0 += 1;
            self.n
        }

        query fn get(&self) -> i64 {
            self.n
        }

        cast fn note(&mut self, payload: Value) {
            self.seen.push(payload);
        }

        query fn seen(&self) -> Vec<Value> {
            self.seen.clone()
        }

        /// Does everything that a failed turn must undo, then fails.
        call fn mess(&mut self, crash: bool) -> Result<(), Error> {
            self.n += 100;
            host::send("main", "note", json!("from a failed turn"))?;
            host::send_after(1, "main", "note", json!("from a failed turn"))?;
            host::register("failed")?;
            host::ts_take(tuple!["kept"], 0)?.expect("the test wrote it");
            host::ts_write(tuple!["lost"], None)?;
            host::kv::Store::actor().put("k", &json!(1), None)?;
            if crash {
                panic!("crashed on purpose");
            }
            Err(Error::business(Code::Aborted, "refused on purpose"))
        }

        call fn relay(&mut self, target: String) -> Result<Value, Error> {
            host::send(&target, "note", json!("first"))?;
            host::ask(&target, "seen", json!({}), 100)
        }

        call fn through(&mut self, path: Vec<String>) -> Result<i64, Error> {
            match path.split_first() {
                None => Ok(self.n),
                Some((next, rest)) => {
                    let v = host::ask(next, "through", json!({"path": (rest.to_vec())}), None)?;
                    v.as_i64().ok_or_else(|| Error::invalid("no number"))
                }
            }
        }

        call fn wait_for(&mut self, timeout_ms: i64) -> Result<bool, Error> {
            host::send_after(50, "main", "write", json!({}))?;
            Ok(host::ts_take(tuple!["late", any::INT], timeout_ms)?.is_some())
        }

        cast fn write(&mut self) -> Result<(), Error> {
            host::ts_write(tuple!["late", 1], None).map(|_| ())
        }

        cast fn tick(&mut self) -> Result<(), Error> {
            self.n += 1;
            host::send_after(10, &crate::actor_id(), "tick", json!({})).map(|_| ())
        }

        stream fn count(&mut self, to: i64, fail_at: i64 = -1) -> Stream<Self, i64> {
            let mut i = 0;
            Stream::from_fn(move |me: &mut Self| {
                if i == fail_at {
                    me.n = -1000;
                    return Err(Error::invalid("there"));
                }
                i += 1;
                me.n = i;
                Ok(if i <= to { Some(i) } else { None })
            })
            .on_close(|me| me.seen.push(json!("closed")))
        }

        call fn read(&mut self, target: String, limit: usize) -> Result<Vec<Value>, Error> {
            host::ask_stream(&target, "count", json!({"to": 10}), None)?.take(limit).collect()
        }

        call fn raw(&mut self, message: Message) -> Reply {
            Reply::opaque(message.content_type.unwrap_or_default(), message.body)
        }

        call fn numbers(&mut self) -> Result<Value, Error> {
            Ok(json!([(host::random()?), (host::random()?), (host::uuid()?), (host::now_ms()?)]))
        }

        call fn fetch(&mut self) -> Result<i64, Error> {
            Ok(host::http_fetch("maps", "GET", "/", b"", &[])?.status)
        }

        call fn nan(&mut self) -> f64 {
            f64::NAN
        }
    }
}

fn world() -> World {
    World::new("app").with_child::<Worker>("main", json!({"n": 7}))
}

#[test]
fn children_get_their_args_and_others_their_defaults() {
    let w = world();
    assert_eq!(w.ask("main", "get", json!({})), Ok(json!(7)));
    assert_eq!(w.ask("app/worker/main", "get", json!({})), Ok(json!(7)));
    assert_eq!(w.ask("worker/x", "get", json!({})), Ok(json!(0)));
    assert_eq!(w.ask("worker/x", "add", Value::Null), Ok(json!(1)));
    assert_eq!(w.ask("worker/x", "add", json!({"by": 2.0, "unknown": 1})), Ok(json!(3)));
    assert_eq!(w.ask("nobody", "get", json!({})).unwrap_err().code, Code::NotFound);
    let e = w.ask("main", "gett", json!({})).unwrap_err();
    assert_eq!(e.code, Code::NotFound);
    assert!(e.message.contains("gett") && e.message.contains("relay"), "{}", e);
}

#[test]
fn a_turn_that_fails_leaves_nothing_behind() {
    for crash in [true, false] {
        let w = world();
        w.inner.tuples.borrow_mut().write("", tuple!["kept"], None, None, 0).unwrap();
        w.inner.tuples.borrow_mut().end(0, true);
        w.ask("worker/a", "add", json!({"by": 5})).unwrap();
        let e = w.ask("worker/a", "mess", json!({"crash": crash})).unwrap_err();
        assert_eq!(e.business, !crash);
        assert!(e.message.contains("on purpose"), "{}", e);
        assert_eq!(w.ask("worker/a", "get", json!({})), Ok(json!(5)));
        w.advance(10);
        assert_eq!(w.ask("main", "seen", json!({})), Ok(json!([])));
        assert_eq!(w.tuples(tuple!["kept"]).len(), 1);
        assert_eq!(w.tuples(tuple!["lost"]).len(), 0);
        assert!(w.inner.names.borrow().is_empty() && w.inner.keys.borrow().is_empty());
    }
}

#[test]
fn what_was_sent_comes_before_what_is_asked() {
    let w = world();
    assert_eq!(w.ask("worker/a", "relay", json!({"target": "main"})), Ok(json!(["first"])));
    w.send("main", "note", json!(2)).unwrap();
    assert_eq!(w.state("main"), json!({"n": 7, "seen": ["first", 2]}));
    let refused = w.send("main", "mess", json!({"crash": "yes"})).unwrap_err();
    assert_eq!(refused.message, "mess: \"crash\" must be a boolean, it is a string");
    w.send("main", "mess", json!({"crash": false})).unwrap();
    let failures = w.failures();
    assert_eq!(failures.len(), 1);
    assert_eq!(failures[0].0, "app/worker/main");
    assert!(failures[0].1.message.contains("the test wrote it"));
}

#[test]
fn asks_in_a_circle_are_refused_with_the_circle() {
    let w = world();
    assert_eq!(w.ask("worker/a", "through", json!({"path": ["worker/b", "main"]})), Ok(json!(7)));
    let e = w.ask("worker/a", "through", json!({"path": ["main", "worker/a"]})).unwrap_err();
    assert_eq!(e.code, Code::Aborted);
    assert!(e.message.contains("app/worker/a -> app/worker/main -> app/worker/a"), "{}", e);
}

#[test]
fn a_wait_for_a_tuple_takes_time_and_lets_others_work() {
    let w = world();
    let before = w.now_ms();
    w.ask("worker/x", "tick", json!({})).unwrap();
    // The timer leaves with the turn that waits, so it cannot help that turn.
    assert_eq!(w.ask("worker/a", "wait_for", json!({"timeout_ms": 60})), Ok(json!(false)));
    assert_eq!(w.now_ms(), before + 60);
    assert_eq!(w.ask("worker/b", "wait_for", json!({"timeout_ms": 60})), Ok(json!(true)));
    // That timer was overdue, so no more time has passed: one tick at once and six by the clock.
    assert_eq!(w.now_ms(), before + 60);
    assert_eq!(w.ask("worker/x", "get", json!({})), Ok(json!(7)));
    let e = World::new("app").with::<Worker>().ask("worker/a", "wait_for", json!({"timeout_ms": (-1)}));
    assert_eq!(e.unwrap_err().code, Code::NotFound);
}

#[test]
fn streams_give_values_in_turns_and_close_when_dropped() {
    let w = world();
    assert_eq!(w.stream("worker/a", "count", json!({"to": 3})), Ok(vec![json!(1), json!(2), json!(3)]));
    {
        let mut values = w.open("worker/b", "count", json!({"to": 1000})).unwrap();
        assert_eq!(values.next(), Some(Ok(json!(1))));
        assert_eq!(w.ask("worker/b", "add", json!({"by": 10})), Ok(json!(11)));
        assert_eq!(values.next(), Some(Ok(json!(2))));
    }
    assert_eq!(w.state("worker/b")["seen"], json!(["closed"]));
    let mut values = w.open("worker/c", "count", json!({"to": 9, "fail_at": 1})).unwrap();
    assert_eq!(values.next(), Some(Ok(json!(1))));
    assert_eq!(values.next().unwrap().unwrap_err().message, "there");
    assert_eq!(values.next(), None);
    assert_eq!(w.state("worker/c"), json!({"n": 1, "seen": ["closed"]}));
    // There is no stream yet where the first value is an error.
    w.stream("worker/e", "count", json!({"to": 9, "fail_at": 0})).unwrap_err();
    assert_eq!(w.state("worker/e"), json!({"n": 0, "seen": []}));
    assert_eq!(w.ask("worker/d", "read", json!({"target": "main", "limit": 2})), Ok(json!([1, 2])));
    assert_eq!(w.state("main")["seen"], json!(["closed"]));
    assert!(w.ask("main", "count", json!({"to": 1})).unwrap_err().message.contains("ask_stream"));
    assert!(w.stream("main", "get", json!({})).unwrap_err().message.contains("no stream"));
}

#[test]
fn other_content_than_json_comes_through_untouched() {
    let w = world();
    let body = [0xff, 0, b'{'];
    let reply = w.ask_reply("main", "raw", host::Payload::opaque("image/png", &body));
    assert_eq!(reply, Ok(Reply::opaque("image/png", &body[..])));
}

#[test]
fn time_and_chance_repeat_and_other_operations_can_be_faked() {
    let numbers = || world().ask("main", "numbers", json!({})).unwrap();
    assert_eq!(numbers(), numbers());
    let n = numbers();
    assert_ne!(n[0], n[1]);
    assert_eq!(n[2].as_str().unwrap().len(), 36);
    let w = world();
    assert_eq!(w.ask("main", "fetch", json!({})).unwrap_err().code, Code::NotFound);
    w.fake("http_fetch", |args, _| Ok(json!({"status": 200, "path": (args["path"].clone())})));
    assert_eq!(w.ask("main", "fetch", json!({})), Ok(json!(200)));
    assert!(w.ask("main", "nan", json!({})).unwrap_err().message.contains("NaN"));
}

#[test]
fn a_restart_keeps_declared_state_only() {
    let w = world();
    w.ask("main", "add", json!({})).unwrap();
    assert_eq!(w.state("main"), json!({"n": 8, "seen": []}));
    w.restart("main").unwrap();
    assert_eq!(w.ask("main", "get", json!({})), Ok(json!(8)));
}

#[test]
fn a_type_describes_itself_with_schemas() {
    let mut r = crate::running::Registry::default();
    r.add::<Worker>();
    let d = r.describe();
    let operations = d["types"][0]["operations"].as_array().unwrap();
    let of = |name: &str| operations.iter().find(|o| o["name"] == json!(name)).unwrap();
    assert_eq!(
        of("add"),
        &json!({
            "name": "add", "kind": "call", "doc": "Adds.",
            "input": {"type": "object", "properties": {"by": {"type": "integer", "default": 1}}},
            "output": {"type": "integer"}
        })
    );
    assert_eq!(of("get")["kind"], json!("query"));
    assert_eq!(of("note"), &json!({"name": "note", "kind": "cast"}));
    assert_eq!(of("count")["stream"], json!(true));
    assert_eq!(of("count")["output"], json!({"type": "integer"}));
    assert_eq!(of("mess")["input"]["required"], json!(["crash"]));
    assert!(!operations.iter().any(|o| o["name"] == json!("start")));
}
