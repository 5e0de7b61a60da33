//! The life of actors: spawned, stopped, watched, linked.

use super::inner::Inner;
use super::operations::Operations;
use crate::{json, Code, Error, Value};

/// A monitor.
pub struct Watch {
    reference: String,
    watcher: String,
    watched: String,
}

impl Inner {
    /// An exit that nobody wanted; the actor begins anew from its state. One that runs ends when its turn does.
    pub fn crashed(&self, address: &str, reason: &str) {
        let slot = match self.actors.borrow().get(address) {
            Some(slot) => slot.clone(),
            None => return,
        };
        if self.is_busy(address) {
            *slot.doomed.borrow_mut() = Some(reason.to_string());
            return;
        }
        let state = slot.actor.borrow().snapshot();
        self.restarted(address, &slot, state, reason);
    }

    /// A graceful exit; with `delete` nothing of the actor stays.
    pub fn stop(&self, address: &str, reason: &str, delete: bool) {
        let slot = match self.actors.borrow().get(address) {
            Some(slot) => slot.clone(),
            None => {
                if delete {
                    self.stored.borrow_mut().remove(address);
                }
                return;
            }
        };
        let last = self.turn(address, &slot, None, false, super::inner::FOREVER, |actor| {
            actor.terminate(reason);
            Ok(())
        });
        if let Err(f) = last {
            self.failures.borrow_mut().push((address.to_string(), f.error));
        }
        let state = slot.actor.borrow().snapshot();
        if delete {
            self.stored.borrow_mut().remove(address);
        } else {
            self.stored.borrow_mut().insert(address.to_string(), state);
        }
        self.forget(address);
        self.exited(address, reason);
    }

    /// Tells monitors and links, and ends what ends with its holder.
    pub fn exited(&self, address: &str, reason: &str) {
        let mut told = Vec::new();
        self.watches.borrow_mut().retain(|w| {
            if w.watched == address {
                told.push((w.watcher.clone(), w.reference.clone()));
            }
            w.watched != address && w.watcher != address
        });
        for (watcher, reference) in told {
            let down = json!({"monitor_ref": reference, "down_from": address, "down_reason": reason});
            self.cast(&watcher, "__DOWN__", down);
        }
        self.names.borrow_mut().retain(|_, holder| holder != address);
        self.tuples.borrow_mut().ended(address);
        self.subscriptions.borrow_mut().retain(|s| s.actor != address);
        self.end_groups(address);
        let mut survivors = Vec::new();
        self.links.borrow_mut().retain(|(a, b)| {
            if a == address {
                survivors.push(b.clone());
            } else if b == address {
                survivors.push(a.clone());
            }
            a != address && b != address
        });
        if reason == "normal" || reason == "shutdown" {
            return;
        }
        for survivor in survivors {
            if self.operation(&survivor, "__EXIT__").is_ok() {
                self.cast(&survivor, "__EXIT__", json!({"exit_from": address, "exit_reason": reason}));
            } else {
                self.crashed(&survivor, &format!("linked to {}: {}", address, reason));
            }
        }
    }

    fn in_memory(&self, target: &str) -> Result<String, Error> {
        let address = self.resolve(target)?;
        if self.actors.borrow().contains_key(&address) {
            return Ok(address);
        }
        Err(Error::system(Code::NotFound, format!("there is no actor {} in memory", address)))
    }

    fn info(&self, address: &str) -> Value {
        let restarts = self.actors.borrow().get(address).map_or(0, |s| s.restarts.get());
        let mut parts = address.splitn(3, '/').skip(1);
        json!({
            "id": address, "type": (parts.next().unwrap_or("")), "key": (parts.next().unwrap_or("")),
            "restarts": restarts
        })
    }
}

impl Operations<'_> {
    /// The operations on actors.
    pub fn life(&self, operation: &str) -> Result<Value, Error> {
        let w = self.world;
        let me = w.own_address();
        Ok(match operation {
            "spawn" => return self.spawn(&me),
            "stop" | "delete" => {
                let address = w.resolve(self.text("id")?)?;
                let reason = self.arguments["reason"].as_str().unwrap_or("normal").to_string();
                let delete = operation == "delete";
                w.later(move |w| w.stop(&address, &reason, delete));
                Value::Null
            }
            "monitor" => self.monitor(me)?,
            "demonitor" => {
                let reference = self.text("ref")?;
                w.watches.borrow_mut().retain(|m| m.reference != reference);
                Value::Null
            }
            "link" => {
                let other = w.in_memory(self.text("id")?)?;
                link(w, me, other);
                Value::Null
            }
            "unlink" => {
                let other = w.in_memory(self.text("id")?)?;
                unlink(w, &me, &other);
                Value::Null
            }
            "actor_info" => w.info(&w.in_memory(self.text("id")?)?),
            _ => {
                let kind = self.arguments["type"].as_str();
                let order = w.order.borrow().clone();
                let wanted = |a: &&String| kind.map_or(true, |k| a.split('/').nth(1) == Some(k));
                Value::Array(order.iter().filter(wanted).map(|a| w.info(a)).collect())
            }
        })
    }

    fn monitor(&self, me: String) -> Result<Value, Error> {
        let w = self.world;
        let reference = format!("monitor-{}", w.next_id());
        let target = self.text("id")?;
        match w.in_memory(target) {
            Ok(watched) => {
                w.watches.borrow_mut().push(Watch { reference: reference.clone(), watcher: me, watched });
                let gone = reference.clone();
                w.undoing(move |w| w.watches.borrow_mut().retain(|m| m.reference != gone));
            }
            Err(_) => {
                let from = w.resolve(target).unwrap_or_else(|_| target.to_string());
                let down = json!({"monitor_ref": (&reference), "down_from": from, "down_reason": "noproc"});
                w.later(move |w| w.cast(&me, "__DOWN__", down));
            }
        }
        Ok(Value::from(reference))
    }

    fn spawn(&self, me: &str) -> Result<Value, Error> {
        let w = self.world;
        let kind = self.text("type")?;
        let key = match self.arguments["id"].as_str() {
            Some(id) => id.to_string(),
            None => format!("{}-{}", kind, w.next_id()),
        };
        let address = w.resolve(&format!("{}/{}/{}", w.app, kind, key))?;
        if w.actors.borrow().contains_key(&address) {
            return Err(Error::system(Code::AlreadyExists, format!("the actor {} is there already", address)));
        }
        let args = match &self.arguments["args"] {
            Value::Null => Value::object(),
            args => args.clone(),
        };
        w.start(&address, args, &[], None)?;
        let gone = address.clone();
        w.undoing(move |w| drop(w.forget(&gone)));
        if self.arguments["link"].as_bool() == Some(true) {
            link(w, me.to_string(), address.clone());
        }
        Ok(Value::from(address))
    }
}

fn link(w: &Inner, a: String, b: String) {
    unlink(w, &a, &b);
    w.links.borrow_mut().push((a.clone(), b.clone()));
    w.undoing(move |w| unlink(w, &a, &b));
}

fn unlink(w: &Inner, a: &str, b: &str) {
    w.links.borrow_mut().retain(|(x, y)| !((x == a && y == b) || (x == b && y == a)));
}
