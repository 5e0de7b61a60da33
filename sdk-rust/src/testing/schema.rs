//! Checks payloads against schemas, as a node does before a handler runs.

use super::space::equal;
use crate::{json, Code, Error, Value};

const MOST: usize = 10;

/// INVALID_ARGUMENT naming the operation and each field that is wrong.
pub fn check(operation: &str, schema: &Value, value: &Value) -> Result<(), Error> {
    let mut c = Check { root: schema, problems: Vec::new() };
    c.check(schema, value, "");
    if c.problems.is_empty() {
        return Ok(());
    }
    let said = |(path, what): &(String, String)| {
        let at = if path.is_empty() { "the payload".to_string() } else { format!("\"{}\"", path) };
        format!("{} {}", at, what)
    };
    let text: Vec<String> = c.problems.iter().map(said).collect();
    let fields: Vec<Value> = c.problems.iter().map(|(p, w)| json!({"path": p, "problem": w})).collect();
    let error = Error::system(Code::InvalidArgument, format!("{}: {}", operation, text.join("; ")));
    Err(error.with_details(json!({ "fields": fields })))
}

struct Check<'a> {
    root: &'a Value,
    problems: Vec<(String, String)>,
}

impl<'a> Check<'a> {
    fn problem(&mut self, path: &str, what: String) {
        if self.problems.len() < MOST {
            self.problems.push((path.to_string(), what));
        }
    }

    fn check(&mut self, schema: &Value, v: &Value, path: &str) {
        let types = types_of(schema);
        if !types.is_empty() && !types.iter().any(|t| has_type(t, v, schema)) {
            return self.problem(path, format!("must be {}, it is {}", self.expects(schema), word(v)));
        }
        if let Some(allowed) = schema["enum"].as_array() {
            if !allowed.iter().any(|a| equal(a, v)) {
                let list: Vec<String> = allowed.iter().map(show).collect();
                return self.problem(path, format!("must be one of {}, it is {}", list.join(", "), show(v)));
            }
        }
        match v {
            Value::Str(s) => self.size(schema, "Length", "characters", s.chars().count(), path),
            Value::Int(_) | Value::UInt(_) | Value::Float(_) => self.number(schema, v, path),
            Value::Array(items) => {
                self.size(schema, "Items", "items", items.len(), path);
                for (i, item) in items.iter().enumerate() {
                    let of = match &schema["prefixItems"][i] {
                        Value::Null => &schema["items"],
                        of => of,
                    };
                    self.check(of, item, &format!("{}[{}]", path, i));
                }
            }
            Value::Object(fields) => self.fields(schema, v, fields, path),
            _ => {}
        }
        if schema["$ref"].as_str().is_some() {
            let root = self.root;
            self.check(resolved(root, schema), v, path);
        }
        if let Some(alternatives) = schema["anyOf"].as_array() {
            self.any_of(schema, alternatives, v, path);
        }
    }

    fn size(&mut self, schema: &Value, of: &str, what: &str, size: usize, path: &str) {
        let size = size as i64;
        match (schema[&*format!("min{}", of)].as_i64(), schema[&*format!("max{}", of)].as_i64()) {
            (Some(least), _) if size < least => {
                self.problem(path, format!("must have at least {} {}, it has {}", least, what, size));
            }
            (_, Some(most)) if size > most => {
                self.problem(path, format!("must have at most {} {}, it has {}", most, what, size));
            }
            _ => {}
        }
    }

    fn number(&mut self, schema: &Value, v: &Value, path: &str) {
        let f = v.as_f64();
        if schema["minimum"].as_f64().map_or(false, |least| f < Some(least)) {
            self.problem(path, format!("must be at least {}, it is {}", show(&schema["minimum"]), show(v)));
        }
        if schema["maximum"].as_f64().map_or(false, |most| f > Some(most)) {
            self.problem(path, format!("must be at most {}, it is {}", show(&schema["maximum"]), show(v)));
        }
    }

    fn fields(&mut self, schema: &Value, v: &Value, fields: &[(String, Value)], path: &str) {
        let at = |name: &str| if path.is_empty() { name.to_string() } else { format!("{}.{}", path, name) };
        for name in schema["required"].as_array().unwrap_or(&[]).iter().filter_map(Value::as_str) {
            if v.get(name).is_none() {
                self.problem(&at(name), "is missing".to_string());
            }
        }
        for (name, field) in fields {
            let of = schema["properties"].get(name).unwrap_or(&schema["additionalProperties"]);
            self.check(of, field, &at(name));
        }
    }

    fn any_of(&mut self, schema: &Value, alternatives: &[Value], v: &Value, path: &str) {
        let mut near = Vec::new();
        for alternative in alternatives {
            let mut tried = Check { root: self.root, problems: Vec::new() };
            tried.check(alternative, v, path);
            if tried.problems.is_empty() {
                return;
            }
            let meant = resolved(self.root, alternative);
            if types_of(meant).iter().any(|t| has_type(t, v, meant)) {
                near.push(tried.problems);
            }
        }
        match near.len() {
            0 => self.problem(path, format!("must be {}, it is {}", self.expects(schema), word(v))),
            1 => self.problems.append(&mut near[0]),
            _ => {
                let n = alternatives.len();
                self.problem(path, format!("must be {}, none of the {} alternatives takes it", self.expects(schema), n));
            }
        }
    }

    fn expects(&self, schema: &Value) -> String {
        let schema = resolved(self.root, schema);
        if !schema["properties"]["$bytes"].is_null() {
            return "bytes".to_string();
        }
        let mut names: Vec<String> = types_of(schema).iter().map(|t| name(t).to_string()).collect();
        for alternative in schema["anyOf"].as_array().unwrap_or(&[]) {
            let one = self.expects(alternative);
            if !names.contains(&one) {
                names.push(one);
            }
        }
        if names.is_empty() {
            return "something else".to_string();
        }
        names.join(" or ")
    }
}

fn resolved<'v>(root: &'v Value, schema: &'v Value) -> &'v Value {
    let mut at = schema;
    while let Some(name) = at["$ref"].as_str().and_then(|r| r.strip_prefix("#/$defs/")) {
        at = &root["$defs"][name];
    }
    at
}

fn types_of(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::Str(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn has_type(kind: &str, v: &Value, schema: &Value) -> bool {
    match v {
        Value::Null => kind == "null",
        Value::Bool(_) => kind == "boolean",
        Value::Int(_) | Value::UInt(_) => kind == "integer" || kind == "number",
        Value::Float(f) => kind == "number" || (kind == "integer" && f.fract() == 0.0),
        Value::Str(_) => kind == "string",
        Value::Array(_) => kind == "array",
        Value::Bytes(_) => kind == "object" && !schema["properties"]["$bytes"].is_null(),
        Value::Object(_) => kind == "object",
    }
}

fn name(kind: &str) -> &'static str {
    match kind {
        "null" => "null",
        "boolean" => "a boolean",
        "integer" => "an integer",
        "number" => "a number",
        "string" => "a string",
        "array" => "a list",
        _ => "an object",
    }
}

fn word(v: &Value) -> &'static str {
    match v {
        Value::Array(_) => "a list",
        Value::Float(f) if f.fract() == 0.0 => "an integer",
        other => other.kind(),
    }
}

fn show(v: &Value) -> String {
    match v {
        Value::Array(_) | Value::Object(_) | Value::Bytes(_) => word(v).to_string(),
        other => other.to_json(),
    }
}
