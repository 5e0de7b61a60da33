//! An actor that runs, of whatever type, with its open streams.

use crate::{json, Actor, Code, Error, Message, Operation, Reply, Stream, Value};
use std::collections::BTreeMap;

/// An [`Actor`] of any type.
pub trait AnyActor {
    fn init(&mut self, config: &Value) -> Result<(), Error>;
    fn handle(&mut self, message: Message) -> Result<Reply, Error>;
    fn begin_stream(&mut self, message: Message) -> Result<Option<Value>, Error>;
    fn resume_stream(&mut self, id: &str) -> Result<Option<Value>, Error>;
    fn close_stream(&mut self, id: &str) -> Result<Option<Value>, Error>;
    fn snapshot(&self) -> Value;
    fn restore(&mut self, state: Value) -> Result<(), Error>;
    fn terminate(&mut self, reason: &str);
    /// Begins anew; the streams stay.
    fn reset(&mut self);
    fn forget_streams(&mut self);
}

struct Running<A: Actor> {
    actor: A,
    streams: BTreeMap<String, Stream<A, Value>>,
    /// Those that have ended by an error: a host that undoes the turn closes them.
    failed: BTreeMap<String, Stream<A, Value>>,
}

impl<A: Actor> Running<A> {
    fn unknown(id: &str) -> Error {
        let why = format!("there is no stream \"{}\": it has ended, or the actor was restarted", id);
        Error::system(Code::NotFound, why)
    }
}

impl<A: Actor> AnyActor for Running<A> {
    fn init(&mut self, config: &Value) -> Result<(), Error> {
        self.actor.init(config)
    }

    fn handle(&mut self, message: Message) -> Result<Reply, Error> {
        self.actor.handle_message(message)
    }

    fn begin_stream(&mut self, message: Message) -> Result<Option<Value>, Error> {
        let id = message.id.clone();
        let mut stream = self.actor.handle_stream(message)?;
        let next = stream.next(&mut self.actor)?;
        if next.is_some() {
            self.streams.insert(id, stream);
        }
        Ok(next)
    }

    fn resume_stream(&mut self, id: &str) -> Result<Option<Value>, Error> {
        let mut stream = self.streams.remove(id).ok_or_else(|| Running::<A>::unknown(id))?;
        let next = stream.next(&mut self.actor);
        match &next {
            Ok(Some(_)) => drop(self.streams.insert(id.to_string(), stream)),
            Ok(None) => {}
            Err(_) => drop(self.failed.insert(id.to_string(), stream)),
        }
        next
    }

    fn close_stream(&mut self, id: &str) -> Result<Option<Value>, Error> {
        if let Some(stream) = self.streams.remove(id).or_else(|| self.failed.remove(id)) {
            stream.close(&mut self.actor);
        }
        Ok(None)
    }

    fn snapshot(&self) -> Value {
        self.actor.snapshot()
    }

    fn restore(&mut self, state: Value) -> Result<(), Error> {
        self.actor.restore(state)
    }

    fn terminate(&mut self, reason: &str) {
        self.actor.terminate(reason)
    }

    fn reset(&mut self) {
        self.actor = A::default();
    }

    fn forget_streams(&mut self) {
        self.streams.clear();
        self.failed.clear();
    }
}

/// An actor type of a module.
#[derive(Clone, Copy)]
pub(crate) struct Type {
    pub name: &'static str,
    behavior: &'static str,
    pub operations: fn() -> Vec<Operation>,
    pub make: fn() -> Box<dyn AnyActor>,
}

impl Type {
    pub(crate) fn of<A: Actor>() -> Type {
        Type {
            name: A::TYPE,
            behavior: A::BEHAVIOR,
            operations: A::operations,
            make: || Box::new(Running { actor: A::default(), streams: BTreeMap::new(), failed: BTreeMap::new() }),
        }
    }
}

/// The actor types of a module.
#[derive(Default)]
pub struct Registry {
    types: Vec<Type>,
}

impl Registry {
    /// Adds a type.
    pub fn add<A: Actor>(&mut self) {
        self.types.push(Type::of::<A>());
    }

    pub(crate) fn make(&self, name: &str) -> Option<Box<dyn AnyActor>> {
        self.types.iter().find(|t| t.name == name).map(|t| (t.make)())
    }

    pub(crate) fn describe(&self) -> Value {
        let types: Vec<Value> = self
            .types
            .iter()
            .map(|t| {
                let operations: Vec<Value> = (t.operations)().iter().map(Operation::describe).collect();
                json!({"name": (t.name), "behavior": (t.behavior), "operations": operations})
            })
            .collect();
        json!({"abi": 1, "sdk": (concat!("rust/", env!("CARGO_PKG_VERSION"))), "types": types})
    }
}
