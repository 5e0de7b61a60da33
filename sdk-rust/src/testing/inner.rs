//! What a world is made of: actors and their turns.

use super::life::Watch;
use super::link::ServiceLink;
use super::shards::Group;
use super::space::{Tuples, Written};
use super::tuples::Subscription;
use crate::host::{Payload, Transport};
use crate::running::{AnyActor, Type};
use crate::{address, json, Code, Error, Message, Reply, Value};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::rc::Rc;

pub const EPOCH_MS: i64 = 1_700_000_000_000;
pub const OUTSIDE_MS: i64 = 30_000;
pub const FOREVER: i64 = i64::MAX;

pub type Fake = Rc<dyn Fn(&Value, &[u8]) -> Result<Value, Error>>;
pub type Undo = Box<dyn FnOnce(&Inner)>;
/// A key's value and when it ends.
pub type Kept = (Value, Option<i64>);

pub struct Inner {
    pub app: String,
    pub(crate) types: RefCell<Vec<Type>>,
    pub children: RefCell<BTreeMap<String, (String, Value)>>,
    pub actors: RefCell<BTreeMap<String, Rc<Slot>>>,
    /// The addresses of those in memory, in the order in which they came.
    pub order: RefCell<Vec<String>>,
    pub stored: RefCell<BTreeMap<String, Value>>,
    pub turns: RefCell<Vec<Turn>>,
    pub mailbox: RefCell<VecDeque<Sent>>,
    pub timers: RefCell<Vec<Timer>>,
    pub names: RefCell<BTreeMap<String, String>>,
    pub watches: RefCell<Vec<Watch>>,
    pub links: RefCell<Vec<(String, String)>>,
    pub tuples: RefCell<Tuples>,
    pub subscriptions: RefCell<Vec<Subscription>>,
    pub groups: RefCell<BTreeMap<String, Group>>,
    pub keys: RefCell<BTreeMap<String, Kept>>,
    pub streams: RefCell<BTreeMap<String, Open>>,
    pub fakes: RefCell<BTreeMap<String, Fake>>,
    pub service_links: RefCell<BTreeMap<String, ServiceLink>>,
    pub failures: RefCell<Vec<(String, Error)>>,
    pub logs: RefCell<Vec<String>>,
    pub now_ms: Cell<i64>,
    pub seed: Cell<u64>,
    ids: Cell<u64>,
}

pub struct Slot {
    config: Value,
    pub actor: RefCell<Box<dyn AnyActor>>,
    pub restarts: Cell<i64>,
    /// Why it ends when its turn does.
    pub doomed: RefCell<Option<String>>,
}

/// Where the answer of a message comes that somebody waits for besides others.
pub type Pending = Rc<RefCell<Option<Result<Reply, Error>>>>;

#[derive(Clone)]
pub struct Sent {
    pub target: String,
    pub message: Message,
    pub deadline: i64,
    pub reply: Option<Pending>,
}

impl Sent {
    pub fn new(target: String, message: Message) -> Sent {
        Sent { target, message, deadline: FOREVER, reply: None }
    }
}

#[derive(Clone)]
pub struct Timer {
    pub id: String,
    pub due_ms: i64,
    pub every_ms: Option<i64>,
    /// None only wakes those who wait.
    pub sent: Option<Sent>,
}

/// A stream that somebody reads.
pub struct Open {
    pub target: String,
    pub message_id: String,
    /// The turn that ends it.
    pub owner: Option<Owner>,
    pub first: Option<Result<Option<Value>, Error>>,
}

#[derive(Clone, PartialEq)]
pub enum Owner {
    Turn(u64),
    Stream(String),
}

/// What leaves when the turn commits.
pub enum Effect {
    Send(Sent),
    Key(String, Option<Kept>),
    Run(Undo),
}

pub struct Turn {
    pub id: u64,
    pub actor: String,
    /// The message that began the stream that runs, if one does.
    pub stream: Option<String>,
    pub deadline: i64,
    pub effects: Vec<Effect>,
    pub undo: Vec<Undo>,
    /// Where a transaction of tuples began.
    pub point: Option<Point>,
}

pub struct Point {
    pub effects: usize,
    pub undo: usize,
    /// What the turn had written and taken before.
    pub before: Vec<Written>,
}

/// What an actor is called for.
pub enum Work {
    Handle(Message),
    Begin(Message),
    Resume(String),
    Close(String),
}

