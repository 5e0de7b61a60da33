use crate::{Code, Data, Error, Stream, Value};

/// How an operation is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Answers, and may change the actor.
    Call,
    /// Has no reply.
    Cast,
    /// Only reads.
    Query,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Call => "call",
            Kind::Cast => "cast",
            Kind::Query => "query",
        }
    }
}

/// An operation that an actor type declares.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// As callers write it.
    pub name: &'static str,
    /// How it is called.
    pub kind: Kind,
    /// Whether it answers with many values.
    pub stream: bool,
    /// For humans; may be empty.
    pub doc: &'static str,
    /// JSON Schema of the payload.
    pub input: Option<fn() -> Value>,
    /// JSON Schema of the reply, or of each value of a stream.
    pub output: Option<fn() -> Value>,
}

impl Operation {
    const fn of(name: &'static str, kind: Kind, stream: bool) -> Operation {
        Operation { name, kind, stream, doc: "", input: None, output: None }
    }

    /// Answers, and may change the actor.
    pub const fn call(name: &'static str) -> Operation {
        Operation::of(name, Kind::Call, false)
    }

    /// Has no reply.
    pub const fn cast(name: &'static str) -> Operation {
        Operation::of(name, Kind::Cast, false)
    }

    /// Only reads, and costs no commit.
    pub const fn query(name: &'static str) -> Operation {
        Operation::of(name, Kind::Query, false)
    }

    /// Answers with many values: see [`Stream`].
    pub const fn stream(name: &'static str) -> Operation {
        Operation::of(name, Kind::Call, true)
    }

    /// The same with a word on what it does.
    pub const fn doc(self, doc: &'static str) -> Operation {
        Operation { doc, ..self }
    }

    /// The same with the schema of its payload.
    pub const fn input(self, schema: fn() -> Value) -> Operation {
        Operation { input: Some(schema), ..self }
    }

    /// The same with the schema of its reply.
    pub const fn output(self, schema: fn() -> Value) -> Operation {
        Operation { output: Some(schema), ..self }
    }

    /// What the module's description says of it: `name`, `kind`, `stream`, `doc`, `input`, `output`.
    pub fn describe(&self) -> Value {
        let mut v = Value::object();
        v.set("name", self.name);
        v.set("kind", self.kind.name());
        if self.stream {
            v.set("stream", true);
        }
        let doc: Vec<&str> = self.doc.lines().map(str::trim).collect();
        let doc = doc.join("\n");
        if !doc.trim().is_empty() {
            v.set("doc", doc.trim());
        }
        for (which, schema) in [("input", self.input), ("output", self.output)] {
            let schema = schema.map_or_else(Value::object, crate::definitions::root);
            if schema.as_object().map_or(false, |o| !o.is_empty()) {
                v.set(which, schema);
            }
        }
        v
    }
}

/// A message as it came.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// The operation.
    pub op: String,
    /// The message's id.
    pub id: String,
    /// The sender's address; `None` from outside.
    pub from: Option<String>,
    /// `None` means JSON.
    pub content_type: Option<String>,
    /// The payload as it came.
    pub body: Vec<u8>,
}

impl Message {
    /// The payload as a value; no bytes at all are null, other content than JSON is bytes.
    pub fn payload(&self) -> Result<Value, Error> {
        match self.content_type {
            Some(_) => Ok(Value::Bytes(self.body.clone())),
            None if self.body.is_empty() => Ok(Value::Null),
            None => Value::parse(&self.body),
        }
    }
}

/// What an operation answers: a value, or bytes of any other content, which nobody on the way decodes.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// Leaves as JSON.
    Value(Value),
    /// Leaves as it is.
    Opaque {
        /// Its media type.
        content_type: String,
        /// The bytes.
        body: Vec<u8>,
    },
}

impl Reply {
    /// Bytes of some content.
    pub fn opaque(content_type: impl Into<String>, body: impl Into<Vec<u8>>) -> Reply {
        Reply::Opaque { content_type: content_type.into(), body: body.into() }
    }

    /// The reply as a value; other content than JSON is bytes.
    pub fn into_value(self) -> Value {
        match self {
            Reply::Value(v) => v,
            Reply::Opaque { body, .. } => Value::Bytes(body),
        }
    }
}

