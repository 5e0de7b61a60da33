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
//! As on a node: messages are JSON on the way and are checked against schemas, sends leave when their turn has
//! succeeded, a turn that fails undoes the actor's declared state, its sends, timers, names, tuples and own keys,
//! and a crash tells monitors and links, and ends the actor's streams; a query changes nothing; what a host call gave
//! and a handler lets through is no crash; asks in a circle are ABORTED.
//! Unlike a node: one thread runs one message at a time; all actors are durable; an actor whose turn failed is made anew,
//! so that [`Transient`](crate::Transient) fields begin at their defaults, and what a query does to them stays.
//! The world has messages, streams, timers, the life of actors, the tuple space, shard groups, keys and values, and
//! fakes for [service links](World::service_link). Other operations of the host answer UNIMPLEMENTED, as a node of
//! this version does, or what a [`fake`](World::fake) says.

mod cron;
mod inner;
mod keys;
mod life;
mod link;
mod messages;
mod operations;
mod reduce;
mod rules;
mod schema;
mod shards;
mod space;
mod tuples;
mod turns;

use crate::host::{set_transport, Payload, Transport};
use crate::running::Type;
use crate::{Actor, Error, Reply, Value};
use inner::{Inner, Sent, OUTSIDE_MS};
pub use link::{Request, Response};
use std::rc::Rc;

/// An app of actors in this process, with its own clock, tuple space and names. For one thread.
pub struct World {
    inner: Rc<Inner>,
}

impl World {
    /// An app without actors.
    pub fn new(app: &str) -> World {
        World {
            inner: Rc::new(Inner::new(app)),
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
            let deadline = w.now_ms.get() + OUTSIDE_MS;
            let reply = w.message(op, payload.into(), None).and_then(|m| w.ask(target, m, deadline));
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
            w.accept(&target, &message, false)?;
            w.mailbox.borrow_mut().push_back(Sent::new(target, message));
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
            let old = w.forget(&target);
            match old {
                Some(slot) => {
                    let state = slot.actor.borrow().snapshot();
                    w.stored.borrow_mut().insert(target.clone(), state);
                    w.activate(&target).map(|_| ())
                }
                None => Ok(()),
            }
        })
    }

    /// Ends an actor as a fault would: monitors and links are told, and it begins anew from its state.
    pub fn crash(&self, target: &str, reason: &str) -> Result<(), Error> {
        self.entered(|w| {
            let target = w.resolve(target)?;
            w.activate(&target)?;
            w.crashed(&target, reason);
            w.deliver_all();
            Ok(())
        })
    }

    /// Ends an actor gracefully; its next message brings it back with its stored state.
    pub fn stop(&self, target: &str, reason: &str) -> Result<(), Error> {
        self.entered(|w| {
            let target = w.resolve(target)?;
            w.stop(&target, reason, false);
            w.deliver_all();
            Ok(())
        })
    }

    /// The fake of a service link: what `http_fetch` through it answers.
    ///
    /// ```
    /// # use plexspaces::testing::{Response, World};
    /// let world = World::new("shop");
    /// world.service_link("prices", |request| Ok(Response::text(200, format!("{} is 7", request.path))));
    /// ```
    pub fn service_link(&self, name: &str, answer: impl Fn(&Request) -> Result<Response, Error> + 'static) {
        self.inner.service_links.borrow_mut().insert(name.to_string(), Rc::new(answer));
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

#[cfg(test)]
mod tests;
#[cfg(test)]
mod turn_tests;
