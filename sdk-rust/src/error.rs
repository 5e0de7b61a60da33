use crate::Value;
use std::fmt;

macro_rules! codes {
    ($($variant:ident = $name:literal, $retryable:literal;)*) => {
        /// The error codes of the host API: gRPC's canonical names.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code { $(#[doc = concat!("`", $name, "`")] $variant),* }

        impl Code {
            /// As on the wire: `"NOT_FOUND"`.
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name),* }
            }
            /// The code of this name; INTERNAL for a name that there is not.
            pub fn parse(name: &str) -> Code {
                match name { $($name => Code::$variant,)* _ => Code::Internal }
            }
            fn retryable(self) -> bool {
                match self { $(Code::$variant => $retryable),* }
            }
        }
    };
}

codes! {
    InvalidArgument = "INVALID_ARGUMENT", false;
    Unauthenticated = "UNAUTHENTICATED", false;
    PermissionDenied = "PERMISSION_DENIED", false;
    NotFound = "NOT_FOUND", false;
    AlreadyExists = "ALREADY_EXISTS", false;
    FailedPrecondition = "FAILED_PRECONDITION", false;
    Aborted = "ABORTED", true;
    ResourceExhausted = "RESOURCE_EXHAUSTED", true;
    DeadlineExceeded = "DEADLINE_EXCEEDED", true;
    Cancelled = "CANCELLED", false;
    Unavailable = "UNAVAILABLE", true;
    Unimplemented = "UNIMPLEMENTED", false;
    DataLoss = "DATA_LOSS", false;
    Internal = "INTERNAL", false;
}

/// A failure. A handler that returns one made by [`Error::business`] refuses the message: the turn is
/// undone, the caller gets the error, nothing restarts. One that a host call gave and a handler returns as it
/// is fails the turn, but is no crash. Any other error is a crash, which the supervisor decides on.
#[derive(Clone, Debug, PartialEq)]
pub struct Error {
    /// What kind of failure.
    pub code: Code,
    /// For humans.
    pub message: String,
    /// Whether the same call may succeed later.
    pub retryable: bool,
    /// More of it, for programs; null if there is no more.
    pub details: Value,
    /// Whether the handler refused, rather than crashed.
    pub business: bool,
}

impl Error {
    /// A crash by the handler's own account, or a failed host call.
    pub fn system(code: Code, message: impl Into<String>) -> Error {
        Error { code, message: message.into(), retryable: code.retryable(), details: Value::Null, business: false }
    }

    /// A crash after which the same call may succeed: UNAVAILABLE.
    pub fn recoverable(message: impl Into<String>) -> Error {
        Error::system(Code::Unavailable, message)
    }

    /// A refusal.
    pub fn business(code: Code, message: impl Into<String>) -> Error {
        Error { business: true, ..Error::system(code, message) }
    }

    /// The same refusal with more of it for programs.
    pub fn with_details(mut self, details: impl Into<Value>) -> Error {
        self.details = details.into();
        self
    }

    /// This failure of a host call as the handler's own refusal, with the same code and message.
    pub fn into_business(mut self) -> Error {
        self.business = true;
        self
    }

    /// The refusal of an argument: INVALID_ARGUMENT.
    pub fn invalid_argument(message: impl Into<String>) -> Error {
        Error::invalid(message)
    }

    /// [`invalid_argument`](Error::invalid_argument), shorter.
    pub fn invalid(message: impl Into<String>) -> Error {
        Error::business(Code::InvalidArgument, message)
    }

    /// The refusal of an operation that there is not.
    pub fn unknown_operation(op: &str) -> Error {
        Error::business(Code::Unimplemented, format!("there is no operation \"{}\"", op))
    }

    #[cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]
    pub(crate) fn from_json(text: &[u8]) -> Error {
        let v = match Value::parse(text) {
            Ok(v) => v,
            Err(_) => return Error::system(Code::Internal, "the host's error cannot be read"),
        };
        Error::from_value(&v)
    }

    pub(crate) fn from_value(v: &Value) -> Error {
        let code = Code::parse(v["code"].as_str().unwrap_or(""));
        Error {
            code,
            message: v["message"].as_str().unwrap_or("no message").to_string(),
            retryable: v["retryable"].as_bool().unwrap_or_else(|| code.retryable()),
            details: v["details"].clone(),
            business: v["business"].as_bool().unwrap_or(false),
        }
    }

    pub(crate) fn to_value(&self) -> Value {
        let mut v = Value::object();
        v.set("code", self.code.name());
        v.set("message", &self.message);
        v.set("retryable", self.retryable);
        if !self.details.is_null() {
            v.set("details", &self.details);
        }
        if self.business {
            v.set("business", true);
        }
        v
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.name(), self.message)
    }
}

impl std::error::Error for Error {}
