//! Runs actors in `cargo test`, without a node and without a module.
//!
//! ```
//! use plexspaces::{actor, host, json, testing::World, Error};
//!
//! actor! {
//!     struct Counter as "counter" { n: i64 = 0 }
//!     impl {
//!         call fn add(&mut self, by: i64 = 1) -> Result<i64, Error> {
//!             self.n += by;
//!             if self.n > 10 {
//!                 return Err(Error::invalid_argument("too many"));
//!             }
//!             host::send_after(1000, &plexspaces::actor_id(), "add", json!({}))?;
//!             Ok(self.n)
//!         }
//!     }
//! }
//!
//! let world = World::new("shop").with::<Counter>();
//! assert_eq!(world.ask("counter/a", "add", json!({"by": 8})), Ok(json!(8)));
//! // A refused turn leaves nothing behind.
//! assert_eq!(world.ask("counter/a", "add", json!({"by": 8})).unwrap_err().message, "too many");
//! // Time is the test's own.
//! world.advance(1000);
//! assert_eq!(world.state("counter/a"), json!({"n": 9}));
//! ```
//!
//! As on a node: messages are JSON on the way, sends leave when their turn has succeeded, a turn that fails
//! undoes the actor's declared state, its sends, timers, names, tuples and own keys; asks in a circle are ABORTED.
//! Unlike a node: one thread runs one message at a time to its end; a failed actor is made anew, so that
//! [`Transient`](crate::Transient) fields begin at their defaults; and every key is one app's.
//! Operations of the host that are not here (process groups, channels, locks, ..) answer UNIMPLEMENTED, or
//! what a [`fake`](World::fake) says.

mod operations;
mod space;

use crate::host::{set_transport, Payload, Transport};
use crate::running::{AnyActor, Type};
use crate::{address, json, Actor, Code, Error, Kind, Message, Operation, Reply, Value};
use operations::Operations;
use space::Tuples;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::rc::Rc;

const EPOCH_MS: i64 = 1_700_000_000_000;
/// A test whose messages beget messages for ever must end.
const MAX_MESSAGES: usize = 100_000;

type Fake = Rc<dyn Fn(&Value, &[u8]) -> Result<Value, Error>>;

/// An app of actors in this process, with its own clock, tuple space and names. For one thread.
pub struct World {
    inner: Rc<Inner>,
}

struct Inner {
    app: String,
    types: RefCell<Vec<Type>>,
    children: RefCell<BTreeMap<String, (String, Value)>>,
    actors: RefCell<BTreeMap<String, Rc<Slot>>>,
    turns: RefCell<Vec<Turn>>,
    mailbox: RefCell<VecDeque<Sent>>,
    timers: RefCell<Vec<Timer>>,
    names: RefCell<BTreeMap<String, String>>,
    tuples: RefCell<Tuples>,
    keys: RefCell<BTreeMap<String, (Value, Option<i64>)>>,
    streams: RefCell<BTreeMap<String, Open>>,
    fakes: RefCell<BTreeMap<String, Fake>>,
    failures: RefCell<Vec<(String, Error)>>,
    logs: RefCell<Vec<String>>,
    now_ms: Cell<i64>,
    seed: Cell<u64>,
    ids: Cell<u64>,
}

struct Slot {
    config: Value,
    actor: RefCell<Box<dyn AnyActor>>,
}

#[derive(Clone)]
struct Sent {
    target: String,
    message: Message,
}

#[derive(Clone)]
struct Timer {
    id: String,
    due_ms: i64,
    every_ms: Option<i64>,
    sent: Sent,
}

/// A stream that somebody reads.
struct Open {
    target: String,
    message_id: String,
    /// The turn that ends it.
    owner: Option<Owner>,
    first: Option<Result<Option<Value>, Error>>,
}

#[derive(Clone, PartialEq)]
enum Owner {
    Turn(u64),
    Stream(String),
}

/// What leaves when the turn commits.
enum Effect {
    Send(Sent),
    Start(Timer),
    CancelTimer(String),
    Renew(String, Option<i64>),
    CancelLease(String),
    Key(String, Option<(Value, Option<i64>)>),
}

