//! What a world is made of: actors and their turns.

use super::cron::Cron;
use super::life::Watch;
use super::link::ServiceLink;
use super::rules::HostErrors;
use super::shards::Group;
use super::space::{Tuples, Written};
use super::tuples::Subscription;
use crate::host::{Payload, Transport};
use crate::running::{AnyActor, Type};
use crate::{json, Code, Error, Message, Reply, Value};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

pub const EPOCH_MS: i64 = 1_700_000_000_000;
pub const OUTSIDE_MS: i64 = 30_000;
pub const FOREVER: i64 = i64::MAX;
const MAX_KEY: usize = 512;

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
    pub config: Value,
    pub actor: RefCell<Box<dyn AnyActor>>,
    pub restarts: Cell<i64>,
    /// How often it has crashed, and the last reason: what was in its memory then is gone.
    pub life: Cell<u64>,
    pub why: RefCell<String>,
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

/// What follows when a timer has fallen due.
#[derive(Clone)]
pub enum Rule {
    Once,
    /// Milliseconds.
    Every(i64),
    Cron(Cron),
}

impl Rule {
    pub fn next(&self, due_ms: i64) -> Option<i64> {
        match self {
            Rule::Once => None,
            Rule::Every(ms) => Some(due_ms + ms),
            Rule::Cron(cron) => Some(cron.next(due_ms)),
        }
    }
}

#[derive(Clone)]
pub struct Timer {
    pub id: String,
    pub due_ms: i64,
    pub rule: Rule,
    /// None only wakes those who wait.
    pub sent: Option<Sent>,
}

/// A stream that somebody reads.
pub struct Open {
    pub target: String,
    pub message_id: String,
    /// Whose memory it is in, and in which of its lives.
    pub slot: Rc<Slot>,
    pub life: u64,
    pub query: bool,
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
    /// Whether its operation only reads.
    pub query: bool,
    pub errors: HostErrors,
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

    /// The full address: of a child id, `type/key` of the own app, or `app/type/key`. Only the last has room for keys
    /// with slashes.
    pub fn resolve(&self, target: &str) -> Result<String, Error> {
        let missing = |why: String| Err(Error::system(Code::NotFound, why));
        let address = match target.matches('/').count() {
            0 => match self.children.borrow().get(target) {
                Some((name, _)) => return Ok(format!("{}/{}/{}", self.app, name, target)),
                None => return missing(format!("there is no child \"{}\" in this world", target)),
            },
            1 => format!("{}/{}", self.app, target),
            _ => target.to_string(),
        };
        let mut parts = address.splitn(3, '/');
        let mut next = || parts.next().unwrap_or("");
        let (app, name, key) = (next(), next(), next());
        if app != self.app {
            return missing(format!("there is no app \"{}\": this world is \"{}\"", app, self.app));
        }
        if !self.types.borrow().iter().any(|t| t.name == name) {
            return missing(format!("there is no actor type \"{}\" in this world", name));
        }
        if key.is_empty() || key.len() > MAX_KEY {
            let why = format!("actor key \"{}\" is not valid: 1 to {} bytes of UTF-8", key, MAX_KEY);
            return Err(Error::system(Code::InvalidArgument, why));
        }
        Ok(address)
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
            life: Cell::new(0),
            why: RefCell::default(),
            doomed: RefCell::new(None),
        });
        self.turn(address, &slot, None, false, FOREVER, |actor| {
            actor.init(&config)?;
            match stored.or(initial) {
                Some(state) => actor.restore(state),
                None => Ok(()),
            }
        })
        .map_err(|f| f.error)?;
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

impl Transport for Inner {
    fn call(&self, operation: &str, arguments: &Value, body: &[u8]) -> Result<(Value, Vec<u8>), Error> {
        let fake = self.fakes.borrow().get(operation).cloned();
        let answer = self.allow(operation, fake.is_some()).and_then(|()| match fake {
            Some(fake) => Ok((Value::object(), fake(arguments, body)?.try_json()?.into_bytes())),
            None => super::operations::Operations { world: self, arguments, body }.run(operation),
        });
        if let (Err(error), Some(turn)) = (&answer, self.turns.borrow_mut().last_mut()) {
            turn.errors.note(error);
        }
        answer
    }
}
