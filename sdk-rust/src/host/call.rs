//! How a host operation leaves the actor: over the ABI in a node, through a [`Transport`] elsewhere.

use crate::{Code, Data, Error, Reply, Value};
use std::time::Duration;

#[cfg(target_arch = "wasm32")]
mod raw {
    use crate::abi::{decode, encode};
    use crate::{Error, Value};

    #[link(wasm_import_module = "plexspaces")]
    extern "C" {
        fn call(op: *const u8, op_len: usize, ptr: *const u8, len: usize) -> i32;
        fn result(ptr: *mut u8);
    }

    pub fn transport(operation: &str, arguments: &Value, body: &[u8]) -> Result<(Value, Vec<u8>), Error> {
        let request = encode(arguments, body);
        let n = unsafe { call(operation.as_ptr(), operation.len(), request.as_ptr(), request.len()) };
        let mut buffer = vec![0; n.unsigned_abs() as usize];
        // The host writes exactly the bytes whose number it just told.
        unsafe { result(buffer.as_mut_ptr()) };
        if n < 0 {
            return Err(Error::from_json(&buffer));
        }
        decode(&buffer).map(|(header, body)| (header, body.to_vec()))
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod raw {
    use super::Transport;
    use crate::{Error, Value};
    use std::cell::RefCell;
    use std::rc::Rc;

    thread_local! {
        static TRANSPORT: RefCell<Option<Rc<dyn Transport>>> = RefCell::new(None);
    }

    pub fn set(transport: Option<Rc<dyn Transport>>) -> Option<Rc<dyn Transport>> {
        TRANSPORT.with(|t| t.replace(transport))
    }

    pub fn transport(operation: &str, arguments: &Value, body: &[u8]) -> Result<(Value, Vec<u8>), Error> {
        let transport = TRANSPORT.with(|t| t.borrow().clone()).unwrap_or_else(|| {
            panic!("host::{} was called outside of an actor: in a test, call the actor through plexspaces::testing::World", operation)
        });
        transport.call(operation, arguments, body)
    }
}

/// What answers host operations outside of a node; [`testing::World`](crate::testing::World) is one.
#[cfg(not(target_arch = "wasm32"))]
pub trait Transport {
    /// Answers the header and the body of the result.
    fn call(&self, operation: &str, arguments: &Value, body: &[u8]) -> Result<(Value, Vec<u8>), Error>;
}

/// Lets this thread's host operations go to `transport` from now on; answers what was there before.
#[cfg(not(target_arch = "wasm32"))]
pub fn set_transport(transport: Option<std::rc::Rc<dyn Transport>>) -> Option<std::rc::Rc<dyn Transport>> {
    raw::set(transport)
}

/// An integer argument that may be left out: `5000`, `None`, a [`Duration`] (in milliseconds).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Int(pub Option<i64>);

macro_rules! int {
    ($($t:ty => |$v:ident| $e:expr),* $(,)?) => {
        $(impl From<$t> for Int {
            fn from($v: $t) -> Int {
                Int($e)
            }
        })*
    };
}

int! {
    i32 => |v| Some(v.into()),
    u32 => |v| Some(v.into()),
    i64 => |v| Some(v),
    u64 => |v| Some(i64::try_from(v).unwrap_or(i64::MAX)),
    Option<i64> => |v| v,
    Duration => |v| Some(i64::try_from(v.as_millis()).unwrap_or(i64::MAX)),
}

/// How long something lives: milliseconds, [`Ttl::Owner`], or for ever (`None`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ttl {
    /// Until it is taken or cancelled.
    Forever,
    /// So many milliseconds.
    Millis(i64),
    /// As long as the actor that wrote it.
    Owner,
}

impl Ttl {
    pub(crate) fn value(self) -> Option<Value> {
        match self {
            Ttl::Forever => None,
            Ttl::Millis(ms) => Some(Value::Int(ms)),
            Ttl::Owner => Some(Value::from("owner")),
        }
    }
}

impl From<Option<i64>> for Ttl {
    fn from(ms: Option<i64>) -> Ttl {
        ms.map_or(Ttl::Forever, Ttl::Millis)
    }
}

impl From<i64> for Ttl {
    fn from(ms: i64) -> Ttl {
        Ttl::Millis(ms)
    }
}

impl From<i32> for Ttl {
    fn from(ms: i32) -> Ttl {
        Ttl::Millis(ms.into())
    }
}

impl From<Duration> for Ttl {
    fn from(d: Duration) -> Ttl {
        Ttl::Millis(i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
    }
}

/// What a message carries: a value, or bytes of another content type that nobody decodes on the way.
#[derive(Clone, Debug, PartialEq)]
pub enum Payload<'a> {
    /// Leaves as JSON.
    Value(&'a Value),
    /// Leaves as JSON.
    Owned(Value),
    /// Leaves as it is.
    Opaque {
        /// Its media type.
        content_type: &'a str,
        /// The bytes.
        body: &'a [u8],
    },
}

impl<'a> Payload<'a> {
    /// Bytes of some content.
    pub fn opaque(content_type: &'a str, body: &'a [u8]) -> Payload<'a> {
        Payload::Opaque { content_type, body }
    }

