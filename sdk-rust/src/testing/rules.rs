//! What a turn may do, and whose fault it is when it fails.

use super::inner::Inner;
use crate::{Code, Error};
use std::collections::VecDeque;

/// The operations of a world that take effect or are undone with their turn: a query has none to give.
pub const CHANGING: &[&str] = &[
    "send", "send_to_shard", "send_after", "send_every", "schedule_cron", "cancel_timer", "spawn", "stop", "delete", "monitor",
    "demonitor", "link", "unlink", "register", "ts_write", "ts_take", "ts_take_all", "ts_write_once", "ts_update",
    "ts_notify", "ts_unsubscribe", "ts_renew", "ts_cancel", "ts_transaction",
];

/// The same, of those that only a fake answers.
pub const CHANGING_FAKES: &[&str] = &[
    "defer_reply", "reply", "forward", "pool_checkout", "pool_checkin", "pool_info", "pg_join",
    "pg_leave", "pg_members", "pg_broadcast", "pg_first", "channel_publish", "channel_subscribe", "channel_next",
    "channel_ack", "channel_nack", "channel_bind", "channel_info", "lock_acquire", "lock_renew", "lock_release",
    "application_metrics_add", "checkpoint",
];

impl Inner {
    /// Refuses what a query must not do.
    pub fn allow(&self, operation: &str, faked: bool) -> Result<(), Error> {
        let changes = CHANGING.contains(&operation) || (faked && CHANGING_FAKES.contains(&operation));
        let query = self.turns.borrow().last().map_or(false, |t| t.query);
        if changes && query {
            let why = format!("{} changes something, but the running handler is a query", operation);
            return Err(Error::system(Code::FailedPrecondition, why));
        }
        Ok(())
    }
}

/// As many are remembered of a turn, the last.
const MOST: usize = 16;

/// The errors that host calls gave in a turn.
#[derive(Default)]
pub struct HostErrors {
    last: VecDeque<(Code, String)>,
    /// Those of all.
    codes: Vec<Code>,
}

impl HostErrors {
    pub fn note(&mut self, error: &Error) {
        if self.last.len() == MOST {
            self.last.pop_front();
        }
        self.last.push_back((error.code, error.message.clone()));
        if !self.codes.contains(&error.code) {
            self.codes.push(error.code);
        }
    }

    /// Whether a turn's failure is no fault of its actor: the handler let through what a host call gave it, or ended
    /// as its caller's deadline, a quota or something unavailable made it.
    pub fn gave(&self, error: &Error) -> bool {
        match error.code {
            Code::DeadlineExceeded
            | Code::Cancelled
            | Code::ResourceExhausted
            | Code::Unavailable
            | Code::Aborted => self.codes.contains(&error.code),
            code => self.last.iter().any(|(c, m)| *c == code && *m == error.message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    #[test]
    fn what_changes_is_what_the_catalogue_says() {
        let path =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../host-api/src/main/resources/io/plexspaces/api/op/catalogue.json");
        let catalogue = Value::parse(&std::fs::read(path).expect("the catalogue is beside this crate")).unwrap();
        let mut wanted: Vec<&str> = catalogue
            .as_array()
            .unwrap()
            .iter()
            .filter(|o| matches!(o["effect"].as_str(), Some("deferred" | "tentative")))
            .map(|o| o["name"].as_str().unwrap())
            .collect();
        let mut named = [CHANGING, CHANGING_FAKES].concat();
        wanted.sort_unstable();
        named.sort_unstable();
        assert_eq!(named, wanted);
    }

    #[test]
    fn only_the_last_errors_of_a_turn_are_remembered() {
        let error = |n: usize| Error::system(Code::NotFound, n.to_string());
        let mut errors = HostErrors::default();
        (0..=MOST).for_each(|n| errors.note(&error(n)));
        assert!(!errors.gave(&error(0)) && errors.gave(&error(1)) && errors.gave(&error(MOST)));
    }
}
