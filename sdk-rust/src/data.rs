//! Rust types as payloads: [`Data`] and [`record!`](crate::record).

use crate::{json, Error, Value};
use std::collections::{BTreeMap, HashMap};

/// A type that payloads, replies and declared state are made of. [`record!`](crate::record) implements it
/// for structs and enumerations of your own.
pub trait Data: Sized {
    /// Whether the field of an actor's state that has this type is kept; only [`Transient`] is not.
    const STORED: bool = true;

    /// Reads a value; the error says what was expected and where.
    fn from_value(value: Value) -> Result<Self, Mismatch>;

    /// As a value.
    fn to_value(&self) -> Value;

    /// As a value, without a copy where that can be.
    fn into_value(self) -> Value {
        self.to_value()
    }

    /// JSON Schema of the values; the empty object takes anything.
    fn schema() -> Value;

    /// What an absent field is; `None` if it must be there.
    fn absent() -> Option<Self> {
        None
    }
}

/// A value that does not fit a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    path: String,
    what: String,
}

impl Mismatch {
    /// `expected` with its article: "an integer".
    pub fn new(expected: &str, found: &Value) -> Mismatch {
        Mismatch::because(format!("must be {}, not {}", expected, found.kind()))
    }

    /// Any other reason, after the name: "must not be empty".
    pub fn because(what: impl Into<String>) -> Mismatch {
        Mismatch { path: String::new(), what: what.into() }
    }

    /// The same inside a field.
    pub fn in_field(mut self, name: &str) -> Mismatch {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{}{}{}", name, dot, self.path);
        self
    }

    /// The same inside an item of an array.
    pub fn in_item(mut self, at: usize) -> Mismatch {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("[{}]{}{}", at, dot, self.path);
        self
    }
}

impl From<Mismatch> for Error {
    /// INVALID_ARGUMENT, a refusal.
    fn from(m: Mismatch) -> Error {
        if m.path.is_empty() {
            Error::invalid(format!("the payload {}", m.what))
        } else {
            Error::invalid(format!("\"{}\" {}", m.path, m.what))
        }
    }
}

impl Data for Value {
    fn from_value(value: Value) -> Result<Value, Mismatch> {
        Ok(value)
    }
    fn to_value(&self) -> Value {
        self.clone()
    }
    fn into_value(self) -> Value {
        self
    }
    fn schema() -> Value {
        Value::object()
    }
}

impl Data for () {
    fn from_value(_: Value) -> Result<(), Mismatch> {
        Ok(())
    }
    fn to_value(&self) -> Value {
        Value::Null
    }
    fn schema() -> Value {
        json!({"type": "null"})
    }
}

impl Data for bool {
    fn from_value(value: Value) -> Result<bool, Mismatch> {
        value.as_bool().ok_or_else(|| Mismatch::new("a boolean", &value))
    }
    fn to_value(&self) -> Value {
        Value::Bool(*self)
    }
    fn schema() -> Value {
        json!({"type": "boolean"})
    }
}

/// A whole number, also one that is written with a point.
fn integer(value: &Value) -> Result<i128, Mismatch> {
    match value {
        Value::Int(i) => Ok((*i).into()),
        Value::UInt(u) => Ok((*u).into()),
        Value::Float(f) if f.fract() == 0.0 && *f >= -9.3e18 && *f < 9_223_372_036_854_775_808.0 => {
            Ok((*f as i64).into())
        }
        other => Err(Mismatch::new("an integer", other)),
    }
}

macro_rules! integers {
    ($($t:ty => $schema:tt),* $(,)?) => {
        $(impl Data for $t {
            fn from_value(value: Value) -> Result<$t, Mismatch> {
                let i = integer(&value)?;
                <$t>::try_from(i).map_err(|_| {
                    Mismatch::because(format!("must be an integer from {} to {}, not {}", <$t>::MIN, <$t>::MAX, i))
                })
            }
            fn to_value(&self) -> Value {
                i64::try_from(*self).map_or(Value::UInt(*self as u64), Value::Int)
            }
            fn schema() -> Value {
                json!($schema)
            }
        })*
    };
}

integers! {
    i8 => {"type": "integer", "minimum": (-128), "maximum": 127},
    i16 => {"type": "integer", "minimum": (-32768), "maximum": 32767},
    i32 => {"type": "integer", "minimum": (i32::MIN), "maximum": (i32::MAX)},
    i64 => {"type": "integer"},
    u8 => {"type": "integer", "minimum": 0, "maximum": 255},
    u16 => {"type": "integer", "minimum": 0, "maximum": 65535},
    u32 => {"type": "integer", "minimum": 0, "maximum": (u32::MAX)},
    u64 => {"type": "integer", "minimum": 0},
    usize => {"type": "integer", "minimum": 0},
}