struct Turn {
    id: u64,
    actor: String,
    /// The message that began the stream that runs, if one does.
    stream: Option<String>,
    effects: Vec<Effect>,
    names: Vec<String>,
}

/// What an actor is called for.
enum Work {
    Handle(Message),
    Begin(Message),
    Resume(String),
    Close(String),
}

impl World {
    /// An app without actors.
    pub fn new(app: &str) -> World {
        World {
            inner: Rc::new(Inner {
                app: app.to_string(),
                types: RefCell::default(),
                children: RefCell::default(),
                actors: RefCell::default(),
                turns: RefCell::default(),
                mailbox: RefCell::default(),
                timers: RefCell::default(),
                names: RefCell::default(),
                tuples: RefCell::default(),
                keys: RefCell::default(),
                streams: RefCell::default(),
                fakes: RefCell::default(),
                failures: RefCell::default(),
                logs: RefCell::default(),
                now_ms: Cell::new(EPOCH_MS),
                seed: Cell::new(0x9e37_79b9_7f4a_7c15),
                ids: Cell::new(0),
            }),
        }
    }

    /// The same with a type whose actors are made on demand, by key: `type/key`.
    pub fn with<A: Actor>(self) -> World {
        self.inner.types.borrow_mut().push(Type::of::<A>());
        self
    }

    /// The same with a supervised child, which others call by its id.
    pub fn with_child<A: Actor>(self, id: &str, args: Value) -> World {
        let known = self.inner.types.borrow().iter().any(|t| t.name == A::TYPE);
        let world = if known { self } else { self.with::<A>() };
        world.inner.children.borrow_mut().insert(id.to_string(), (A::TYPE.to_string(), args));
        world
    }

    /// Answers a host operation by a function of its arguments and its body, in place of the world's own.
    pub fn fake(&self, operation: &str, answer: impl Fn(&Value, &[u8]) -> Result<Value, Error> + 'static) {
        self.inner.fakes.borrow_mut().insert(operation.to_string(), Rc::new(answer));
    }

