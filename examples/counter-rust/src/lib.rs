//! A durable counter, and ways to fail: what a turn that fails leaves behind is nothing.

use plexspaces::{export_actors, json, Actor, Error, Operation, Value};

#[derive(Default)]
struct Counter {
    value: i64,
}

impl Actor for Counter {
    const TYPE: &'static str = "counter";
    const OPERATIONS: &'static [Operation] = &[
        Operation::call("increment"),
        Operation::query("get"),
        Operation::call("fail"),
        Operation::call("crash"),
        Operation::call("spin"),
        Operation::call("echo"),
    ];

    fn init(&mut self, config: &Value) -> Result<(), Error> {
        self.value = config["args"]["start"].as_i64().unwrap_or(0);
        Ok(())
    }

    fn handle(&mut self, op: &str, payload: &Value) -> Result<Value, Error> {
        match op {
            "increment" => {
                let by = match &payload["by"] {
                    Value::Null => 1,
                    by => by.as_i64().ok_or_else(|| Error::invalid("\"by\" must be an integer"))?,
                };
                self.value = self.value.checked_add(by).ok_or_else(|| Error::invalid("the counter is full"))?;
                Ok(json!({"value": (self.value)}))
            }
            "get" => Ok(json!({"value": (self.value)})),
            // The counter is changed first: a refused turn must not leave that behind.
            "fail" => {
                self.value += 1000;
                Err(Error::invalid("this operation always refuses"))
            }
            "crash" => {
                self.value += 1000;
                panic!("this operation always crashes")
            }
            "spin" => loop {
                std::hint::spin_loop()
            },
            "echo" => Ok(payload.clone()),
            _ => Err(Error::unknown_operation(op)),
        }
    }

    fn snapshot(&self) -> Value {
        json!({"value": (self.value)})
    }

    fn restore(&mut self, state: Value) -> Result<(), Error> {
        self.value = state["value"].as_i64().unwrap_or(0);
        Ok(())
    }
}

export_actors!(Counter);
