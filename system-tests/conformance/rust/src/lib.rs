//! The conformance probe in Rust: one operation for each behaviour that all languages share.

mod operations;

use plexspaces::host::{self, Level};
use plexspaces::{actor, json, record, Bytes, Code, Data, Error, Message, Reply, Stream, Value};
use std::collections::BTreeMap;

record! {
    pub struct Typed {
        pub name: String,
        pub age: i64,
        pub tags: Vec<String>,
        pub nick: Option<String>,
    }
}

record! {
    pub struct Step {
        pub i: i64,
    }
}

actor! {
    pub struct Probe as "probe" {
        data: BTreeMap<String, Value>,
        remembered: Vec<Value>,
    }

    impl {
        /// The payload as it came, whatever it is.
        call fn echo(&mut self, message: Message) -> Reply {
            match message.content_type {
                Some(content_type) => Reply::opaque(content_type, message.body),
                None => match message.payload() {
                    Ok(v) => Reply::Value(v),
                    Err(e) => Reply::Value(Value::from(e.message)),
                },
            }
        }

        call fn add(&mut self, a: i64, b: i64) -> Result<i64, Error> {
            a.checked_add(b).ok_or_else(|| Error::invalid_argument("the sum needs more than 64 bits"))
        }

        call fn typed(
            &mut self,
            name: String,
            age: i64,
            tags: Vec<String> = Vec::new(),
            nick: Option<String> = None
        ) -> Typed {
            Typed { name, age, tags, nick }
        }

        call fn fail(
            &mut self,
            how: String,
            code: String = "INTERNAL".to_string(),
            message: String = "failed".to_string()
        ) -> Result<(), Error> {
            match how.as_str() {
                "business" => Err(Error::business(Code::parse(&code), message)),
                "system" => Err(Error::system(Code::Internal, message)),
                "recoverable" => Err(Error::recoverable(message)),
                "value" => Err(Error::invalid_argument(message)),
                "crash" => panic!("{}", message),
                _ => Err(Error::invalid_argument(format!("there is no way to fail called \"{}\"", how))),
            }
        }

        call fn nested(&mut self, depth: u32) -> Value {
            let mut v = Value::Array(Vec::new());
            for _ in 1..depth {
                v = Value::Array(vec![v]);
            }
            v
        }

        call fn text(&mut self, n: usize) -> String {
            "\u{e9}".repeat(n)
        }

        call fn set(&mut self, key: String, value: Value) {
            self.data.insert(key, value);
        }

        query fn get(&self, key: String) -> Value {
            self.data.get(&key).cloned().unwrap_or(Value::Null)
        }

        call fn set_and_fail(&mut self, key: String, value: Value) -> Result<(), Error> {
            self.data.insert(key, value);
            Err(Error::business(Code::FailedPrecondition, "set and failed"))
        }

        cast fn remember(&mut self, value: Value) {
            self.remembered.push(value);
        }

        query fn remembered(&self) -> Vec<Value> {
            self.remembered.clone()
        }

        /// Calls the SDK's own function for an operation.
        call fn host(&mut self, operation: String, args: Value = Value::object()) -> Result<Value, Error> {
            operations::call(&operation, args)
        }

        /// The error of an operation.
        call fn catch(&mut self, operation: String, args: Value = Value::object()) -> Value {
            match operations::call(&operation, args) {
                Ok(_) => json!({"code": null}),
                Err(e) => json!({"code": (e.code.name()), "message": (e.message), "retryable": (e.retryable)}),
            }
        }

        stream fn stream(&mut self, n: i64, fail_at: i64 = -1, pause_ms: i64 = 0) -> Stream<Self, Step> {
            let mut i = 0;
            Stream::from_fn(move |_: &mut Self| {
                if i == fail_at {
                    return Err(Error::business(Code::FailedPrecondition, format!("failed at {}", i)));
                }
                if i >= n {
                    return Ok(None);
                }
                if pause_ms > 0 && i > 0 {
                    host::sleep(pause_ms)?;
                }
                i += 1;
                Ok(Some(Step { i: i - 1 }))
            })
            .on_close(|me| {
                me.data.insert("closed".to_string(), json!(true));
            })
        }

        call fn collect(
            &mut self,
            target: String,
            op: String,
            payload: Value = Value::object(),
            limit: usize = 1000
        ) -> Result<Vec<Value>, Error> {
            host::ask_stream(&target, &op, payload, None)?.take(limit).collect()
        }

        /// Rust has no generator in its standard library: the host's is the one to use.
        call fn randoms(&mut self, n: usize) -> Result<Vec<f64>, Error> {
            (0..n).map(|_| host::random()).collect()
        }

        /// Nor does its clock work in a module.
        call fn clock(&mut self) -> Result<i64, Error> {
            host::now_ms()
        }

        call fn spin(&mut self) {
            loop {
                std::hint::spin_loop()
            }
        }

        call fn recurse(&mut self) -> i64 {
            deeper(1)
        }

        call fn allocate(&mut self) -> Result<(), Error> {
            let mut kept: Vec<Vec<u8>> = Vec::new();
            loop {
                kept.push(vec![1; 1 << 20]);
                if kept.is_empty() {
                    return Ok(());
                }
            }
        }

        call fn print(&mut self, text: String) {
            plexspaces::println!("{}", text);
            host::log(Level::Info, &text);
        }

        call fn nan(&mut self) -> f64 {
            f64::NAN
        }

        call fn bytes(&mut self, n: usize) -> Bytes {
            Bytes((0..n).map(|i| i as u8).collect())
        }

        call fn measure(&mut self, data: Bytes) -> usize {
            data.0.len()
        }
    }
}

/// Each level has a frame that it reads afterwards: without, the compiler makes a loop of it.
#[allow(unconditional_recursion)]
fn deeper(n: i64) -> i64 {
    let frame = [n; 8];
    let below = deeper(n + host::now_ms().map_or(0, |ms| ms & 1));
    frame[(below & 7) as usize]
}

/// A field of an operation's arguments.
pub(crate) fn field<T: Data>(args: &mut Value, name: &str) -> Result<T, Error> {
    let v = args.take(name).unwrap_or(Value::Null);
    T::from_value(v).map_err(|m| m.in_field(name).into())
}

plexspaces::export_actors!(Probe);
