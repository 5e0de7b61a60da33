//! The turns of actors: begun, ended, undone.

use super::inner::{Inner, Owner, Slot, Turn, FOREVER};
use super::rules::HostErrors;
use crate::running::AnyActor;
use crate::{address, Code, Error, Message, Reply, Value};
use std::panic::{catch_unwind, AssertUnwindSafe};

/// How a turn failed.
pub struct Failed {
    pub error: Error,
    /// A host call gave the error: it is no fault of the actor.
    pub inherited: bool,
}

/// What an actor is called for.
pub enum Work {
    Handle(Message),
    Begin(Message),
    Resume(String),
    Close(String),
}

impl Inner {
    /// `query` says whether the operation only reads.
    pub fn work(&self, address: &str, work: Work, query: bool, deadline: i64) -> Result<(Reply, bool), Error> {
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
        let done = self.turn(address, &slot, stream.clone(), query, deadline, |actor| {
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
        if let (Some(id), false) = (stream.clone(), matches!(done, Ok((_, true)))) {
            self.close_owned(&Owner::Stream(id));
        }
        match &done {
            // What a stream's next value needs stays.
            Ok(_) if query && stream.is_none() => self.put_back(address, &slot, before),
            Ok(_) => {}
            Err(f) if f.error.business || f.inherited => self.undo(address, &slot, before),
            Err(f) => self.restarted(address, &slot, before, &f.error.message),
        }
        let doomed = slot.doomed.borrow_mut().take();
        if let Some(reason) = doomed {
            self.crashed(address, &reason);
        }
        done.map_err(|f| f.error)
    }

    /// The declared state as it was before a query.
    fn put_back(&self, address: &str, slot: &Slot, before: Value) {
        let now = slot.actor.borrow().snapshot();
        if now != before && slot.actor.borrow_mut().restore(before.clone()).is_err() {
            self.undo(address, slot, before);
        }
    }

    /// The actor made anew after a crash: its streams are gone, and who watches it is told.
    pub fn restarted(&self, address: &str, slot: &Slot, state: Value, why: &str) {
        slot.restarts.set(slot.restarts.get() + 1);
        slot.life.set(slot.life.get() + 1);
        *slot.why.borrow_mut() = why.to_string();
        slot.actor.borrow_mut().forget_streams();
        self.undo(address, slot, state);
        self.exited(address, &format!("error: {}", why));
    }

    /// The actor as it was before the turn: made and initialised anew, then given its state. Its streams go on.
    fn undo(&self, address: &str, slot: &Slot, before: Value) {
        let again = catch_unwind(AssertUnwindSafe(|| {
            self.begin(address, None, false, FOREVER);
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

    fn begin(&self, address: &str, stream: Option<String>, query: bool, deadline: i64) {
        address::set(address);
        let id = self.next_id();
        self.turns.borrow_mut().push(Turn {
            id,
            actor: address.to_string(),
            stream,
            deadline,
            query,
            errors: HostErrors::default(),
            effects: Vec::new(),
            undo: Vec::new(),
            point: None,
        });
    }

    fn end(&self, commits: bool) {
        let turn = self.turns.borrow_mut().pop().expect("a turn runs");
        let written = self.tuples.borrow_mut().end(turn.id, commits);
        if commits {
            if !turn.query {
                *self.committed.borrow_mut().entry(turn.actor.clone()).or_insert(0) += 1;
            }
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
        query: bool,
        deadline: i64,
        f: impl FnOnce(&mut dyn AnyActor) -> Result<T, Error>,
    ) -> Result<T, Failed> {
        self.begin(address, stream, query, deadline);
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
        let inherited = match (&done, self.turns.borrow().last()) {
            (Err(error), Some(turn)) => turn.errors.gave(error),
            _ => false,
        };
        self.end(done.is_ok());
        done.map_err(|error| Failed { error, inherited })
    }
}
