//! The guest side of the ABI: frames, dispatch, the exports that `export_actors!` writes.

use crate::running::{AnyActor, Registry};
use crate::{json, Code, Error, Message, Reply, Value};
use std::cell::RefCell;

const DESCRIBE: i32 = 0;
const INIT: i32 = 1;
const HANDLE: i32 = 2;
const SNAPSHOT: i32 = 3;
const RESTORE: i32 = 4;
const TERMINATE: i32 = 5;
const RESUME_STREAM: i32 = 6;

#[cfg(target_arch = "wasm32")]
mod raw {
    #[link(wasm_import_module = "plexspaces")]
    extern "C" {
        fn input(ptr: *mut u8);
        fn output(ptr: *const u8, len: usize);
    }

    pub fn read(len: usize) -> Vec<u8> {
        let mut buffer = vec![0; len];
        // The host writes exactly the `len` bytes that it announced.
        unsafe { input(buffer.as_mut_ptr()) };
        buffer
    }

    pub fn write(bytes: &[u8]) {
        unsafe { output(bytes.as_ptr(), bytes.len()) };
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod raw {
    pub fn read(_: usize) -> Vec<u8> {
        panic!("a module is called by a node only")
    }
    pub fn write(_: &[u8]) {
        panic!("a module is called by a node only")
    }
}

thread_local! {
    /// The actor that this instance is, from init on.
    static ACTOR: RefCell<Option<Box<dyn AnyActor>>> = RefCell::new(None);
}

/// What `ps_call` does; the macro gives the types of the module.
pub fn answer(op: i32, len: i32, register: fn(&mut Registry)) -> i32 {
    match respond(op, &raw::read(len as usize), register) {
        Ok((header, body)) => {
            raw::write(&encode(&header, &body));
            0
        }
        Err(e) => {
            raw::write(e.to_value().to_json().as_bytes());
            1
        }
    }
}

type Answer = Result<(Value, Vec<u8>), Error>;

fn respond(op: i32, input: &[u8], register: fn(&mut Registry)) -> Answer {
    let (mut header, body) = decode(input)?;
    match op {
        DESCRIBE => {
            let mut r = Registry::default();
            register(&mut r);
            body_of(&r.describe())
        }
        INIT => {
            std::panic::set_hook(Box::new(|info| panicked(&info.to_string())));
            let name = header["type"].as_str().unwrap_or("");
            let mut r = Registry::default();
            register(&mut r);
            let mut actor = r.make(name).ok_or_else(|| {
                Error::system(Code::NotFound, format!("the module has no actor type \"{}\"", name))
            })?;
            let config = value(body)?;
            crate::address::set(config["actor_id"].as_str().unwrap_or(""));
            actor.init(&config)?;
            ACTOR.with(|a| *a.borrow_mut() = Some(actor));
            nothing()
        }
        HANDLE => {
            let stream = header["stream"].as_bool().unwrap_or(false);
            let message = message(&mut header, body);
            if stream {
                with_actor(|a| a.begin_stream(message)).and_then(streamed)
            } else {
                match with_actor(|a| a.handle(message))? {
                    Reply::Value(v) => body_of(&v),
                    Reply::Opaque { content_type, body } => Ok((json!({ "content_type": content_type }), body)),
                }
            }
        }
        SNAPSHOT => with_actor(|a| Ok(a.snapshot())).and_then(|state| body_of(&state)),
        RESTORE => {
            let state = value(body)?;
            with_actor(|a| a.restore(state))?;
            nothing()
        }
        TERMINATE => with_actor(|a| {
            a.terminate(header["reason"].as_str().unwrap_or(""));
            nothing()
        }),
        RESUME_STREAM => {
            let id = header["id"].as_str().unwrap_or("");
            let close = header["close"].as_bool().unwrap_or(false);
            with_actor(|a| if close { a.close_stream(id) } else { a.resume_stream(id) }).and_then(streamed)
        }
        _ => Err(Error::system(Code::Unimplemented, format!("this SDK does not know ABI operation {}", op))),
    }
}

fn message(header: &mut Value, body: &[u8]) -> Message {
    let mut string = |name: &str| match header.take(name) {
        Some(Value::Str(s)) => Some(s),
        _ => None,
    };
    Message {
        op: string("op").unwrap_or_default(),
        id: string("id").unwrap_or_default(),
        from: string("from"),
        content_type: string("content_type"),
        body: body.to_vec(),
    }
}

fn nothing() -> Answer {
    Ok((Value::object(), Vec::new()))
}

fn body_of(v: &Value) -> Answer {
    Ok((Value::object(), v.try_json()?.into_bytes()))
}

fn streamed(next: Option<Value>) -> Answer {
    match next {
        Some(v) => Ok((json!({"more": true}), v.try_json()?.into_bytes())),
        None => Ok((json!({"more": false}), Vec::new())),
    }
}

fn with_actor<T>(f: impl FnOnce(&mut dyn AnyActor) -> Result<T, Error>) -> Result<T, Error> {
    ACTOR.with(|a| match a.borrow_mut().as_mut() {
        Some(actor) => f(actor.as_mut()),
        None => Err(Error::system(Code::FailedPrecondition, "the actor is not initialised")),
    })
}

/// Tells the host why, before the trap that follows a panic.
fn panicked(message: &str) {
    raw::write(Error::system(Code::Internal, message).to_value().to_json().as_bytes());
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
    // Many frames say nothing in their header.
    let header = if header.is_empty() { Value::object() } else { Value::parse(header)? };
    Ok((header, &frame[4 + len..]))
}

/// Makes a module of actor types: `export_actors!(Counter, Session);`
#[macro_export]
macro_rules! export_actors {
    ($($actor:ty),+ $(,)?) => {
        // Only a module has these: two test programs of one crate would have them twice.
        #[cfg_attr(target_arch = "wasm32", no_mangle)]
        #[allow(dead_code)]
        pub extern "C" fn ps_abi() -> i32 {
            1
        }

        #[cfg_attr(target_arch = "wasm32", no_mangle)]
        #[allow(dead_code)]
        pub extern "C" fn ps_call(op: i32, len: i32) -> i32 {
            fn register(r: &mut $crate::__private::Registry) {
                $( r.add::<$actor>(); )+
            }
            $crate::__private::answer(op, len, register)
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
        assert_eq!(decode(&[0, 0, 0, 0, b'x']).unwrap(), (Value::object(), &b"x"[..]));
        assert!(decode(b"abc").is_err());
        assert!(decode(&[255, 255, 255, 255, b'{', b'}']).is_err());
    }
}