    /// Asks an actor as somebody from outside, then delivers all messages that came of it.
    pub fn ask<'a>(&self, target: &str, op: &str, payload: impl Into<Payload<'a>>) -> Result<Value, Error> {
        self.ask_reply(target, op, payload).map(Reply::into_value)
    }

    /// As [`ask`](World::ask), for replies other than JSON.
    pub fn ask_reply<'a>(&self, target: &str, op: &str, payload: impl Into<Payload<'a>>) -> Result<Reply, Error> {
        self.entered(|w| {
            let reply = w.message(op, payload.into(), None).and_then(|m| w.ask(target, m));
            w.deliver_all();
            reply
        })
    }

    /// Sends a message as somebody from outside, and delivers it and all that come of it. What goes wrong
    /// is in [`failures`](World::failures).
    pub fn send<'a>(&self, target: &str, op: &str, payload: impl Into<Payload<'a>>) -> Result<(), Error> {
        self.entered(|w| {
            let message = w.message(op, payload.into(), None)?;
            let target = w.resolve(target)?;
            w.operation(&target, op)?;
            w.mailbox.borrow_mut().push_back(Sent { target, message });
            w.deliver_all();
            Ok(())
        })
    }

    /// All values of a stream.
    pub fn stream<'a>(&self, target: &str, op: &str, payload: impl Into<Payload<'a>>) -> Result<Vec<Value>, Error> {
        self.open(target, op, payload)?.collect()
    }

    /// Opens a stream; dropping what it answers closes it. Each value delivers what came of its turn.
    pub fn open<'a>(&self, target: &str, op: &str, payload: impl Into<Payload<'a>>) -> Result<Values<'_>, Error> {
        let id = self.entered(|w| {
            let message = w.message(op, payload.into(), None)?;
            let id = w.open(target, message, None);
            w.deliver_all();
            id
        })?;
        Ok(Values { world: self, id, ended: false })
    }

    /// Lets time pass: timers fire in their order.
    pub fn advance(&self, ms: i64) {
        self.entered(|w| {
            let until = w.now_ms.get() + ms;
            w.deliver_all();
            while w.fire_next(until) {
                w.deliver_all();
            }
            w.now_ms.set(w.now_ms.get().max(until));
        })
    }

    /// The world's clock, in milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        self.inner.now_ms.get()
    }

    /// An actor's declared state, as a snapshot stores it; null if it was never called.
    pub fn state(&self, target: &str) -> Value {
        let slot = self.inner.resolve(target).ok().and_then(|t| self.inner.actors.borrow().get(&t).cloned());
        slot.map_or(Value::Null, |s| s.actor.borrow().snapshot())
    }

    /// Ends an actor and begins it anew from its stored state, as a restart of the node does.
    pub fn restart(&self, target: &str) -> Result<(), Error> {
        self.entered(|w| {
            let target = w.resolve(target)?;
            let old = w.actors.borrow_mut().remove(&target);
            match old {
                Some(slot) => {
                    let state = slot.actor.borrow().snapshot();
                    w.activate(&target, Some(state)).map(|_| ())
                }
                None => Ok(()),
            }
        })
    }

    /// The tuples of the app's own space that match.
    pub fn tuples(&self, pattern: Vec<Value>) -> Vec<Vec<Value>> {
        let now = self.now_ms();
        self.inner.tuples.borrow_mut().read("", &pattern, u64::MAX, now, usize::MAX)
    }

    /// What was logged, oldest first: `"info app/type/key: text"`.
    pub fn logs(&self) -> Vec<String> {
        self.inner.logs.borrow().clone()
    }

    /// Takes out the errors of messages that nobody waited for, with the actor's address.
    pub fn failures(&self) -> Vec<(String, Error)> {
        self.inner.failures.take()
    }

    /// Runs with the host operations of this thread going to this world.
    fn entered<T>(&self, f: impl FnOnce(&Rc<Inner>) -> T) -> T {
        struct Guard(Option<Rc<dyn Transport>>);
        impl Drop for Guard {
            fn drop(&mut self) {
                set_transport(self.0.take());
            }
        }
        let _guard = Guard(set_transport(Some(self.inner.clone())));
        f(&self.inner)
    }
}

/// The values of a stream that a test reads.
pub struct Values<'a> {
    world: &'a World,
    id: String,
    ended: bool,
}

impl Iterator for Values<'_> {
    type Item = Result<Value, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.world.entered(|w| {
            let next = w.next(&self.id);
            w.deliver_all();
            next
        });
        self.ended = !matches!(next, Ok(Some(_)));
        next.transpose()
    }
}

impl Drop for Values<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.world.entered(|w| {
                w.close(&self.id);
                w.deliver_all();
            });
        }
    }
}

impl Inner {
    fn next_id(&self) -> u64 {
        self.ids.set(self.ids.get() + 1);
        self.ids.get()
    }

    fn message(&self, op: &str, payload: Payload<'_>, from: Option<String>) -> Result<Message, Error> {
        let (content_type, body) = match payload {
            Payload::Value(v) => (None, v.try_json()?.into_bytes()),
            Payload::Owned(v) => (None, v.try_json()?.into_bytes()),
            Payload::Opaque { content_type, body } => (Some(content_type.to_string()), body.to_vec()),
        };
        Ok(Message { op: op.to_string(), id: format!("m{}", self.next_id()), from, content_type, body })
    }

    /// The full address: of a child id, `type/key`, `app/type/key`.
    fn resolve(&self, target: &str) -> Result<String, Error> {
        if !target.contains('/') {
            return match self.children.borrow().get(target) {
                Some((name, _)) => Ok(format!("{}/{}/{}", self.app, name, target)),
                None => Err(Error::system(Code::NotFound, format!("there is no child \"{}\" in this world", target))),
            };
        }
        let own = format!("{}/", self.app);
        let local = match target.strip_prefix(&own) {
            Some(local) if local.contains('/') => local,
            _ => target,
        };
        let (name, key) = local.split_at(local.find('/').unwrap_or(0));
        if self.types.borrow().iter().any(|t| t.name == name) && !key[1..].contains('/') {
            Ok(format!("{}/{}", self.app, local))
        } else {
            Err(Error::system(Code::NotFound, format!("there is no actor \"{}\" in this world", target)))
        }
    }

