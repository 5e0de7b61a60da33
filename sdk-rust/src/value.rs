use crate::Error;
use std::ops::Index;

/// A JSON value. Integers keep 64 bits, with a sign or without; what is beyond is a [`Float`](Value::Float). An object
/// keeps the order of its fields.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number beyond those: `Value::from(u64)` makes of each what it is.
    UInt(u64),
    /// A number with a point.
    Float(f64),
    /// Text.
    Str(String),
    /// In JSON text `{"$bytes": "<base64>"}`.
    Bytes(Vec<u8>),
    /// Values in order.
    Array(Vec<Value>),
    /// Named values, in order.
    Object(Vec<(String, Value)>),
}

static NULL: Value = Value::Null;

impl Value {
    /// An object without fields.
    pub fn object() -> Value {
        Value::Object(Vec::new())
    }

    /// The value of a field, `None` if there is none or this is no object.
    pub fn get(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Object(fields) => fields.iter().find(|(n, _)| n == name).map(|(_, v)| v),
            _ => None,
        }
    }

    /// Sets a field, in its old place if it is there already. Makes an object of any other value.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        if !matches!(self, Value::Object(_)) {
            *self = Value::object();
        }
        if let Value::Object(fields) = self {
            match fields.iter_mut().find(|(n, _)| n == name) {
                Some((_, old)) => *old = value.into(),
                None => fields.push((name.to_string(), value.into())),
            }
        }
    }

    /// Whether this is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// The boolean, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// The integer, if this is one that has 64 bits with a sign.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Value::Int(i) => Some(*i),
            _ => None,
        }
    }

    /// The integer, if this is one that is not negative.
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Value::Int(i) => u64::try_from(*i).ok(),
            Value::UInt(u) => Some(*u),
            _ => None,
        }
    }

    /// A number as floating point; integers too.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Int(i) => Some(*i as f64),
            Value::UInt(u) => Some(*u as f64),
            Value::Float(f) => Some(*f),
            _ => None,
        }
    }

    /// The text, if this is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(s) => Some(s),
            _ => None,
        }
    }

    /// The bytes, if these are bytes.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Value::Bytes(b) => Some(b),
            _ => None,
        }
    }

    /// The items, if this is an array.
    pub fn as_array(&self) -> Option<&[Value]> {
        match self {
            Value::Array(a) => Some(a),
            _ => None,
        }
    }

    /// The fields, if this is an object.
    pub fn as_object(&self) -> Option<&[(String, Value)]> {
        match self {
            Value::Object(o) => Some(o),
            _ => None,
        }
    }

    /// Reads one JSON value.
    pub fn parse(text: &[u8]) -> Result<Value, Error> {
        crate::json::parse(text)
    }

    /// As JSON text. A number that is not finite becomes null: see [`try_json`](Value::try_json).
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        crate::json::write(self, &mut out);
        out
    }

    /// As JSON text; INTERNAL for what JSON cannot say: NaN, infinities, nesting beyond 500.
    pub fn try_json(&self) -> Result<String, Error> {
        let mut out = String::new();
        match crate::json::write(self, &mut out) {
            None => Ok(out),
            Some(why) => Err(Error::system(crate::Code::Internal, why)),
        }
    }

    /// Takes a field out of an object; `None` if there is none or this is no object.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        match self {
            Value::Object(fields) => {
                let at = fields.iter().position(|(n, _)| n == name)?;
                Some(fields.remove(at).1)
            }
            _ => None,
        }
    }

    /// What kind of value this is, with its article: "an integer".
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Int(_) | Value::UInt(_) => "an integer",
            Value::Float(_) => "a number",
            Value::Str(_) => "a string",
            Value::Bytes(_) => "bytes",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        }
    }
}

/// The field, or null if there is none.
impl Index<&str> for Value {
    type Output = Value;
    fn index(&self, name: &str) -> &Value {
        self.get(name).unwrap_or(&NULL)
    }
}

/// The item, or null if there is none.
impl Index<usize> for Value {
    type Output = Value;
    fn index(&self, i: usize) -> &Value {
        match self {
            Value::Array(a) => a.get(i).unwrap_or(&NULL),
            _ => &NULL,
        }
    }
}

macro_rules! from {
    ($($t:ty => |$v:ident| $e:expr),* $(,)?) => {
        $(impl From<$t> for Value {
            fn from($v: $t) -> Value {
                $e
            }
        })*
    };
}

from! {
    bool => |v| Value::Bool(v),
    i8 => |v| Value::Int(v.into()),
    i16 => |v| Value::Int(v.into()),
    i32 => |v| Value::Int(v.into()),
    i64 => |v| Value::Int(v),
    u8 => |v| Value::Int(v.into()),
    u16 => |v| Value::Int(v.into()),
    u32 => |v| Value::Int(v.into()),
    u64 => |v| i64::try_from(v).map_or(Value::UInt(v), Value::Int),
    usize => |v| Value::from(v as u64),
    f32 => |v| Value::Float(v.into()),
    f64 => |v| Value::Float(v),
    &str => |v| Value::Str(v.to_string()),
    String => |v| Value::Str(v),
    &String => |v| Value::Str(v.clone()),
    &Value => |v| v.clone(),
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(v: Vec<T>) -> Value {
        Value::Array(v.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(v: Option<T>) -> Value {
        v.map_or(Value::Null, Into::into)
    }
}

/// A [`Value`] written like JSON: `json!({"a": 1, "b": [true, null, (x + 1)]})`. An expression that
/// is not a literal, a name or a nested array or object stands in parentheses.
#[macro_export]
macro_rules! json {
    (null) => { $crate::Value::Null };
    ([ $($item:tt),* $(,)? ]) => { $crate::Value::Array(vec![ $( $crate::json!($item) ),* ]) };
    ({ $($name:literal : $value:tt),* $(,)? }) => {
        $crate::Value::Object(vec![ $( ($name.to_string(), $crate::json!($value)) ),* ])
    };
    ($e:expr) => { $crate::Value::from($e) };
}