macro_rules! floats {
    ($($t:ty),*) => {
        $(impl Data for $t {
            fn from_value(value: Value) -> Result<$t, Mismatch> {
                value.as_f64().map(|f| f as $t).ok_or_else(|| Mismatch::new("a number", &value))
            }
            fn to_value(&self) -> Value {
                Value::Float((*self).into())
            }
            fn schema() -> Value {
                json!({"type": "number"})
            }
        })*
    };
}

floats!(f32, f64);

impl Data for String {
    fn from_value(value: Value) -> Result<String, Mismatch> {
        match value {
            Value::Str(s) => Ok(s),
            other => Err(Mismatch::new("a string", &other)),
        }
    }
    fn to_value(&self) -> Value {
        Value::Str(self.clone())
    }
    fn into_value(self) -> Value {
        Value::Str(self)
    }
    fn schema() -> Value {
        json!({"type": "string"})
    }
}

/// Bytes: `{"$bytes": ".."}` in JSON. A `Vec<u8>` is an array of small numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl Data for Bytes {
    fn from_value(value: Value) -> Result<Bytes, Mismatch> {
        match value {
            Value::Bytes(b) => Ok(Bytes(b)),
            other => Err(Mismatch::new("bytes", &other)),
        }
    }
    fn to_value(&self) -> Value {
        Value::Bytes(self.0.clone())
    }
    fn into_value(self) -> Value {
        Value::Bytes(self.0)
    }
    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": {"$bytes": {"type": "string", "contentEncoding": "base64"}},
            "required": ["$bytes"]
        })
    }
}

impl<T: Data> Data for Vec<T> {
    fn from_value(value: Value) -> Result<Vec<T>, Mismatch> {
        match value {
            Value::Array(items) => {
                items.into_iter().enumerate().map(|(i, v)| T::from_value(v).map_err(|m| m.in_item(i))).collect()
            }
            other => Err(Mismatch::new("an array", &other)),
        }
    }
    fn to_value(&self) -> Value {
        Value::Array(self.iter().map(T::to_value).collect())
    }
    fn into_value(self) -> Value {
        Value::Array(self.into_iter().map(T::into_value).collect())
    }
    fn schema() -> Value {
        json!({"type": "array", "items": (T::schema())})
    }
}

impl<T: Data> Data for Option<T> {
    fn from_value(value: Value) -> Result<Option<T>, Mismatch> {
        match value {
            Value::Null => Ok(None),
            v => T::from_value(v).map(Some),
        }
    }
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_value)
    }
    fn into_value(self) -> Value {
        self.map_or(Value::Null, T::into_value)
    }
    fn schema() -> Value {
        json!({"anyOf": [(T::schema()), {"type": "null"}]})
    }
    fn absent() -> Option<Option<T>> {
        Some(None)
    }
}

impl<T: Data> Data for Box<T> {
    fn from_value(value: Value) -> Result<Box<T>, Mismatch> {
        T::from_value(value).map(Box::new)
    }
    fn to_value(&self) -> Value {
        T::to_value(self)
    }
    fn schema() -> Value {
        T::schema()
    }
}

macro_rules! maps {
    ($($map:ident),*) => {
        $(impl<T: Data> Data for $map<String, T> {
            fn from_value(value: Value) -> Result<$map<String, T>, Mismatch> {
                match value {
                    Value::Object(fields) => fields
                        .into_iter()
                        .map(|(name, v)| match T::from_value(v) {
                            Ok(v) => Ok((name, v)),
                            Err(m) => Err(m.in_field(&name)),
                        })
                        .collect(),
                    other => Err(Mismatch::new("an object", &other)),
                }
            }
            fn to_value(&self) -> Value {
                let mut fields: Vec<_> = self.iter().map(|(n, v)| (n.clone(), v.to_value())).collect();
                // Equal maps are equal text, so that state that did not change is no change.
                fields.sort_by(|a, b| a.0.cmp(&b.0));
                Value::Object(fields)
            }
            fn schema() -> Value {
                json!({"type": "object", "additionalProperties": (T::schema())})
            }
        })*
    };
}

maps!(BTreeMap, HashMap);

/// A field of an actor that is no declared state: it begins at its default in every activation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transient<T>(pub T);

