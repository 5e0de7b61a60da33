//! How the answers of shards are put together, in shard order.

use super::space::equal;
use crate::{Code, Error, Value};
use std::cmp::Ordering;

const REDUCTIONS: [&str; 7] = ["sum", "prod", "min", "max", "mean", "and", "or"];

fn invalid(why: impl Into<String>) -> Error {
    Error::system(Code::InvalidArgument, why)
}

/// Numbers, lists of equal length, and maps of them. Other fields of maps stay where all agree, else they
/// are listed under `differing`.
pub fn reduce(kind: &str, values: &[Value]) -> Result<Value, Error> {
    if !REDUCTIONS.contains(&kind) {
        return Err(invalid(format!("unknown reduction \"{}\"; one of {}", kind, REDUCTIONS.join(", "))));
    }
    let values: Vec<&Value> = values.iter().collect();
    if values.is_empty() {
        return Ok(Value::Null);
    }
    fold(kind, &values).ok_or_else(|| invalid("the shards' answers are not all numbers, lists of one length or maps"))
}

fn fold(kind: &str, values: &[&Value]) -> Option<Value> {
    match values[0] {
        Value::Array(first) => {
            let columns = (0..first.len()).map(|i| {
                let column: Option<Vec<&Value>> = values
                    .iter()
                    .map(|v| v.as_array().filter(|a| a.len() == first.len()).map(|a| &a[i]))
                    .collect();
                fold(kind, &column?)
            });
            columns.collect::<Option<Vec<_>>>().map(Value::Array)
        }
        Value::Object(_) => fold_maps(kind, values),
        _ => fold_numbers(kind, values),
    }
}

fn fold_maps(kind: &str, values: &[&Value]) -> Option<Value> {
    let mut names: Vec<&str> = Vec::new();
    for v in values {
        for (name, _) in v.as_object()? {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
    }
    let mut result = Value::object();
    let mut differing = Vec::new();
    for name in names {
        let column: Option<Vec<&Value>> = values.iter().map(|v| v.get(name)).collect();
        let folded = column.as_ref().and_then(|c| fold(kind, c));
        match (folded, column) {
            (Some(v), _) => result.set(name, v),
            (None, Some(c)) if c.iter().all(|v| equal(v, c[0])) => result.set(name, c[0]),
            _ => differing.push(Value::from(name)),
        }
    }
    if !differing.is_empty() {
        result.set("differing", Value::Array(differing));
    }
    Some(result)
}

fn fold_numbers(kind: &str, values: &[&Value]) -> Option<Value> {
    let mut total = values[0].clone();
    for v in &values[1..] {
        total = pair(kind, &total, v)?;
    }
    if kind == "mean" {
        return total.as_f64().map(|f| Value::Float(f / values.len() as f64));
    }
    match total {
        Value::Int(_) | Value::UInt(_) | Value::Float(_) | Value::Bool(_) => Some(total),
        _ => None,
    }
}

fn pair(kind: &str, a: &Value, b: &Value) -> Option<Value> {
    if let (Value::Bool(x), Value::Bool(y)) = (a, b) {
        return match kind {
            "and" => Some(Value::Bool(*x && *y)),
            "or" => Some(Value::Bool(*x || *y)),
            _ => None,
        };
    }
    if let (Value::Int(x), Value::Int(y)) = (a, b) {
        match kind {
            "sum" | "mean" => return x.checked_add(*y).map(Value::Int),
            "prod" => return x.checked_mul(*y).map(Value::Int),
            _ => {}
        }
    }
    let (x, y) = (a.as_f64()?, b.as_f64()?);
    Some(match kind {
        "sum" | "mean" => Value::Float(x + y),
        "prod" => Value::Float(x * y),
        "min" => if y < x { b } else { a }.clone(),
        "max" => if y > x { b } else { a }.clone(),
        "and" => Value::Bool(x != 0.0 && y != 0.0),
        _ => Value::Bool(x != 0.0 || y != 0.0),
    })
}

fn flat(values: &[Value]) -> Vec<Value> {
    let mut all = Vec::new();
    for v in values {
        match v {
            Value::Array(items) => all.extend(items.iter().cloned()),
            other => all.push(other.clone()),
        }
    }
    all
}

/// What scatter_gather makes of the answers.
pub fn aggregate(kind: &str, values: &[Value], k: i64) -> Result<Value, Error> {
    Ok(match kind {
        "concat" => Value::Array(flat(values)),
        "sum" | "min" | "max" | "mean" => return reduce(kind, values),
        "merge" => {
            let mut merged = Value::object();
            for v in values {
                let fields = v.as_object().ok_or_else(|| invalid("merge needs maps"))?;
                fields.iter().for_each(|(n, v)| merged.set(n, v));
            }
            merged
        }
        "first" => values.first().cloned().unwrap_or(Value::Null),
        "majority" => {
            let votes = |v: &Value| values.iter().filter(|o| equal(o, v)).count();
            let mut best = (0, &Value::Null);
            for v in values {
                if votes(v) > best.0 {
                    best = (votes(v), v);
                }
            }
            best.1.clone()
        }
        "top_k" => {
            let mut all = flat(values);
            let score = |v: &Value| v.get("score").unwrap_or(v).as_f64().unwrap_or(0.0);
            all.sort_by(|a, b| score(b).partial_cmp(&score(a)).unwrap_or(Ordering::Equal));
            all.truncate(k.max(0) as usize);
            Value::Array(all)
        }
        other => return Err(invalid(format!("unknown aggregation \"{}\"", other))),
    })
}
