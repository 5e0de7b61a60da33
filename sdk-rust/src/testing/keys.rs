//! Keys and values of a world.

use super::inner::Effect;
use super::operations::Operations;
use super::space::equal;
use crate::{Code, Error, Value};

impl Operations<'_> {
    pub fn keys(&self, operation: &str) -> Result<Value, Error> {
        let w = self.world;
        let now = w.now_ms.get();
        let own = self.arguments["scope"].as_str() == Some("actor");
        let prefix = if own { format!("{}\n", w.own_address()) } else { String::from("\n") };
        if operation == "kv_list" {
            let wanted = format!("{}{}", prefix, self.arguments["prefix"].as_str().unwrap_or(""));
            let limit = self.int("limit")?.filter(|l| *l > 0).map_or(usize::MAX, |l| l as usize);
            let keys = w.keys.borrow();
            let names = keys
                .iter()
                .filter(|(k, (_, expires))| k.starts_with(&wanted) && expires.map_or(true, |at| at > now))
                .take(limit)
                .map(|(k, _)| Value::from(&k[prefix.len()..]));
            return Ok(Value::Array(names.collect()));
        }
        if operation == "kv_watch" {
            return Err(self.absent(operation));
        }
        let key = format!("{}{}", prefix, self.text("key")?);
        // The turn reads its own writes.
        let pending = w.turns.borrow().last().and_then(|t| {
            t.effects.iter().rev().find_map(|e| match e {
                Effect::Key(k, v) if *k == key => Some(v.clone()),
                _ => None,
            })
        });
        let old = pending.unwrap_or_else(|| w.keys.borrow().get(&key).cloned());
        let old = old.filter(|(_, expires)| expires.map_or(true, |at| at > now)).map(|(v, _)| v);
        let set = |value: Option<(Value, Option<i64>)>| {
            let effect = Effect::Key(key.clone(), value);
            if own {
                w.effect(effect);
            } else {
                w.commit(effect);
            }
        };
        let body = || Value::parse(self.body);
        Ok(match operation {
            "kv_get" => old.unwrap_or(Value::Null),
            "kv_put" => {
                set(Some((body()?, self.expiry()?)));
                Value::Null
            }
            "kv_delete" => {
                set(None);
                Value::from(old.is_some())
            }
            "kv_increment" => {
                let n = match old {
                    None => 0,
                    Some(v) => v.as_i64().ok_or_else(|| {
                        Error::system(Code::FailedPrecondition, "the value of this key is no integer")
                    })?,
                };
                let n = n.wrapping_add(self.int("by")?.unwrap_or(1));
                set(Some((Value::Int(n), None)));
                Value::Int(n)
            }
            "kv_compare_and_swap" => {
                let same = equal(&old.unwrap_or(Value::Null), &self.arguments["expected"]);
                if same {
                    set(Some((body()?, None)));
                }
                Value::from(same)
            }
            op => return Err(self.absent(op)),
        })
    }
}

