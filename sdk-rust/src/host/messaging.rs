use super::{reply_of, Call, Int, Payload};
use crate::{json, Error, Reply, Value};

/// Asks another actor and waits for its reply. `target` is `app/type/key`, `type/key` or a child id.
pub fn ask<'a>(
    target: &str,
    op: &str,
    payload: impl Into<Payload<'a>>,
    timeout_ms: impl Into<Int>,
) -> Result<Value, Error> {
    ask_reply(target, op, payload, timeout_ms).map(Reply::into_value)
}

/// As [`ask`], and tells the content type of a reply that is not JSON.
pub fn ask_reply<'a>(
    target: &str,
    op: &str,
    payload: impl Into<Payload<'a>>,
    timeout_ms: impl Into<Int>,
) -> Result<Reply, Error> {
    Call::to("ask").arg("target", target).arg("op", op).int("timeout_ms", timeout_ms).payload(payload).reply()
}

/// Asks several actors at once; each of the results, in the order of the calls, is a reply or an error.
pub fn ask_all(
    calls: &[(&str, &str, Value)],
    timeout_ms: impl Into<Int>,
) -> Result<Vec<Result<Value, Error>>, Error> {
    let calls: Vec<Value> =
        calls.iter().map(|(t, op, p)| json!({"target": (*t), "op": (*op), "payload": p})).collect();
    let results: Vec<Value> = Call::to("ask_all").arg("calls", calls).int("timeout_ms", timeout_ms).get()?;
    Ok(results
        .into_iter()
        .map(|mut r| match r.take("error") {
            Some(e) => Err(Error::from_value(&e)),
            None => Ok(r.take("ok").unwrap_or(Value::Null)),
        })
        .collect())
}

/// Sends a message, which leaves when the turn commits; answers its id.
pub fn send<'a>(target: &str, op: &str, payload: impl Into<Payload<'a>>) -> Result<String, Error> {
    Call::to("send").arg("target", target).arg("op", op).payload(payload).get()
}

/// Opens a stream of values. It ends with this turn; one that a stream operation opens, with that stream.
///
/// ```no_run
/// # use plexspaces::{host, json, Error};
/// # fn f() -> Result<(), Error> {
/// for entry in host::ask_stream("account/ann", "statement", json!({"since": 0}), None)? {
///     host::log(host::Level::Info, &entry?.to_json());
/// }
/// # Ok(())
/// # }
/// ```
pub fn ask_stream<'a>(
    target: &str,
    op: &str,
    payload: impl Into<Payload<'a>>,
    timeout_ms: impl Into<Int>,
) -> Result<AskStream, Error> {
    let stream = Call::to("ask_stream")
        .arg("target", target)
        .arg("op", op)
        .int("timeout_ms", timeout_ms)
        .payload(payload)
        .get()?;
    Ok(AskStream { stream, ended: false })
}

/// The next value of a stream by its id, none at the end; [`AskStream`] is the pleasant way.
pub fn stream_next(stream: &str, timeout_ms: impl Into<Int>) -> Result<Option<Value>, Error> {
    let (header, body) = Call::to("stream_next").arg("stream", stream).int("timeout_ms", timeout_ms).frame()?;
    if header["more"].as_bool().unwrap_or(false) {
        reply_of(header, body).map(|r| Some(r.into_value()))
    } else {
        Ok(None)
    }
}

/// Ends a stream by its id; one that has ended is no error.
pub fn stream_close(stream: &str) -> Result<(), Error> {
    Call::to("stream_close").arg("stream", stream).unit()
}

/// The values of another actor's stream. Dropping it ends the stream; an error is the last item.
#[derive(Debug)]
pub struct AskStream {
    stream: String,
    ended: bool,
}

impl AskStream {
    /// The stream's id.
    pub fn id(&self) -> &str {
        &self.stream
    }

    /// The next value, if it comes within `timeout_ms`: DEADLINE_EXCEEDED otherwise, and the stream goes on.
    pub fn next_within(&mut self, timeout_ms: impl Into<Int>) -> Result<Option<Value>, Error> {
        if self.ended {
            return Ok(None);
        }
        let next = stream_next(&self.stream, timeout_ms);
        self.ended = matches!(next, Ok(None));
        next
    }
}

impl Iterator for AskStream {
    type Item = Result<Value, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.next_within(None).transpose();
        self.ended |= matches!(next, Some(Err(_)));
        next
    }
}

impl Drop for AskStream {
    fn drop(&mut self) {
        // Nobody could do anything about a close that fails, and the turn's end closes it as well.
        if !self.ended {
            let _ = stream_close(&self.stream);
        }
    }
}

/// A token with which the running message is answered later, by [`reply`].
pub fn defer_reply() -> Result<String, Error> {
    Call::to("defer_reply").get()
}

/// Answers a message that was deferred.
pub fn reply(token: &str, value: &Value) -> Result<(), Error> {
    Call::to("reply").arg("token", token).json(value).unit()
}

/// Hands the running message on; the reply goes to the original asker.
pub fn forward<'a>(target: &str, op: &str, payload: impl Into<Payload<'a>>) -> Result<(), Error> {
    Call::to("forward").arg("target", target).arg("op", op).payload(payload).unit()
}

/// Sends later; answers the timer's id.
pub fn send_after<'a>(
    delay_ms: i64,
    target: &str,
    op: &str,
    payload: impl Into<Payload<'a>>,
) -> Result<String, Error> {
    Call::to("send_after").arg("delay_ms", delay_ms).arg("target", target).arg("op", op).payload(payload).get()
}

/// Sends again and again; answers the timer's id.
pub fn send_every<'a>(
    period_ms: i64,
    target: &str,
    op: &str,
    payload: impl Into<Payload<'a>>,
) -> Result<String, Error> {
    Call::to("send_every").arg("period_ms", period_ms).arg("target", target).arg("op", op).payload(payload).get()
}

/// Sends by a cron expression, in the time zone `tz` if one is given; answers the timer's id.
pub fn schedule_cron<'a>(
    expr: &str,
    target: &str,
    op: &str,
    payload: impl Into<Payload<'a>>,
    tz: Option<&str>,
) -> Result<String, Error> {
    Call::to("schedule_cron")
        .arg("expr", expr)
        .arg("target", target)
        .arg("op", op)
        .opt("tz", tz)
        .payload(payload)
        .get()
}

/// Ends a timer.
pub fn cancel_timer(id: &str) -> Result<(), Error> {
    Call::to("cancel_timer").arg("id", id).unit()
}
