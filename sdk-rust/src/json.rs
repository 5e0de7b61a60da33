//! JSON text: strict reading, compact writing.

use crate::{Error, Value};
use std::fmt::Write;

/// Deeper nesting is refused, for each level is a frame of the stack.
const MAX_DEPTH: usize = 500;
const BYTES: &str = "$bytes";
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub fn parse(text: &[u8]) -> Result<Value, Error> {
    let mut r = Reader { text, at: 0 };
    let v = r.value(0)?;
    r.space();
    if r.at < text.len() {
        return Err(r.error("text after the value"));
    }
    Ok(v)
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn error(&self, what: &str) -> Error {
        Error::invalid(format!("not valid JSON at byte {}: {}", self.at, what))
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn expect(&mut self, b: u8) -> Result<(), Error> {
        if self.peek() != Some(b) {
            return Err(self.error(&format!("'{}' is missing", b as char)));
        }
        self.at += 1;
        Ok(())
    }

    fn word(&mut self, word: &str, v: Value) -> Result<Value, Error> {
        if !self.text[self.at..].starts_with(word.as_bytes()) {
            return Err(self.error("unexpected character"));
        }
        self.at += word.len();
        Ok(v)
    }

    fn value(&mut self, depth: usize) -> Result<Value, Error> {
        if depth > MAX_DEPTH {
            return Err(self.error("nested too deeply"));
        }
        self.space();
        match self.peek() {
            None => Err(self.error("the text ends")),
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => Ok(Value::Str(self.string()?)),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            Some(_) => self.number(),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, Error> {
        self.expect(b'{')?;
        let mut fields: Vec<(String, Value)> = Vec::new();
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(fields));
        }
        loop {
            self.space();
            let name = self.string()?;
            if fields.iter().any(|(n, _)| *n == name) {
                return Err(self.error(&format!("the field \"{}\" is there twice", name)));
            }
            self.space();
            self.expect(b':')?;
            fields.push((name, self.value(depth + 1)?));
            self.space();
            if self.peek() == Some(b',') {
                self.at += 1;
            } else {
                self.expect(b'}')?;
                return self.bytes_or_object(fields);
            }
        }
    }

    fn bytes_or_object(&self, fields: Vec<(String, Value)>) -> Result<Value, Error> {
        match fields.as_slice() {
            [(name, Value::Str(s))] if name == BYTES => {
                decode_base64(s).map(Value::Bytes).ok_or_else(|| self.error("\"$bytes\" does not hold base64"))
            }
            _ => Ok(Value::Object(fields)),
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, Error> {
        self.expect(b'[')?;
        let mut items = Vec::new();
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            if self.peek() == Some(b',') {
                self.at += 1;
            } else {
                self.expect(b']')?;
                return Ok(Value::Array(items));
            }
        }
    }

    fn digits(&mut self) -> usize {
        let from = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - from
    }

    fn number(&mut self) -> Result<Value, Error> {
        let from = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let leading_zero = self.peek() == Some(b'0');
        let n = self.digits();
        if n == 0 || (leading_zero && n > 1) {
            return Err(self.error("unexpected character"));
        }
        let mut whole = true;
        if self.peek() == Some(b'.') {
            self.at += 1;
            whole = false;
            if self.digits() == 0 {
                return Err(self.error("a digit is missing"));
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            whole = false;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(self.error("a digit is missing"));
            }
        }
        let s = std::str::from_utf8(&self.text[from..self.at]).unwrap_or("");
        if whole {
            if let Ok(i) = s.parse() {
                return Ok(Value::Int(i));
            }
            if let Ok(u) = s.parse() {
                return Ok(Value::UInt(u));
            }
        }
        match s.parse::<f64>() {
            Ok(f) if f.is_finite() => Ok(Value::Float(f)),
            _ => Err(self.error("the number is out of range")),
        }
    }

    fn string(&mut self) -> Result<String, Error> {
        self.expect(b'"')?;
        let mut out: Vec<u8> = Vec::new();
        loop {
            let from = self.at;
            while !matches!(self.peek(), None | Some(b'"' | b'\\' | 0..=0x1f)) {
                self.at += 1;
            }
            out.extend_from_slice(&self.text[from..self.at]);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return String::from_utf8(out).map_err(|_| self.error("a string is not UTF-8"));
                }
                Some(b'\\') => {
                    let c = self.escape()?;
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                _ => return Err(self.error("a string does not end")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Error> {
        self.at += 1;
        let c = self.peek();
        self.at += 1;
        Ok(match c {
            Some(c @ (b'"' | b'\\' | b'/')) => c as char,
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let mut c = self.hex4()?;
                if (0xd800..0xdc00).contains(&c) && self.text[self.at.min(self.text.len())..].starts_with(b"\\u") {
                    self.at += 2;
                    let low = self.hex4()?;
                    if !(0xdc00..0xe000).contains(&low) {
                        return Err(self.error("half a surrogate pair"));
                    }
                    c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
                }
                char::from_u32(c).ok_or_else(|| self.error("half a surrogate pair"))?
            }
            _ => return Err(self.error("unknown escape")),
        })
    }

    fn hex4(&mut self) -> Result<u32, Error> {
        let hex = self.text.get(self.at..self.at + 4).filter(|h| h.iter().all(u8::is_ascii_hexdigit));
        let hex = hex.and_then(|h| std::str::from_utf8(h).ok()).ok_or_else(|| self.error("four hex digits are missing"))?;
        self.at += 4;
        u32::from_str_radix(hex, 16).map_err(|_| self.error("four hex digits are missing"))
    }
}

/// Answers what JSON cannot say of the value, if anything; null is written in its place.
pub fn write(v: &Value, out: &mut String) -> Option<&'static str> {
    let mut w = Writer { out, problem: None };
    w.value(v, 0);
    w.problem
}

struct Writer<'a> {
    out: &'a mut String,
    problem: Option<&'static str>,
}

impl Writer<'_> {
    fn value(&mut self, v: &Value, depth: usize) {
        match v {
            Value::Null => self.out.push_str("null"),
            Value::Bool(b) => self.out.push_str(if *b { "true" } else { "false" }),
            Value::Int(i) => {
                let _ = write!(self.out, "{}", i);
            }
            Value::UInt(u) => {
                let _ = write!(self.out, "{}", u);
            }
            Value::Float(f) if f.is_finite() => {
                // Debug keeps the point, so that the number stays a floating-point one.
                let _ = write!(self.out, "{:?}", f);
            }
            Value::Float(f) => self.problem(if f.is_nan() {
                "a number is NaN, which JSON cannot say"
            } else {
                "a number is infinite, which JSON cannot say"
            }),
            Value::Str(s) => write_string(s, self.out),
            Value::Bytes(b) => {
                self.out.push_str("{\"$bytes\":\"");
                encode_base64(b, self.out);
                self.out.push_str("\"}");
            }
            Value::Array(_) | Value::Object(_) if depth >= MAX_DEPTH => {
                self.problem("a value is nested deeper than 500 levels");
            }
            Value::Array(items) => {
                self.out.push('[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        self.out.push(',');
                    }
                    self.value(item, depth + 1);
                }
                self.out.push(']');
            }
            Value::Object(fields) => {
                self.out.push('{');
                for (i, (name, value)) in fields.iter().enumerate() {
                    if i > 0 {
                        self.out.push(',');
                    }
                    write_string(name, self.out);
                    self.out.push(':');
                    self.value(value, depth + 1);
                }
                self.out.push('}');
            }
        }
    }

    fn problem(&mut self, what: &'static str) {
        self.problem = Some(what);
        self.out.push_str("null");
    }
}

