//! Host operations by name, each through the SDK's typed function.

use crate::field;
use plexspaces::host::{self, Level, Space, Ttl};
use plexspaces::{json, Code, Data, Error, Value};

pub fn call(operation: &str, mut args: Value) -> Result<Value, Error> {
    let a = &mut args;
    Ok(match operation {
        "ask" => {
            let (target, op): (String, String) = (field(a, "target")?, field(a, "op")?);
            let timeout: Option<i64> = field(a, "timeout_ms")?;
            host::ask(&target, &op, payload(a), timeout)?
        }
        "ask_all" => {
            let calls: Vec<Value> = field(a, "calls")?;
            let calls: Vec<(&str, &str, Value)> = calls
                .iter()
                .map(|c| (c["target"].as_str().unwrap_or(""), c["op"].as_str().unwrap_or(""), c["payload"].clone()))
                .collect();
            let timeout: Option<i64> = field(a, "timeout_ms")?;
            let results = host::ask_all(&calls, timeout)?.into_iter().map(|r| match r {
                Ok(v) => json!({ "ok": v }),
                Err(e) => json!({"error": {"code": (e.code.name()), "message": (e.message)}}),
            });
            Value::Array(results.collect())
        }
        "send" => {
            let (target, op): (String, String) = (field(a, "target")?, field(a, "op")?);
            host::send(&target, &op, payload(a))?.into_value()
        }
        "send_after" | "send_every" => {
            let (target, op): (String, String) = (field(a, "target")?, field(a, "op")?);
            match operation {
                "send_after" => host::send_after(field(a, "delay_ms")?, &target, &op, payload(a))?.into_value(),
                _ => host::send_every(field(a, "period_ms")?, &target, &op, payload(a))?.into_value(),
            }
        }
        "schedule_cron" => {
            let (expr, target, op): (String, String, String) = (field(a, "expr")?, field(a, "target")?, field(a, "op")?);
            let tz: Option<String> = field(a, "tz")?;
            host::schedule_cron(&expr, &target, &op, payload(a), tz.as_deref())?.into_value()
        }
        "cancel_timer" => host::cancel_timer(&field::<String>(a, "id")?)?.into_value(),
        "register" => host::register(&field::<String>(a, "name")?)?.into_value(),
        "resolve" => host::resolve(&field::<String>(a, "name")?)?.into_value(),
        "now_ms" => host::now_ms()?.into_value(),
        "random" => host::random()?.into_value(),
        "uuid" => host::uuid()?.into_value(),
        "sleep" => host::sleep(field(a, "ms")?)?.into_value(),
        "log" => {
            let level = match field::<String>(a, "level")?.as_str() {
                "trace" => Level::Trace,
                "debug" => Level::Debug,
                "info" => Level::Info,
                "warn" => Level::Warn,
                _ => Level::Error,
            };
            let message: String = field(a, "message")?;
            match field::<Option<Value>>(a, "fields")? {
                Some(fields) => host::log_fields(level, &message, fields)?.into_value(),
                None => host::log(level, &message).into_value(),
            }
        }
        "delete" => host::delete(&field::<String>(a, "id")?)?.into_value(),
        "checkpoint" => host::checkpoint()?.into_value(),
        "journal_sequence" => host::journal_sequence()?.into_value(),
        "is_replaying" => host::is_replaying()?.into_value(),
        op if op.starts_with("ts_") => tuples(op, a)?,
        _ => {
            return Err(Error::business(
                Code::Unimplemented,
                format!("the probe does not call the operation {}", operation),
            ))
        }
    })
}

fn payload(args: &mut Value) -> Value {
    args.take("payload").unwrap_or_else(Value::object)
}

fn tuples(operation: &str, a: &mut Value) -> Result<Value, Error> {
    let space = field::<Option<String>>(a, "space")?.map_or_else(Space::own, Space::named);
    let timeout: Option<i64> = field(a, "timeout_ms")?;
    let limit: Option<i64> = field(a, "limit")?;
    let ttl = match a.take("ttl_ms") {
        Some(Value::Str(_)) => Ttl::Owner,
        Some(v) => Ttl::Millis(i64::from_value(v)?),
        None => Ttl::Forever,
    };
    Ok(match operation {
        "ts_write" => space.write(field(a, "tuple")?, ttl)?.into_value(),
        "ts_read" => space.read(field(a, "pattern")?, timeout)?.into_value(),
        "ts_take" if a.take("if_exists") == Some(Value::Bool(true)) => {
            space.take_if_exists(field(a, "pattern")?, timeout)?.into_value()
        }
        "ts_take" => space.take(field(a, "pattern")?, timeout)?.into_value(),
        "ts_read_all" => space.read_all(field(a, "pattern")?, limit)?.into_value(),
        "ts_count" => space.count(field(a, "pattern")?)?.into_value(),
        "ts_write_once" => {
            let once = space.write_once(field(a, "pattern")?, field(a, "tuple")?, ttl)?;
            json!({"written": (once.written), "tuple": (once.tuple)})
        }
        _ => {
            return Err(Error::business(
                Code::Unimplemented,
                format!("the probe does not call the operation {}", operation),
            ))
        }
    })
}