impl Inner {
    pub fn new(app: &str) -> Inner {
        Inner {
            app: app.to_string(),
            types: RefCell::default(),
            children: RefCell::default(),
            actors: RefCell::default(),
            order: RefCell::default(),
            stored: RefCell::default(),
            turns: RefCell::default(),
            mailbox: RefCell::default(),
            timers: RefCell::default(),
            names: RefCell::default(),
            watches: RefCell::default(),
            links: RefCell::default(),
            tuples: RefCell::default(),
            subscriptions: RefCell::default(),
            groups: RefCell::default(),
            keys: RefCell::default(),
            streams: RefCell::default(),
            fakes: RefCell::default(),
            service_links: RefCell::default(),
            failures: RefCell::default(),
            logs: RefCell::default(),
            now_ms: Cell::new(EPOCH_MS),
            seed: Cell::new(0x9e37_79b9_7f4a_7c15),
            ids: Cell::new(0),
        }
    }

    pub fn next_id(&self) -> u64 {
        self.ids.set(self.ids.get() + 1);
        self.ids.get()
    }

    pub fn message(&self, op: &str, payload: Payload<'_>, from: Option<String>) -> Result<Message, Error> {
        let (content_type, body) = match payload {
            Payload::Value(v) => (None, v.try_json()?.into_bytes()),
            Payload::Owned(v) => (None, v.try_json()?.into_bytes()),
            Payload::Opaque { content_type, body } => (Some(content_type.to_string()), body.to_vec()),
        };
        Ok(Message { op: op.to_string(), id: format!("m{}", self.next_id()), from, content_type, body })
    }