    /// Anything that is [`Data`].
    pub fn of(data: &impl Data) -> Payload<'static> {
        Payload::Owned(data.to_value())
    }
}

impl<'a> From<&'a Value> for Payload<'a> {
    fn from(v: &'a Value) -> Payload<'a> {
        Payload::Value(v)
    }
}

impl From<Value> for Payload<'_> {
    fn from(v: Value) -> Self {
        Payload::Owned(v)
    }
}

/// Any host operation by its name on the wire; the escape hatch below the typed functions.
#[derive(Debug)]
pub struct Call {
    operation: &'static str,
    arguments: Vec<(String, Value)>,
    body: Vec<u8>,
    problem: Option<Error>,
}

impl Call {
    /// Begins a call.
    pub fn to(operation: &'static str) -> Call {
        Call { operation, arguments: Vec::new(), body: Vec::new(), problem: None }
    }

    /// Gives an argument.
    pub fn arg(mut self, name: &str, value: impl Into<Value>) -> Call {
        self.arguments.push((name.to_string(), value.into()));
        self
    }

    /// Gives an argument if there is one.
    pub fn opt<T: Into<Value>>(self, name: &str, value: Option<T>) -> Call {
        match value {
            Some(v) => self.arg(name, v),
            None => self,
        }
    }

    /// Gives an integer argument if there is one.
    pub fn int(self, name: &str, value: impl Into<Int>) -> Call {
        self.opt(name, value.into().0)
    }


    /// Gives the body as JSON.
    pub fn json(mut self, body: &Value) -> Call {
        match body.try_json() {
            Ok(text) => self.body = text.into_bytes(),
            Err(e) => self.problem = Some(e),
        }
        self
    }

    /// Gives the body as it is.
    pub fn bytes(mut self, body: &[u8]) -> Call {
        self.body = body.to_vec();
        self
    }

    /// Gives the body, with its content type if that is not JSON.
    pub fn payload<'a>(self, payload: impl Into<Payload<'a>>) -> Call {
        match payload.into() {
            Payload::Value(v) => self.json(v),
            Payload::Owned(v) => self.json(&v),
            Payload::Opaque { content_type, body } => self.arg("content_type", content_type).bytes(body),
        }
    }

    /// Calls; answers the result's header and body.
    pub fn frame(self) -> Result<(Value, Vec<u8>), Error> {
        match self.problem {
            Some(e) => Err(e),
            None => {
                let arguments = Value::Object(self.arguments);
                // What JSON cannot say must not leave as something else.
                if contains_nan(&arguments) {
                    arguments.try_json()?;
                }
                raw::transport(self.operation, &arguments, &self.body)
            }
        }
    }

    /// Calls; answers a value, or bytes of another content type.
    pub fn reply(self) -> Result<Reply, Error> {
        let (header, body) = self.frame()?;
        reply_of(header, body)
    }

    /// Calls; answers the value. Other content than JSON is bytes.
    pub fn value(self) -> Result<Value, Error> {
        self.reply().map(Reply::into_value)
    }

    /// Calls, for an operation that answers nothing.
    pub fn unit(self) -> Result<(), Error> {
        self.frame().map(|_| ())
    }

    /// Calls; answers a value as a Rust type.
    pub fn get<T: Data>(self) -> Result<T, Error> {
        let operation = self.operation;
        T::from_value(self.value()?).map_err(|m| {
            Error::system(Code::Internal, format!("the result of {}: {}", operation, Error::from(m).message))
        })
    }
}

pub(crate) fn reply_of(header: Value, body: Vec<u8>) -> Result<Reply, Error> {
    match header["content_type"].as_str() {
        Some(content_type) => Ok(Reply::opaque(content_type, body)),
        None if body.is_empty() => Ok(Reply::Value(Value::Null)),
        None => Value::parse(&body).map(Reply::Value),
    }
}

fn contains_nan(v: &Value) -> bool {
    match v {
        Value::Float(f) => !f.is_finite(),
        Value::Array(items) => items.iter().any(contains_nan),
        Value::Object(fields) => fields.iter().any(|(_, v)| contains_nan(v)),
        _ => false,
    }
}
