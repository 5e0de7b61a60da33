//! How messages, streams and time go through a world.

use super::inner::{Effect, Inner, Open, Owner, Pending, Sent, FOREVER};
use super::schema;
use super::turns::Work;
use crate::{Code, Error, Kind, Message, Operation, Reply, Value};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// A test whose messages beget messages for ever must end.
const MAX_MESSAGES: usize = 100_000;

impl Inner {
    pub fn operation(&self, address: &str, op: &str) -> Result<Operation, Error> {
        let kind = self.type_of(address);
        let operations = (kind.operations)();
        operations.iter().find(|o| o.name == op).copied().ok_or_else(|| {
            let names: Vec<&str> = operations.iter().map(|o| o.name).collect();
            Error::system(
                Code::NotFound,
                format!("type \"{}\" has no operation \"{}\"; it has {}", kind.name, op, names.join(", ")),
            )
        })
    }

    /// Refuses what a node refuses before a handler sees it.
    pub fn accept(&self, address: &str, message: &Message, stream: bool) -> Result<Operation, Error> {
        let operation = self.operation(address, &message.op)?;
        let kind = self.type_of(address).name;
        if operation.stream != stream {
            let why = if stream { "answers once and is no stream: use ask" } else { "streams its values: open it with ask_stream" };
            return Err(Error::system(
                Code::InvalidArgument,
                format!("operation \"{}\" of type \"{}\" {}", message.op, kind, why),
            ));
        }
        self.check_input(&operation, message)?;
        Ok(operation)
    }

    /// Refuses a payload of the wrong form.
    pub fn check_input(&self, operation: &Operation, message: &Message) -> Result<(), Error> {
        match (operation.input, &message.content_type) {
            (Some(input), None) => {
                let payload = match message.payload()? {
                    Value::Null => Value::object(),
                    v => v,
                };
                schema::check(operation.name, &crate::definitions::root(input), &payload)
            }
            _ => Ok(()),
        }
    }

    pub fn ask(&self, target: &str, message: Message, deadline: i64) -> Result<Reply, Error> {
        let address = self.resolve(target)?;
        let operation = self.accept(&address, &message, false)?;
        self.release(&address, true);
        let op = message.op.clone();
        let (reply, _) = self.work(&address, Work::Handle(message), operation.kind == Kind::Query, deadline)?;
        if self.now_ms.get() > deadline {
            return Err(Error::system(
                Code::DeadlineExceeded,
                format!("{} did not reply to \"{}\" in time", address, op),
            ));
        }
        Ok(if operation.kind == Kind::Cast { Reply::Value(Value::Null) } else { reply })
    }

    /// Asks without waiting; the answer is there once somebody has run the message.
    pub fn asked(&self, target: &str, message: Message, deadline: i64) -> Pending {
        let sent = self.resolve(target).and_then(|address| {
            self.accept(&address, &message, false)?;
            self.release(&address, false);
            Ok(address)
        });
        let pending = Rc::new(RefCell::new(None));
        match sent {
            Ok(target) => {
                let reply = Some(pending.clone());
                self.mailbox.borrow_mut().push_back(Sent { target, message, deadline, reply });
            }
            Err(e) => *pending.borrow_mut() = Some(Err(e)),
        }
        pending
    }

    /// When an ask of the running turn gives up.
    pub fn deadline(&self, timeout_ms: i64) -> i64 {
        let outer = self.turns.borrow().last().map_or(FOREVER, |t| t.deadline);
        outer.min(self.now_ms.get().saturating_add(timeout_ms))
    }

