//! Counters by key, and a board that adds them up.

use plexspaces::{actor, export_actors, host, json, tuple, Code, Data, Error, Stream};

const TIMEOUT_MS: i64 = 5000;

actor! {
    /// Counts one thing; its key says what.
    pub struct Counter as "counter" {
        count: i64,
        steps: Vec<i64>,
    }

    impl {
        /// Adds to the count and answers it.
        call fn increment(&mut self, by: i64 = 1) -> Result<i64, Error> {
            if by < 1 {
                return Err(Error::business(Code::InvalidArgument, format!("by must be at least 1, it is {}", by)));
            }
            self.count += by;
            self.steps.push(by);
            host::ts_write(tuple!["counted", by], None)?;
            Ok(self.count)
        }

        /// The count.
        query fn get(&self) -> i64 {
            self.count
        }

        /// Each step that was counted, one by one.
        stream fn history(&self) -> Result<Stream<Self, i64>, Error> {
            Ok(Stream::of(self.steps.clone()))
        }
    }
}

actor! {
    /// Knows nothing itself, and asks the counters.
    pub struct Board as "board" {}

    impl {
        /// The sum of some counters.
        call fn total(&mut self, keys: Vec<String>) -> Result<i64, Error> {
            let mut sum = 0;
            for key in &keys {
                let count = host::ask(&format!("counter/{}", key), "get", json!({}), TIMEOUT_MS)?;
                sum += i64::from_value(count)?;
            }
            Ok(sum)
        }
    }
}

export_actors!(Counter, Board);