impl From<Value> for Reply {
    fn from(v: Value) -> Reply {
        Reply::Value(v)
    }
}

/// What a handler may return; for the macros.
#[doc(hidden)]
pub trait IntoReply {
    fn into_reply(self) -> Result<Reply, Error>;
    fn schema() -> Value;
}

impl<T: Data> IntoReply for T {
    fn into_reply(self) -> Result<Reply, Error> {
        Ok(Reply::Value(self.into_value()))
    }
    fn schema() -> Value {
        <T as Data>::schema()
    }
}

impl<T: Data> IntoReply for Result<T, Error> {
    fn into_reply(self) -> Result<Reply, Error> {
        self.map(|v| Reply::Value(v.into_value()))
    }
    fn schema() -> Value {
        <T as Data>::schema()
    }
}

impl IntoReply for Reply {
    fn into_reply(self) -> Result<Reply, Error> {
        Ok(self)
    }
    fn schema() -> Value {
        Value::object()
    }
}

impl IntoReply for Result<Reply, Error> {
    fn into_reply(self) -> Result<Reply, Error> {
        self
    }
    fn schema() -> Value {
        Value::object()
    }
}

/// An actor type. [`actor!`](crate::actor) writes this for you; by hand it gives the last bit of control.
///
/// An instance is made with `Default`, then [`init`](Actor::init) runs, then [`restore`](Actor::restore)
/// if there is stored state.
pub trait Actor: Default + 'static {
    /// The type's name in addresses and configuration.
    const TYPE: &'static str;
    /// `GenServer`, `GenEvent`, `GenFSM` or `Workflow`.
    const BEHAVIOR: &'static str = "GenServer";
    /// What it can be asked.
    const OPERATIONS: &'static [Operation] = &[];

    /// What it can be asked, if that is no constant.
    fn operations() -> Vec<Operation> {
        Self::OPERATIONS.to_vec()
    }

    /// `config` has `actor_id`, `app_id`, `args`, `env`, `restored`.
    fn init(&mut self, config: &Value) -> Result<(), Error> {
        let _ = config;
        Ok(())
    }

    /// Handles a message. An error undoes what it did, in memory too.
    fn handle(&mut self, op: &str, payload: &Value) -> Result<Value, Error> {
        let _ = payload;
        Err(Error::unknown_operation(op))
    }

    /// As [`handle`](Actor::handle), with the whole message, and with replies other than JSON.
    fn handle_message(&mut self, message: Message) -> Result<Reply, Error> {
        self.handle(&message.op, &message.payload()?).map(Reply::Value)
    }

    /// Begins the stream of an operation that was declared with [`Operation::stream`].
    fn handle_stream(&mut self, message: Message) -> Result<Stream<Self, Value>, Error> {
        Err(Error::unknown_operation(&message.op))
    }

    /// The declared state: what survives a restart and an upgrade.
    fn snapshot(&self) -> Value {
        Value::object()
    }

    /// Takes over stored state.
    fn restore(&mut self, state: Value) -> Result<(), Error> {
        let _ = state;
        Ok(())
    }

    /// The last words.
    fn terminate(&mut self, reason: &str) {
        let _ = reason;
    }
}

/// The fields of stored state; for the macros.
#[doc(hidden)]
pub fn stored_fields(state: Value) -> Result<Value, Error> {
    match state {
        Value::Object(_) => Ok(state),
        other => Err(Error::system(Code::DataLoss, format!("the stored state is no object but {}", other.kind()))),
    }
}

/// Reads a field of stored state, if there is one; for the macros.
#[doc(hidden)]
pub fn restore_field<T: Data>(field: &mut T, state: &mut Value, name: &str) -> Result<(), Error> {
    if T::STORED {
        if let Some(v) = state.take(name) {
            *field = T::from_value(v).map_err(|m| {
                let e = Error::from(m.in_field(name));
                Error::system(
                    Code::FailedPrecondition,
                    format!("the stored state does not fit this version of the actor: {}", e.message),
                )
            })?;
        }
    }
    Ok(())
}

/// Writes a field of state; for the macros.
#[doc(hidden)]
pub fn snapshot_field<T: Data>(field: &T, state: &mut Vec<(String, Value)>, name: &str) {
    if T::STORED {
        state.push((name.to_string(), field.to_value()));
    }
}