    /// What the asker has sent to `address` comes before what it asks; `now` handles it at once.
    pub fn release(&self, address: &str, now: bool) {
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
        if !now {
            self.mailbox.borrow_mut().extend(first);
            return;
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

    pub fn open(&self, target: &str, message: Message, owner: Option<Owner>) -> Result<String, Error> {
        let address = self.resolve(target)?;
        let query = self.accept(&address, &message, true)?.kind == Kind::Query;
        self.release(&address, true);
        let message_id = message.id.clone();
        let slot = self.activate(&address)?;
        let life = slot.life.get();
        let first = self.work(&address, Work::Begin(message), query, FOREVER).map(value_if_more);
        let id = format!("s{}", self.next_id());
        let open = Open { target: address, message_id, slot, life, query, owner, first: Some(first) };
        self.streams.borrow_mut().insert(id.clone(), open);
        Ok(id)
    }

    pub fn next(&self, id: &str) -> Result<Option<Value>, Error> {
        let mut open = match self.streams.borrow_mut().remove(id) {
            Some(open) => open,
            None => {
                let why = format!(
                    "there is no open stream \"{}\" here: one that a turn opens ends with it, and one that has ended is gone",
                    id
                );
                return Err(Error::system(Code::NotFound, why));
            }
        };
        let next = match open.first.take() {
            Some(first) => first,
            None => self.gone(&open).and_then(|()| {
                let work = Work::Resume(open.message_id.clone());
                let next = self.work(&open.target, work, open.query, FOREVER).map(value_if_more);
                if next.is_err() {
                    self.end_open(&open); // The turn was undone, and with it what ended the stream.
                }
                next
            }),
        };
        if matches!(next, Ok(Some(_))) {
            self.streams.borrow_mut().insert(id.to_string(), open);
        }
        next
    }

    /// What the reader of a stream gets when the memory is gone that held it.
    fn gone(&self, open: &Open) -> Result<(), Error> {
        let here = self.actors.borrow().get(&open.target).map_or(false, |slot| Rc::ptr_eq(slot, &open.slot));
        if here && open.slot.life.get() == open.life {
            return Ok(());
        }
        let why = match here {
            true => format!("it crashed while it streamed: {}", open.slot.why.borrow()),
            false => "it is being stopped".to_string(),
        };
        Err(Error::system(Code::Unavailable, format!("{}: {}", open.target, why)))
    }

    pub fn close(&self, id: &str) {
        let open = self.streams.borrow_mut().remove(id);
        if let Some(open) = open {
            self.end_open(&open);
        }
    }

    fn end_open(&self, open: &Open) {
        if self.gone(open).is_ok() {
            let work = Work::Close(open.message_id.clone());
            if let Err(e) = self.work(&open.target, work, open.query, FOREVER) {
                self.failures.borrow_mut().push((open.target.clone(), e));
            }
        }
    }

    pub fn close_owned(&self, owner: &Owner) {
        let owned: Vec<String> = {
            let streams = self.streams.borrow();
            streams.iter().filter(|(_, s)| s.owner.as_ref() == Some(owner)).map(|(id, _)| id.clone()).collect()
        };
        owned.iter().for_each(|id| self.close(id));
    }

    fn deliver(&self, sent: Sent) {
        let Sent { target, message, deadline, reply } = sent;
        let unknown = self.operation(&target, &message.op).is_err();
        if unknown && message.op.starts_with("__") {
            // Casts of the system without a handler are dropped.
            return;
        }
        let done = self.accept(&target, &message, false).and_then(|o| {
            let (answer, _) = self.work(&target, Work::Handle(message), o.kind == Kind::Query, deadline)?;
            Ok(if o.kind == Kind::Cast { Reply::Value(Value::Null) } else { answer })
        });
        match (reply, done) {
            (Some(reply), done) => *reply.borrow_mut() = Some(done),
            (None, Err(e)) => self.failures.borrow_mut().push((target, e)),
            (None, Ok(_)) => {}
        }
    }

    /// A message of the system.
    pub fn cast(&self, address: &str, op: &str, payload: Value) {
        let id = format!("m{}", self.next_id());
        let body = payload.to_json().into_bytes();
        let message = Message { op: op.to_string(), id, from: None, content_type: None, body };
        self.mailbox.borrow_mut().push_back(Sent::new(address.to_string(), message));
    }

    /// Delivers the oldest message to somebody who is not busy.
    pub fn deliver_one(&self) -> bool {
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

    pub fn deliver_all(&self) {
        for _ in 0..MAX_MESSAGES {
            if !self.deliver_one() {
                return;
            }
        }
        panic!("the actors sent each other {} messages without an end", MAX_MESSAGES);
    }

    /// Puts the next timer that is due by `until` into the mailbox, and the clock to its time.
    pub fn fire_next(&self, until: i64) -> bool {
        let mut timers = self.timers.borrow_mut();
        let next = (0..timers.len()).filter(|i| timers[*i].due_ms <= until).min_by_key(|i| timers[*i].due_ms);
        let at = match next {
            Some(at) => at,
            None => return false,
        };
        let timer = timers[at].clone();
        match timer.rule.next(timer.due_ms) {
            Some(due) => timers[at].due_ms = due,
            None => drop(timers.remove(at)),
        }
        self.now_ms.set(self.now_ms.get().max(timer.due_ms));
        if let Some(mut sent) = timer.sent {
            sent.message.id = format!("m{}", self.next_id());
            self.tell_due(&mut sent, timer.due_ms);
            self.mailbox.borrow_mut().push_back(sent);
        }
        true
    }

    /// Tells the receiver when a message was due, where its payload has room for that.
    pub fn tell_due(&self, sent: &mut Sent, due_ms: i64) {
        let mut told = sent.message.clone();
        if told.body.is_empty() {
            told.body = b"{}".to_vec();
        }
        let fields = match Value::parse(&told.body) {
            Ok(v) if told.content_type.is_none() => match v.as_object() {
                Some(fields) if fields.iter().all(|(name, _)| name != "due_ms") => fields.len(),
                _ => return,
            },
            _ => return,
        };
        while told.body.pop() != Some(b'}') {}
        let comma = if fields == 0 { "" } else { "," };
        told.body.extend_from_slice(format!("{}\"due_ms\":{}}}", comma, due_ms).as_bytes());
        if let Ok(operation) = self.operation(&sent.target, &told.op) {
            if self.check_input(&operation, &told).is_err() {
                return; // an operation that takes no further fields
            }
        }
        sent.message = told;
    }

    /// Waits in a turn until `poll` is content: others work meanwhile, and time passes when nobody can.
    /// False when the time is over; -1 waits until the turn's deadline.
    pub fn wait(&self, timeout_ms: i64, mut poll: impl FnMut() -> Result<bool, Error>) -> Result<bool, Error> {
        let deadline = self.turns.borrow().last().map_or(FOREVER, |t| t.deadline);
        let own = if timeout_ms < 0 { FOREVER } else { self.now_ms.get().saturating_add(timeout_ms) };
        let until = own.min(deadline);
        loop {
            if poll()? {
                return Ok(true);
            }
            if self.now_ms.get() < until && (self.deliver_one() || self.fire_next(until)) {
                continue;
            }
            if until == FOREVER {
                return Err(Error::system(
                    Code::Aborted,
                    "nothing can end this wait: no message and no timer is left in this world",
                ));
            }
            self.now_ms.set(self.now_ms.get().max(until));
            if deadline < own {
                return Err(Error::system(Code::DeadlineExceeded, "the caller's deadline passed meanwhile"));
            }
            return Ok(false);
        }
    }
}

fn value_if_more((reply, more): (Reply, bool)) -> Option<Value> {
    if more {
        Some(reply.into_value())
    } else {
        None
    }
}
