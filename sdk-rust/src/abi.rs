//! The guest side of the ABI: frames, dispatch, the exports that `export_actors!` writes.

use crate::{host, json, Actor, Code, Error, Message, Value};
use std::cell::RefCell;

const DESCRIBE: i32 = 0;
const INIT: i32 = 1;
const HANDLE: i32 = 2;
const SNAPSHOT: i32 = 3;
const RESTORE: i32 = 4;
const TERMINATE: i32 = 5;

/// An [`Actor`] of any type.
trait AnyActor {
    fn init(&mut self, config: &Value) -> Result<(), Error>;
    fn handle(&mut self, message: &Message) -> Result<Value, Error>;
    fn snapshot(&self) -> Value;
    fn restore(&mut self, state: &Value);
    fn terminate(&mut self, reason: &str);
}

impl<A: Actor> AnyActor for A {
    fn init(&mut self, config: &Value) -> Result<(), Error> {
        Actor::init(self, config)
    }
    fn handle(&mut self, message: &Message) -> Result<Value, Error> {
        Actor::handle_message(self, message)
    }
    fn snapshot(&self) -> Value {
        Actor::snapshot(self)
    }
    fn restore(&mut self, state: &Value) {
        Actor::restore(self, state)
    }
    fn terminate(&mut self, reason: &str) {
        Actor::terminate(self, reason)
    }
}

thread_local! {
    /// The actor that this instance is, from init on.
    static ACTOR: RefCell<Option<Box<dyn AnyActor>>> = RefCell::new(None);
}

/// The actor types of a module.
#[derive(Default)]
pub struct Registry {
    types: Vec<Value>,
    wanted: Option<String>,
    made: Option<Box<dyn AnyActor>>,
}

impl Registry {
    pub fn add<A: Actor>(&mut self) {
        let operations: Vec<Value> =
            A::OPERATIONS.iter().map(|o| json!({"name": (o.name), "kind": (o.kind.name())})).collect();
        self.types.push(json!({"name": (A::TYPE), "behavior": (A::BEHAVIOR), "operations": (operations)}));
        if self.wanted.as_deref() == Some(A::TYPE) {
            self.made = Some(Box::new(A::default()));
        }
    }
}

/// What `ps_call` does; the macro gives the types of the module.
pub fn answer(op: i32, len: i32, register: fn(&mut Registry)) -> i32 {
    match respond(op, &host::input(len as usize), register) {
        Ok(body) => {
            host::output(&encode(&Value::object(), &body));
            0
        }
        Err(e) => {
            host::output(e.to_value().to_json().as_bytes());
            1
        }
    }
}

fn respond(op: i32, input: &[u8], register: fn(&mut Registry)) -> Result<Vec<u8>, Error> {
    let (header, body) = decode(input)?;
    match op {
        DESCRIBE => {
            let mut r = Registry::default();
            register(&mut r);
            let sdk = concat!("rust/", env!("CARGO_PKG_VERSION"));
            Ok(text(&json!({"abi": 1, "sdk": sdk, "types": (r.types)})))
        }
        INIT => {
            std::panic::set_hook(Box::new(|info| panicked(&info.to_string())));
            let name = header["type"].as_str().unwrap_or("").to_string();
            let mut r = Registry { wanted: Some(name.clone()), ..Registry::default() };
            register(&mut r);
            let mut actor = r.made.ok_or_else(|| {
                Error::system(Code::NotFound, format!("the module has no actor type \"{}\"", name))
            })?;
            actor.init(&value(body)?)?;
            ACTOR.with(|a| *a.borrow_mut() = Some(actor));
            Ok(Vec::new())
        }
        HANDLE => {
            let string = |name: &str| header[name].as_str().map(str::to_string);
            let message = Message {
                op: string("op").unwrap_or_default(),
                id: string("id").unwrap_or_default(),
                from: string("from"),
                content_type: string("content_type"),
                body: body.to_vec(),
            };
            with_actor(|a| a.handle(&message)).map(|v| text(&v))
        }
        SNAPSHOT => with_actor(|a| Ok(text(&a.snapshot()))),
        RESTORE => {
            let state = value(body)?;
            with_actor(|a| {
                a.restore(&state);
                Ok(Vec::new())
            })
        }
        TERMINATE => with_actor(|a| {
            a.terminate(header["reason"].as_str().unwrap_or(""));
            Ok(Vec::new())
        }),
        _ => Err(Error::system(Code::Unimplemented, format!("this SDK does not know ABI operation {}", op))),
    }
}

fn with_actor<T>(f: impl FnOnce(&mut dyn AnyActor) -> Result<T, Error>) -> Result<T, Error> {
    ACTOR.with(|a| match a.borrow_mut().as_mut() {
        Some(actor) => f(actor.as_mut()),
        None => Err(Error::system(Code::FailedPrecondition, "the actor is not initialised")),
    })
}

/// Tells the host why, before the trap that follows a panic.
pub fn panicked(message: &str) {
    host::output(Error::system(Code::Internal, message).to_value().to_json().as_bytes());
}

fn text(v: &Value) -> Vec<u8> {
    v.to_json().into_bytes()
}

fn value(body: &[u8]) -> Result<Value, Error> {
    if body.is_empty() {
        Ok(Value::Null)
    } else {
        Value::parse(body)
    }
}

/// `u32 header_len | header JSON | body`.
pub(crate) fn encode(header: &Value, body: &[u8]) -> Vec<u8> {
    let header = header.to_json();
    let mut out = Vec::with_capacity(4 + header.len() + body.len());
    out.extend_from_slice(&(header.len() as u32).to_le_bytes());
    out.extend_from_slice(header.as_bytes());
    out.extend_from_slice(body);
    out
}

pub(crate) fn decode(frame: &[u8]) -> Result<(Value, &[u8]), Error> {
    if frame.is_empty() {
        return Ok((Value::object(), frame));
    }
    let bad = || Error::system(Code::Internal, "a frame's header does not fit");
    let len = frame.get(..4).ok_or_else(bad)?;
    let len = u32::from_le_bytes([len[0], len[1], len[2], len[3]]) as usize;
    let header = frame.get(4..).and_then(|f| f.get(..len)).ok_or_else(bad)?;
    Ok((Value::parse(header)?, &frame[4 + len..]))
}

/// Makes a module of actor types: `export_actors!(Counter, Session);`
#[macro_export]
macro_rules! export_actors {
    ($($actor:ty),+ $(,)?) => {
        #[no_mangle]
        pub extern "C" fn ps_abi() -> i32 {
            1
        }

        #[no_mangle]
        pub extern "C" fn ps_call(op: i32, len: i32) -> i32 {
            fn register(r: &mut $crate::Registry) {
                $( r.add::<$actor>(); )+
            }
            $crate::answer(op, len, register)
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_back() {
        let f = encode(&json!({"a": 1}), b"body");
        assert_eq!(decode(&f).unwrap(), (json!({"a": 1}), &b"body"[..]));
        assert_eq!(decode(b"").unwrap(), (Value::object(), &b""[..]));
        assert!(decode(b"abc").is_err());
        assert!(decode(&[255, 255, 255, 255, b'{', b'}']).is_err());
    }
}