    /// The full address: of a child id, `type/key`, `app/type/key`.
    pub fn resolve(&self, target: &str) -> Result<String, Error> {
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

    pub(crate) fn type_of(&self, address: &str) -> Type {
        let name = address.split('/').nth(1).unwrap_or("");
        *self.types.borrow().iter().find(|t| t.name == name).expect("resolve checks the type")
    }

    /// Brings an actor into memory, with what is stored of it.
    pub fn activate(&self, address: &str) -> Result<Rc<Slot>, Error> {
        let known = self.actors.borrow().get(address).cloned();
        if let Some(slot) = known {
            return Ok(slot);
        }
        let key = address.splitn(3, '/').nth(2).unwrap_or("");
        let kind = self.type_of(address).name;
        let args = match self.children.borrow().get(key) {
            Some((name, args)) if *name == kind => args.clone(),
            _ => Value::object(),
        };
        self.start(address, args, &[], None)
    }

    /// Starts an actor; `more` is what its configuration has besides, `initial` the state it begins with.
    pub fn start(
        &self,
        address: &str,
        args: Value,
        more: &[(&str, Value)],
        initial: Option<Value>,
    ) -> Result<Rc<Slot>, Error> {
        let kind = self.type_of(address);
        let key = address.splitn(3, '/').nth(2).unwrap_or("");
        let stored = self.stored.borrow().get(address).cloned();
        let mut config = json!({
            "actor_id": address, "app_id": (&self.app), "type": (kind.name), "key": key,
            "args": args, "env": {}, "restored": (stored.is_some())
        });
        for (name, value) in more {
            config.set(name, value);
        }
        let slot = Rc::new(Slot {
            config: config.clone(),
            actor: RefCell::new((kind.make)()),
            restarts: Cell::new(0),
            doomed: RefCell::new(None),
        });
        self.turn(address, &slot, None, FOREVER, |actor| {
            actor.init(&config)?;
            match stored.or(initial) {
                Some(state) => actor.restore(state),
                None => Ok(()),
            }
        })?;
        self.actors.borrow_mut().insert(address.to_string(), slot.clone());
        self.order.borrow_mut().push(address.to_string());
        Ok(slot)
    }

    /// Takes an actor out of memory.
    pub fn forget(&self, address: &str) -> Option<Rc<Slot>> {
        self.order.borrow_mut().retain(|a| a != address);
        self.actors.borrow_mut().remove(address)
    }

    pub fn is_busy(&self, address: &str) -> bool {
        self.turns.borrow().iter().any(|t| t.actor == address)
    }

    pub fn own_address(&self) -> String {
        self.turns.borrow().last().map_or_else(String::new, |t| t.actor.clone())
    }

    pub fn effect(&self, effect: Effect) {
        match self.turns.borrow_mut().last_mut() {
            Some(turn) => turn.effects.push(effect),
            None => panic!("a host operation outside of a turn"),
        }
    }

    /// Runs with the turn's commit.
    pub fn later(&self, run: impl FnOnce(&Inner) + 'static) {
        self.effect(Effect::Run(Box::new(run)));
    }

    /// Runs if the turn fails.
    pub fn undoing(&self, run: impl FnOnce(&Inner) + 'static) {
        if let Some(turn) = self.turns.borrow_mut().last_mut() {
            turn.undo.push(Box::new(run));
        }
    }

    pub fn work(&self, address: &str, work: Work, deadline: i64) -> Result<(Reply, bool), Error> {
        if self.is_busy(address) {
            let mut circle: Vec<String> = self.turns.borrow().iter().map(|t| t.actor.clone()).collect();
            circle.push(address.to_string());
            return Err(Error::system(
                Code::Aborted,
                format!("actors would wait for each other for ever: {}", circle.join(" -> ")),
            ));
        }
        let slot = self.activate(address)?;
        let stream = match &work {
            Work::Handle(_) => None,
            Work::Begin(m) => Some(m.id.clone()),
            Work::Resume(id) | Work::Close(id) => Some(id.clone()),
        };
        let before = slot.actor.borrow().snapshot();
        let done = self.turn(address, &slot, stream.clone(), deadline, |actor| {
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
        if let Err(error) = &done {
            self.undo(address, &slot, before);
            if !(error.business || inherited(error.code)) {
                slot.restarts.set(slot.restarts.get() + 1);
                self.exited(address, &format!("error: {}", error.message));
            }
        }
        let doomed = slot.doomed.borrow_mut().take();
        if let Some(reason) = doomed {
            self.crashed(address, &reason);
        }
        done
    }

    /// The actor as it was before the turn: made and initialised anew, then given its state.
    pub fn undo(&self, address: &str, slot: &Slot, before: Value) {
        let again = catch_unwind(AssertUnwindSafe(|| {
            self.begin(address, None, FOREVER);
            let mut actor = slot.actor.borrow_mut();
            actor.reset();
            let mut config = slot.config.clone();
            config.set("restored", true);
            actor.init(&config)?;
            actor.restore(before.clone())
        }));
        // Init has run before: what it asks of the host now is not asked again.
        self.end(false);
        if !matches!(again, Ok(Ok(()))) {
            self.forget(address);
            self.stored.borrow_mut().insert(address.to_string(), before);
        }
    }

    fn begin(&self, address: &str, stream: Option<String>, deadline: i64) {
        address::set(address);
        let id = self.next_id();
        self.turns.borrow_mut().push(Turn {
            id,
            actor: address.to_string(),
            stream,
            deadline,
            effects: Vec::new(),
            undo: Vec::new(),
            point: None,
        });
    }

    fn end(&self, commits: bool) {
        let turn = self.turns.borrow_mut().pop().expect("a turn runs");
        let written = self.tuples.borrow_mut().end(turn.id, commits);
        if commits {
            self.notify(written);
            turn.effects.into_iter().for_each(|e| self.commit(e));
        } else {
            turn.undo.into_iter().rev().for_each(|undo| undo(self));
        }
        let below = self.turns.borrow().last().map(|t| t.actor.clone());
        address::set(below.as_deref().unwrap_or(""));
        self.close_owned(&Owner::Turn(turn.id));
    }

    pub fn turn<T>(
        &self,
        address: &str,
        slot: &Slot,
        stream: Option<String>,
        deadline: i64,
        f: impl FnOnce(&mut dyn AnyActor) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.begin(address, stream, deadline);
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

    pub fn commit(&self, effect: Effect) {
        match effect {
            Effect::Send(sent) => self.mailbox.borrow_mut().push_back(sent),
            Effect::Run(run) => run(self),
            Effect::Key(key, Some(value)) => {
                self.keys.borrow_mut().insert(key, value);
            }
            Effect::Key(key, None) => {
                self.keys.borrow_mut().remove(&key);
            }
        }
    }
}

/// What an actor fails with that is no fault of its own.
fn inherited(code: Code) -> bool {
    matches!(code, Code::DeadlineExceeded | Code::Cancelled | Code::ResourceExhausted)
}

impl Transport for Inner {
    fn call(&self, operation: &str, arguments: &Value, body: &[u8]) -> Result<(Value, Vec<u8>), Error> {
        let fake = self.fakes.borrow().get(operation).cloned();
        if let Some(fake) = fake {
            return Ok((Value::object(), fake(arguments, body)?.try_json()?.into_bytes()));
        }
        super::operations::Operations { world: self, arguments, body }.run(operation)
    }
}