    fn type_of(&self, address: &str) -> Type {
        let name = address.split('/').nth(1).unwrap_or("");
        *self.types.borrow().iter().find(|t| t.name == name).expect("resolve checks the type")
    }

    fn operation(&self, address: &str, op: &str) -> Result<Operation, Error> {
        let kind = self.type_of(address);
        let operations = (kind.operations)();
        operations.iter().find(|o| o.name == op).copied().ok_or_else(|| {
            let names: Vec<&str> = operations.iter().map(|o| o.name).collect();
            Error::business(
                Code::NotFound,
                format!("type \"{}\" has no operation \"{}\"; it has {}", kind.name, op, names.join(", ")),
            )
        })
    }

    fn activate(&self, address: &str, state: Option<Value>) -> Result<Rc<Slot>, Error> {
        if let Some(slot) = self.actors.borrow().get(address) {
            return Ok(slot.clone());
        }
        let kind = self.type_of(address);
        let key = address.splitn(3, '/').nth(2).unwrap_or("");
        let args = match self.children.borrow().get(key) {
            Some((name, args)) if *name == kind.name => args.clone(),
            _ => Value::object(),
        };
        let config = json!({
            "actor_id": address, "app_id": (&self.app), "type": (kind.name), "key": key,
            "args": args, "env": {}, "restored": (state.is_some())
        });
        let slot = Rc::new(Slot { config: config.clone(), actor: RefCell::new((kind.make)()) });
        self.turn(address, &slot, None, |actor| {
            actor.init(&config)?;
            match state {
                Some(state) => actor.restore(state),
                None => Ok(()),
            }
        })?;
        self.actors.borrow_mut().insert(address.to_string(), slot.clone());
        Ok(slot)
    }

    fn is_busy(&self, address: &str) -> bool {
        self.turns.borrow().iter().any(|t| t.actor == address)
    }

    fn work(&self, address: &str, work: Work) -> Result<(Reply, bool), Error> {
        if self.is_busy(address) {
            let mut circle: Vec<String> = self.turns.borrow().iter().map(|t| t.actor.clone()).collect();
            circle.push(address.to_string());
            return Err(Error::system(
                Code::Aborted,
                format!("actors would wait for each other for ever: {}", circle.join(" -> ")),
            ));
        }
        let slot = self.activate(address, None)?;
        let stream = match &work {
            Work::Handle(_) => None,
            Work::Begin(m) => Some(m.id.clone()),
            Work::Resume(id) | Work::Close(id) => Some(id.clone()),
        };
        let before = slot.actor.borrow().snapshot();
        let done = self.turn(address, &slot, stream.clone(), |actor| {
            let next = match work {
                Work::Handle(message) => {
                    let reply = actor.handle(message)?;
                    if let Reply::Value(v) = &reply {
                        v.try_json()?;
                    }
                    return Ok((reply, true));
                }
                Work::Begin(message) => actor.begin_stream(message)?,
                Work::Resume(id) => actor.resume_stream(&id)?,
                Work::Close(id) => actor.close_stream(&id)?,
            };
            let more = next.is_some();
            let value = next.unwrap_or(Value::Null);
            value.try_json()?;
            Ok((Reply::Value(value), more))
        });
        // A stream's own streams end with it.
        if let (Some(id), false) = (stream, matches!(done, Ok((_, true)))) {
            self.close_owned(&Owner::Stream(id));
        }
        if done.is_err() {
            self.undo(address, &slot, before);
        }
        done
    }

    /// The actor as it was before the turn: made and initialised anew, then given its state.
    fn undo(&self, address: &str, slot: &Slot, before: Value) {
        let again = catch_unwind(AssertUnwindSafe(|| {
            self.begin(address, None);
            let mut actor = slot.actor.borrow_mut();
            actor.reset();
            let mut config = slot.config.clone();
            config.set("restored", true);
            actor.init(&config)?;
            actor.restore(before)
        }));
        // Init has run before: what it asks of the host now is not asked again.
        self.end(false);
        if !matches!(again, Ok(Ok(()))) {
            self.actors.borrow_mut().remove(address);
        }
    }

