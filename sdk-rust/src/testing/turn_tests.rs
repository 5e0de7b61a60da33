//! What becomes of an actor when its turn ends, and where targets lead.

use super::rules::{CHANGING, CHANGING_FAKES};
use super::World;
use crate::host::{self, Call};
use crate::running::{AnyActor, Registry};
use crate::{actor, json, Actor, Code, Error, Kind, Message, Operation, Reply, Stream, Transient, Value};

actor! {
    pub struct Keeper as "keeper" {
        count: i64 = 0,
        scratch: Transient<i64>,
    }

    impl {
        call fn add(&mut self) -> i64 {
            self.count += 1;
            self.scratch.0 += 1;
            self.scratch.0
        }

        query fn scratch(&self) -> i64 {
            self.scratch.0
        }

        query fn add_in_vain(&mut self) -> i64 {
            self.count += 1;
            self.count
        }

        query fn attempt(&self, operation: String) -> Result<Value, Error> {
            Call::to(Box::leak(operation.into_boxed_str())).value()
        }

        call fn attempt_call(&self, operation: String) -> Result<Value, Error> {
            Call::to(Box::leak(operation.into_boxed_str())).value()
        }

        call fn refuse(&mut self) -> Result<(), Error> {
            self.count += 1;
            Err(Error::business(Code::Aborted, "no"))
        }

        call fn crash(&mut self) {
            self.count += 1;
            panic!("broken");
        }

        call fn fail(&mut self, how: String) -> Result<(), Error> {
            self.count += 1;
            let missing = host::ask("ghost/x", "op", json!({}), 1000).unwrap_err();
            let down = host::http_fetch("down", "GET", "/", b"", &[]).unwrap_err();
            Err(match how.as_str() {
                "as it is" => missing,
                "unavailable, as it is" => down,
                "unavailable, in other words" => Error::recoverable("try later"),
                "in other words" => Error::system(Code::NotFound, "it is gone"),
                "a code that no call gave" => Error::system(Code::Cancelled, "enough"),
                other => Error::system(Code::Internal, other),
            })
        }

        stream fn numbers(&self) -> Stream<Self, i64> {
            Stream::of(0..4)
        }
    }
}

fn world() -> World {
    let world = World::new("shop").with::<Keeper>().with_child::<Keeper>("main", json!({}));
    world.service_link("down", |_| Err(Error::system(Code::Unavailable, "the service does not answer")));
    world
}

fn restarts(world: &World, address: &str) -> i64 {
    world.inner.actors.borrow()[address].restarts.get()
}

#[test]
fn a_query_is_allowed_nothing_that_changes() {
    let w = world();
    let attempt = |op: &str, name: &str| w.ask("main", op, json!({"operation": name})).unwrap_err();
    for name in CHANGING {
        let e = attempt("attempt", name);
        assert_eq!(e.code, Code::FailedPrecondition);
        assert_eq!(e.message, format!("{} changes something, but the running handler is a query", name));
        assert_ne!(attempt("attempt_call", name).code, Code::FailedPrecondition);
    }
    for name in CHANGING_FAKES {
        assert_eq!(attempt("attempt", name).code, Code::Unimplemented);
        w.fake(name, |_, _| Ok(json!("faked")));
        assert_eq!(attempt("attempt", name).code, Code::FailedPrecondition);
        assert_eq!(w.ask("main", "attempt_call", json!({"operation": (*name)})), Ok(json!("faked")));
    }
    assert_eq!(restarts(&w, "shop/keeper/main"), 0);
}

#[test]
fn after_a_query_the_declared_state_is_as_before() {
    let w = world();
    w.ask("main", "add", json!({})).unwrap();
    assert_eq!(w.ask("main", "add_in_vain", json!({})), Ok(json!(2)));
    assert_eq!(w.ask("main", "add_in_vain", json!({})), Ok(json!(2)));
    assert_eq!(w.state("main"), json!({"count": 1}));
    // Nobody has made the actor anew for it.
    assert_eq!(w.ask("main", "scratch", json!({})), Ok(json!(1)));
}

/// An actor by hand whose stream only reads.
#[derive(Default)]
struct Reader;

impl Actor for Reader {
    const TYPE: &'static str = "reader";

    fn operations() -> Vec<Operation> {
        vec![Operation { kind: Kind::Query, ..Operation::stream("names") }]
    }

    fn handle_message(&mut self, message: Message) -> Result<Reply, Error> {
        Err(Error::unknown_operation(&message.op))
    }

    fn handle_stream(&mut self, _: Message) -> Result<Stream<Self, Value>, Error> {
        let mut n = 0;
        Ok(Stream::from_fn(move |_| {
            n += 1;
            if n > 1 {
                host::register("x")?;
            }
            Ok(Some(json!(n)))
        }))
    }
}

