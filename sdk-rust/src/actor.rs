use crate::{Error, Value};

/// How an operation is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Call,
    Cast,
    Query,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Call => "call",
            Kind::Cast => "cast",
            Kind::Query => "query",
        }
    }
}

/// An operation that an actor type declares.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    pub name: &'static str,
    pub kind: Kind,
}

impl Operation {
    /// Answers, and may change the actor.
    pub const fn call(name: &'static str) -> Operation {
        Operation { name, kind: Kind::Call }
    }

    /// Has no reply.
    pub const fn cast(name: &'static str) -> Operation {
        Operation { name, kind: Kind::Cast }
    }

    /// Only reads, and costs no commit.
    pub const fn query(name: &'static str) -> Operation {
        Operation { name, kind: Kind::Query }
    }
}

/// A message as it came, for actors that take payloads other than JSON.
pub struct Message {
    pub op: String,
    pub id: String,
    /// The sender's address; `None` from outside.
    pub from: Option<String>,
    /// `None` means JSON.
    pub content_type: Option<String>,
    pub body: Vec<u8>,
}

impl Message {
    /// The payload as a value; no bytes at all are null, other content than JSON is bytes.
    pub fn payload(&self) -> Result<Value, Error> {
        match self.content_type {
            Some(_) => Ok(Value::Bytes(self.body.clone())),
            None if self.body.is_empty() => Ok(Value::Null),
            None => Value::parse(&self.body),
        }
    }
}

/// An actor type. An instance is made with `Default`, then [`init`](Actor::init) runs, then
/// [`restore`](Actor::restore) if there is stored state.
pub trait Actor: Default + 'static {
    /// The type's name in addresses and configuration.
    const TYPE: &'static str;
    /// `GenServer`, `GenEvent`, `GenFSM` or `Workflow`.
    const BEHAVIOR: &'static str = "GenServer";
    const OPERATIONS: &'static [Operation];

    /// `config` has `actor_id`, `app_id`, `args`, `env`, `restored`.
    fn init(&mut self, config: &Value) -> Result<(), Error> {
        let _ = config;
        Ok(())
    }

    /// Handles a message. An error undoes what it did, in memory too.
    fn handle(&mut self, op: &str, payload: &Value) -> Result<Value, Error>;

    /// As [`handle`](Actor::handle), with the whole message.
    fn handle_message(&mut self, message: &Message) -> Result<Value, Error> {
        self.handle(&message.op, &message.payload()?)
    }

    /// The declared state: what survives a restart and an upgrade.
    fn snapshot(&self) -> Value {
        Value::object()
    }

    fn restore(&mut self, state: &Value) {
        let _ = state;
    }

    fn terminate(&mut self, reason: &str) {
        let _ = reason;
    }
}