impl<T: Default> Data for Transient<T> {
    const STORED: bool = false;
    fn from_value(_: Value) -> Result<Transient<T>, Mismatch> {
        Ok(Transient(T::default()))
    }
    fn to_value(&self) -> Value {
        Value::Null
    }
    fn schema() -> Value {
        json!({"type": "null"})
    }
    fn absent() -> Option<Transient<T>> {
        Some(Transient(T::default()))
    }
}

impl<T> std::ops::Deref for Transient<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> std::ops::DerefMut for Transient<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

/// Takes a field out of an object and reads it; for the macros.
#[doc(hidden)]
pub fn field<T: Data>(from: &mut Value, name: &str, default: impl FnOnce() -> Option<T>) -> Result<T, Mismatch> {
    match from.take(name) {
        Some(v) => T::from_value(v).map_err(|m| m.in_field(name)),
        None => {
            default().or_else(T::absent).ok_or_else(|| Mismatch::because("is missing").in_field(name))
        }
    }
}

/// Adds a parameter to an object's schema; for the macros.
#[doc(hidden)]
pub fn property<T: Data>(schema: &mut Value, name: &str, default: Option<T>) {
    let mut of = T::schema();
    let required = default.is_none() && T::absent().is_none();
    if let Some(d) = default {
        of.set("default", d.into_value());
    }
    let mut properties = schema.take("properties").unwrap_or_else(Value::object);
    properties.set(name, of);
    let names = schema.take("required");
    schema.set("properties", properties);
    let mut names = match names {
        Some(Value::Array(a)) => a,
        _ => Vec::new(),
    };
    if required {
        names.push(Value::from(name));
    }
    if !names.is_empty() {
        schema.set("required", Value::Array(names));
    }
}

/// The schema of an object without fields; for the macros.
#[doc(hidden)]
pub fn object_schema() -> Value {
    json!({"type": "object", "properties": {}})
}

/// A payload as an object; no payload is the empty one. For the macros.
#[doc(hidden)]
pub fn object(payload: Value) -> Result<Value, Mismatch> {
    match payload {
        Value::Null => Ok(Value::object()),
        v @ Value::Object(_) => Ok(v),
        other => Err(Mismatch::new("an object", &other)),
    }
}