fn write_string(s: &str, out: &mut String) {
    out.push('"');
    let mut from = 0;
    for (at, b) in s.bytes().enumerate() {
        if b >= b' ' && b != b'"' && b != b'\\' {
            continue;
        }
        out.push_str(&s[from..at]);
        from = at + 1;
        match b {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            _ => {
                let _ = write!(out, "\\u{:04x}", b);
            }
        }
    }
    out.push_str(&s[from..]);
    out.push('"');
}

fn encode_base64(bytes: &[u8], out: &mut String) {
    for chunk in bytes.chunks(3) {
        let n = (u32::from(chunk[0]) << 16)
            | (u32::from(*chunk.get(1).unwrap_or(&0)) << 8)
            | u32::from(*chunk.get(2).unwrap_or(&0));
        for i in 0..4 {
            if i <= chunk.len() {
                out.push(ALPHABET[(n >> (18 - 6 * i)) as usize & 63] as char);
            } else {
                out.push('=');
            }
        }
    }
}

fn digit(c: u8) -> Option<u32> {
    Some(u32::from(match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let b = text.as_bytes();
    if b.len() % 4 != 0 {
        return None;
    }
    let padding = b.iter().rev().take_while(|c| **c == b'=').count();
    if padding > 2 {
        return None;
    }
    let mut out = Vec::with_capacity(b.len() / 4 * 3);
    let (mut n, mut bits) = (0u32, 0);
    for c in &b[..b.len() - padding] {
        let v = digit(*c)?;
        n = (n << 6) | v;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((n >> bits) as u8);
            n &= (1 << bits) - 1;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    #[test]
    fn what_is_written_is_read_back() {
        let v = json!({"a": [1, (-9223372036854775808i64), 1.5, true, null, "q\"\\\n\u{1}ü😀"], "b": {}, "c": []});
        assert_eq!(parse(v.to_json().as_bytes()), Ok(v));
        for n in 0..7u8 {
            let b = Value::Bytes((0..n).map(|i| i * 41).collect());
            assert_eq!(parse(b.to_json().as_bytes()), Ok(b));
        }
        assert_eq!(Value::Float(2.0).to_json(), "2.0");
    }

    #[test]
    fn integers_keep_64_bits_with_a_sign_or_without() {
        for (text, value) in [
            ("9223372036854775807", Value::Int(i64::MAX)),
            ("9223372036854775808", Value::UInt(1 << 63)),
            ("18446744073709551615", Value::UInt(u64::MAX)),
            ("-9223372036854775808", Value::Int(i64::MIN)),
        ] {
            assert_eq!(parse(text.as_bytes()), Ok(value.clone()));
            assert_eq!(value.to_json(), text);
        }
        // What is beyond goes on as a number with a point.
        assert_eq!(parse(b"18446744073709551616"), Ok(Value::Float(18446744073709551616.0)));
        assert_eq!(parse(b"-9223372036854775809"), Ok(Value::Float(-9223372036854775808.0)));
    }

    #[test]
    fn escapes_are_understood() {
        assert_eq!(parse(br#""\u00fc\ud83d\ude00\/\b""#), Ok(Value::Str("ü😀/\u{8}".to_string())));
    }

    #[test]
    fn what_json_cannot_say_is_an_error_or_null() {
        let nan = json!([1, (f64::NAN)]);
        assert_eq!(nan.to_json(), "[1,null]");
        assert!(nan.try_json().unwrap_err().message.contains("NaN"));
        assert!(Value::from(f64::INFINITY).try_json().unwrap_err().message.contains("infinite"));
        let mut deep = Value::Null;
        for _ in 0..500 {
            deep = Value::Array(vec![deep]);
        }
        assert_eq!(parse(deep.try_json().unwrap().as_bytes()), Ok(deep.clone()));
        assert!(json!([deep]).try_json().unwrap_err().message.contains("500"));
    }

    #[test]
    fn garbage_is_refused() {
        for bad in [
            "", "{", "[1,]", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "01", "1.", "-", "nul", "\"\\x\"", "\"\\ud83d\"",
            "\"\\u12\"", "\"a", "1 2", "{\"$bytes\":\"x\"}", "1e999", "\u{1}",
        ] {
            assert!(parse(bad.as_bytes()).is_err(), "{}", bad);
        }
        assert!(parse("[".repeat(100_000).as_bytes()).is_err());
        assert!(parse(b"\"\xff\"").is_err());
    }
}