    fn begin(&self, address: &str, stream: Option<String>) {
        address::set(address);
        let id = self.next_id();
        self.turns.borrow_mut().push(Turn {
            id,
            actor: address.to_string(),
            stream,
            effects: Vec::new(),
            names: Vec::new(),
        });
    }

    fn end(&self, commits: bool) {
        let turn = self.turns.borrow_mut().pop().expect("a turn runs");
        self.tuples.borrow_mut().end(turn.id, commits);
        if commits {
            turn.effects.into_iter().for_each(|e| self.commit(e));
        } else {
            for name in turn.names {
                self.names.borrow_mut().remove(&name);
            }
        }
        let below = self.turns.borrow().last().map(|t| t.actor.clone());
        address::set(below.as_deref().unwrap_or(""));
        self.close_owned(&Owner::Turn(turn.id));
    }

    fn turn<T>(
        &self,
        address: &str,
        slot: &Slot,
        stream: Option<String>,
        f: impl FnOnce(&mut dyn AnyActor) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.begin(address, stream);
        let depth = self.turns.borrow().len();
        let done = catch_unwind(AssertUnwindSafe(|| f(slot.actor.borrow_mut().as_mut())));
        let done = done.unwrap_or_else(|panic| {
            // Turns that were running inside of it ended by the same panic.
            while self.turns.borrow().len() > depth {
                self.end(false);
            }
            let why = panic.downcast_ref::<&str>().map(|s| s.to_string());
            let why = why.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
            Err(Error::system(Code::Internal, format!("the actor crashed: {}", why)))
        });
        self.end(done.is_ok());
        done
    }

    fn commit(&self, effect: Effect) {
        match effect {
            Effect::Send(sent) => self.mailbox.borrow_mut().push_back(sent),
            Effect::Start(timer) => self.timers.borrow_mut().push(timer),
            Effect::CancelTimer(id) => self.timers.borrow_mut().retain(|t| t.id != id),
            Effect::Renew(lease, expires) => self.tuples.borrow_mut().renew(&lease, expires),
            Effect::CancelLease(lease) => self.tuples.borrow_mut().cancel(&lease),
            Effect::Key(key, Some(value)) => {
                self.keys.borrow_mut().insert(key, value);
            }
            Effect::Key(key, None) => {
                self.keys.borrow_mut().remove(&key);
            }
        }
    }

    fn ask(&self, target: &str, message: Message) -> Result<Reply, Error> {
        let address = self.resolve(target)?;
        let operation = self.operation(&address, &message.op)?;
        if operation.stream {
            return Err(Error::business(
                Code::FailedPrecondition,
                format!("operation \"{}\" is a stream: open it with ask_stream", message.op),
            ));
        }
        self.release(&address);
        let (reply, _) = self.work(&address, Work::Handle(message))?;
        Ok(if operation.kind == Kind::Cast { Reply::Value(Value::Null) } else { reply })
    }

    /// What the asker has sent to `address` comes before what it asks.
    fn release(&self, address: &str) {
        let mut first = Vec::new();
        if let Some(turn) = self.turns.borrow_mut().last_mut() {
            let effects = std::mem::take(&mut turn.effects);
            for e in effects {
                match e {
                    Effect::Send(sent) if sent.target == address => first.push(sent),
                    other => turn.effects.push(other),
                }
            }
        }
        let queued = std::mem::take(&mut *self.mailbox.borrow_mut());
        let (mut before, rest): (Vec<_>, VecDeque<_>) = {
            let (b, r): (Vec<_>, Vec<_>) = queued.into_iter().partition(|s| s.target == address);
            (b, r.into())
        };
        *self.mailbox.borrow_mut() = rest;
        before.extend(first);
        before.into_iter().for_each(|sent| self.deliver(sent));
    }