/// Structs and enumerations that are [`Data`].
///
/// ```
/// use plexspaces::{json, record, Data};
///
/// record! {
///     /// A line of a statement.
///     #[derive(Clone, Debug, PartialEq)]
///     pub struct Entry {
///         /// Counts from 1.
///         pub n: i64,
///         pub kind: Kind,
///         pub note: Option<String>,
///         pub amount: i64 = 0,
///     }
/// }
/// record! {
///     #[derive(Clone, Copy, Debug, PartialEq)]
///     pub enum Kind { Open = "open", Deposit = "deposit" }
/// }
///
/// let e = Entry::from_value(json!({"n": 1, "kind": "open"})).unwrap();
/// assert_eq!(e, Entry { n: 1, kind: Kind::Open, note: None, amount: 0 });
/// assert_eq!(e.to_value(), json!({"n": 1, "kind": "open", "note": null, "amount": 0}));
/// let error = plexspaces::Error::from(Entry::from_value(json!({"n": "1"})).unwrap_err());
/// assert_eq!(error.message, "\"n\" must be an integer, not a string");
/// ```
///
/// A struct may contain itself, in a `Vec`, a `Box`, an `Option` or a map: its schema then refers to itself.
///
/// A field with a default, and an `Option`, may be absent. Fields that are not declared are dropped.
#[macro_export]
macro_rules! record {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $( $(#[$field_meta:meta])* $field_vis:vis $field:ident : $type:ty $(= $default:expr)? ),* $(,)?
        }
    ) => {
        $(#[$meta])*
        $vis struct $name {
            $( $(#[$field_meta])* $field_vis $field: $type ),*
        }

        impl $crate::Data for $name {
            fn from_value(value: $crate::Value) -> ::std::result::Result<$name, $crate::Mismatch> {
                #[allow(unused_mut)]
                let mut value = match value {
                    v @ $crate::Value::Object(_) => v,
                    other => return ::std::result::Result::Err($crate::Mismatch::new("an object", &other)),
                };
                let _ = &mut value;
                ::std::result::Result::Ok($name {
                    $( $field: $crate::__private::field::<$type>(
                        &mut value, stringify!($field), || $crate::__default!($($default)?))? ),*
                })
            }
            fn to_value(&self) -> $crate::Value {
                $crate::Value::Object(vec![
                    $( (stringify!($field).to_string(), $crate::Data::to_value(&self.$field)) ),*
                ])
            }
            fn into_value(self) -> $crate::Value {
                $crate::Value::Object(vec![
                    $( (stringify!($field).to_string(), $crate::Data::into_value(self.$field)) ),*
                ])
            }
            fn schema() -> $crate::Value {
                $crate::__private::named(module_path!(), stringify!($name), || {
                    #[allow(unused_mut)]
                    let mut schema = $crate::__private::object_schema();
                    $( $crate::__private::property::<$type>(
                        &mut schema, stringify!($field), $crate::__default!($($default)?)); )*
                    schema
                })
            }
        }
    };
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $( $(#[$variant_meta:meta])* $variant:ident = $text:literal ),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        $vis enum $name {
            $( $(#[$variant_meta])* $variant ),+
        }

        impl $crate::Data for $name {
            fn from_value(value: $crate::Value) -> ::std::result::Result<$name, $crate::Mismatch> {
                match value.as_str() {
                    $( ::std::option::Option::Some($text) => ::std::result::Result::Ok($name::$variant), )+
                    _ => ::std::result::Result::Err($crate::Mismatch::because(
                        concat!("must be one of", $( " ", $text ),+))),
                }
            }
            fn to_value(&self) -> $crate::Value {
                $crate::Value::from(match self { $( $name::$variant => $text ),+ })
            }
            fn schema() -> $crate::Value {
                $crate::json!({"type": "string", "enum": [ $( $text ),+ ]})
            }
        }
    };
}

/// An optional default as an `Option`; for the macros.
#[doc(hidden)]
#[macro_export]
macro_rules! __default {
    () => {
        ::std::option::Option::None
    };
    ($default:expr) => {
        ::std::option::Option::Some($default)
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message<T: Data + std::fmt::Debug>(v: Value) -> String {
        Error::from(T::from_value(v).unwrap_err().in_field("f")).message
    }

    #[test]
    fn values_are_read_as_types() {
        assert_eq!(i64::from_value(json!(3.0)), Ok(3));
        assert_eq!(u8::from_value(json!(255)), Ok(255));
        for n in [0, 1 << 63, u64::MAX] {
            assert_eq!(u64::from_value(n.to_value()), Ok(n));
            assert_eq!(json!(n).as_u64(), Some(n));
            assert_eq!(Value::parse(json!(n).to_json().as_bytes()), Ok(n.to_value()));
        }
        assert_eq!(f64::from_value(json!(3)), Ok(3.0));
        assert_eq!(Option::<i64>::from_value(Value::Null), Ok(None));
        assert_eq!(Bytes::from_value(Value::Bytes(vec![1])), Ok(Bytes(vec![1])));
        let map: BTreeMap<String, Vec<i64>> = Data::from_value(json!({"a": [1, 2]})).unwrap();
        assert_eq!(map.to_value(), json!({"a": [1, 2]}));
        let map: HashMap<String, i64> = Data::from_value(json!({"b": 1, "a": 2, "c": 3})).unwrap();
        assert_eq!(map.to_value().to_json(), r#"{"a":2,"b":1,"c":3}"#);
    }

    #[test]
    fn a_wrong_value_is_named_with_its_place() {
        assert_eq!(message::<i64>(json!(1.5)), "\"f\" must be an integer, not a number");
        assert_eq!(message::<i64>(json!(9.3e18)), "\"f\" must be an integer, not a number");
        assert_eq!(
            message::<i64>(Value::UInt(1 << 63)),
            "\"f\" must be an integer from -9223372036854775808 to 9223372036854775807, not 9223372036854775808"
        );
        assert_eq!(message::<u8>(json!(256)), "\"f\" must be an integer from 0 to 255, not 256");
        assert_eq!(message::<Vec<bool>>(json!([true, 1])), "\"f[1]\" must be a boolean, not an integer");
        assert_eq!(
            message::<Vec<BTreeMap<String, String>>>(json!([{"a": null}])),
            "\"f[0].a\" must be a string, not null"
        );
        assert_eq!(Error::from(String::from_value(json!([])).unwrap_err()).message, "the payload must be a string, not an array");
    }

    #[test]
    fn schemas_say_what_is_required() {
        let mut s = object_schema();
        property::<i64>(&mut s, "a", None);
        property::<i64>(&mut s, "b", Some(7));
        property::<Option<String>>(&mut s, "c", None);
        assert_eq!(
            s,
            json!({
                "type": "object",
                "properties": {
                    "a": {"type": "integer"},
                    "b": {"type": "integer", "default": 7},
                    "c": {"anyOf": [{"type": "string"}, {"type": "null"}]}
                },
                "required": ["a"]
            })
        );
    }
}