#[test]
fn each_value_of_a_stream_that_only_reads_is_a_query() {
    let w = World::new("shop").with::<Reader>();
    let mut names = w.open("reader/a", "names", json!({})).unwrap();
    assert_eq!(names.next(), Some(Ok(json!(1))));
    assert_eq!(names.next().unwrap().unwrap_err().code, Code::FailedPrecondition);
}

#[test]
fn a_refusal_keeps_the_actors_streams() {
    let w = world();
    let mut numbers = w.open("main", "numbers", json!({})).unwrap();
    assert_eq!(numbers.next(), Some(Ok(json!(0))));
    assert_eq!(w.ask("main", "refuse", json!({})).unwrap_err().message, "no");
    assert_eq!(w.ask("main", "fail", json!({"how": "as it is"})).unwrap_err().code, Code::NotFound);
    assert_eq!(numbers.collect::<Result<Vec<_>, _>>(), Ok(vec![json!(1), json!(2), json!(3)]));
    assert_eq!(w.state("main"), json!({"count": 0}));
}

#[test]
fn a_crash_and_a_stop_end_the_actors_streams() {
    let w = world();
    for (how, why) in [("crash", "it crashed while it streamed: the actor crashed: broken"), ("stop", "it is being stopped")] {
        let mut numbers = w.open("main", "numbers", json!({})).unwrap();
        assert_eq!(numbers.next(), Some(Ok(json!(0))));
        match how {
            "crash" => drop(w.ask("main", "crash", json!({})).unwrap_err()),
            _ => w.stop("main", "normal").unwrap(),
        }
        let e = numbers.next().unwrap().unwrap_err();
        assert_eq!((e.code, e.message), (Code::Unavailable, format!("shop/keeper/main: {}", why)));
        assert_eq!(numbers.next(), None);
    }
}

#[test]
fn what_the_host_gave_and_a_handler_lets_through_is_no_crash() {
    for (how, crashes) in [
        ("as it is", 0),
        ("unavailable, as it is", 0),
        ("unavailable, in other words", 0),
        ("in other words", 1),
        ("a code that no call gave", 1),
        ("its own", 1),
    ] {
        let w = world();
        w.ask("main", "fail", json!({"how": how})).unwrap_err();
        assert_eq!(restarts(&w, "shop/keeper/main"), crashes, "{}", how);
        assert_eq!(w.state("main"), json!({"count": 0}));
    }
}

#[test]
fn targets_lead_where_a_node_finds_them() {
    let w = world();
    let long = |n: usize| format!("keeper/{}", "k".repeat(n));
    for (target, address) in [
        ("main", "shop/keeper/main"),
        ("keeper/a", "shop/keeper/a"),
        ("shop/keeper/a", "shop/keeper/a"),
        ("shop/keeper/a/b/c", "shop/keeper/a/b/c"),
    ] {
        assert_eq!(w.inner.resolve(target), Ok(address.to_string()));
    }
    assert_eq!(w.inner.resolve(&long(512)), Ok(format!("shop/{}", long(512))));
    for (target, code) in [
        ("nobody", Code::NotFound),
        ("ghost/x", Code::NotFound),
        ("shop/ghost/x", Code::NotFound),
        // The app keeper, not the type.
        ("keeper/a/b", Code::NotFound),
        ("shop/keeper", Code::NotFound),
        ("other/keeper/a", Code::NotFound),
        ("keeper/", Code::InvalidArgument),
        ("shop/keeper/", Code::InvalidArgument),
        (&long(513), Code::InvalidArgument),
    ] {
        assert_eq!(w.inner.resolve(target).unwrap_err().code, code, "{}", target);
    }
    w.ask("shop/keeper/a/b", "add", json!({})).unwrap();
    assert_eq!(w.state("shop/keeper/a/b"), json!({"count": 1}));
}

fn keeper() -> Box<dyn AnyActor> {
    let mut types = Registry::default();
    types.add::<Keeper>();
    types.make("keeper").unwrap()
}

#[test]
fn a_stream_that_there_is_not_can_be_closed_but_not_resumed() {
    let mut actor = keeper();
    assert_eq!(actor.resume_stream("m1").unwrap_err().code, Code::NotFound);
    assert_eq!(actor.close_stream("m1"), Ok(None));
}

#[test]
fn stored_state_that_is_none_is_not_taken_for_an_empty_one() {
    for state in [json!([1]), Value::Null, json!("x")] {
        assert_eq!(keeper().restore(state).unwrap_err().code, Code::DataLoss);
    }
    assert_eq!(keeper().restore(json!({"count": "x"})).unwrap_err().code, Code::FailedPrecondition);
    let mut actor = keeper();
    actor.restore(json!({"count": 7, "gone": 1})).unwrap();
    assert_eq!(actor.snapshot(), json!({"count": 7}));
}