    fn open(&self, target: &str, message: Message, owner: Option<Owner>) -> Result<String, Error> {
        let address = self.resolve(target)?;
        if !self.operation(&address, &message.op)?.stream {
            return Err(Error::business(
                Code::FailedPrecondition,
                format!("operation \"{}\" is no stream: ask for it with ask", message.op),
            ));
        }
        self.release(&address);
        let message_id = message.id.clone();
        let first = self.work(&address, Work::Begin(message)).map(value_if_more);
        let id = format!("s{}", self.next_id());
        let open = Open { target: address, message_id, owner, first: Some(first) };
        self.streams.borrow_mut().insert(id.clone(), open);
        Ok(id)
    }

    fn next(&self, id: &str) -> Result<Option<Value>, Error> {
        let mut open = match self.streams.borrow_mut().remove(id) {
            Some(open) => open,
            None => return Ok(None),
        };
        let next = match open.first.take() {
            Some(first) => first,
            None => self.work(&open.target, Work::Resume(open.message_id.clone())).map(value_if_more),
        };
        if matches!(next, Ok(Some(_))) {
            self.streams.borrow_mut().insert(id.to_string(), open);
        }
        next
    }

    fn close(&self, id: &str) {
        let open = self.streams.borrow_mut().remove(id);
        if let Some(open) = open {
            if let Err(e) = self.work(&open.target, Work::Close(open.message_id)) {
                self.failures.borrow_mut().push((open.target, e));
            }
        }
    }

    fn close_owned(&self, owner: &Owner) {
        let owned: Vec<String> = {
            let streams = self.streams.borrow();
            streams.iter().filter(|(_, s)| s.owner.as_ref() == Some(owner)).map(|(id, _)| id.clone()).collect()
        };
        owned.iter().for_each(|id| self.close(id));
    }

    fn deliver(&self, sent: Sent) {
        let Sent { target, message } = sent;
        if let Err(e) = self.work(&target, Work::Handle(message)) {
            self.failures.borrow_mut().push((target, e));
        }
    }

    /// Delivers the oldest message to somebody who is not busy.
    fn deliver_one(&self) -> bool {
        let sent = {
            let mut mailbox = self.mailbox.borrow_mut();
            let at = mailbox.iter().position(|s| !self.is_busy(&s.target));
            at.and_then(|at| mailbox.remove(at))
        };
        match sent {
            Some(sent) => {
                self.deliver(sent);
                true
            }
            None => false,
        }
    }

    fn deliver_all(&self) {
        for _ in 0..MAX_MESSAGES {
            if !self.deliver_one() {
                return;
            }
        }
        panic!("the actors sent each other {} messages without an end", MAX_MESSAGES);
    }

    /// Puts the next timer that is due by `until` into the mailbox, and the clock to its time.
    fn fire_next(&self, until: i64) -> bool {
        let mut timers = self.timers.borrow_mut();
        let next = (0..timers.len()).filter(|i| timers[*i].due_ms <= until).min_by_key(|i| timers[*i].due_ms);
        let at = match next {
            Some(at) => at,
            None => return false,
        };
        let timer = timers[at].clone();
        match timer.every_ms {
            Some(every) => timers[at].due_ms += every,
            None => drop(timers.remove(at)),
        }
        self.now_ms.set(self.now_ms.get().max(timer.due_ms));
        let mut sent = timer.sent;
        sent.message.id = format!("m{}", self.next_id());
        self.mailbox.borrow_mut().push_back(sent);
        true
    }
}

fn value_if_more((reply, more): (Reply, bool)) -> Option<Value> {
    if more {
        Some(reply.into_value())
    } else {
        None
    }
}

impl Transport for Inner {
    fn call(&self, operation: &str, arguments: &Value, body: &[u8]) -> Result<(Value, Vec<u8>), Error> {
        let fake = self.fakes.borrow().get(operation).cloned();
        if let Some(fake) = fake {
            return Ok((Value::object(), fake(arguments, body)?.try_json()?.into_bytes()));
        }
        Operations { world: self, arguments, body }.run(operation)
    }
}

#[cfg(test)]
mod tests;
