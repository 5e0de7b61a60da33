//! The benchmarks' actor in Rust.

use plexspaces::{actor, host, json, record, Error};

record! {
    pub struct Count {
        pub value: i64,
    }
}

record! {
    pub struct Stamp {
        pub value: i64,
        pub at: i64,
    }
}

record! {
    pub struct Answer {
        pub value: i64,
        pub answer: i64,
    }
}

actor! {
    pub struct Counter as "counter" {
        value: i64,
    }

    impl {
        call fn increment(&mut self, by: i64 = 1) -> Count {
            self.value += by;
            Count { value: self.value }
        }

        call fn stamp(&mut self, by: i64 = 1) -> Result<Stamp, Error> {
            self.value += by;
            Ok(Stamp { value: self.value, at: host::now_ms()? })
        }

        call fn delegate(&mut self, service: String, n: i64, timeout_ms: i64) -> Result<Answer, Error> {
            let reply = host::ask(&service, "work", json!({ "n": n }), timeout_ms)?;
            let answer = reply["answer"].as_i64().ok_or_else(|| Error::invalid_argument("no answer"))?;
            self.value += 1;
            Ok(Answer { value: self.value, answer })
        }
    }
}

record! {
    pub struct Balance {
        pub balance: i64,
    }
}

actor! {
    /// Durable in the benchmarks that need it: about 300 bytes of state.
    pub struct Ledger as "ledger" {
        balance: i64,
        note: String = "n".repeat(270),
    }

    impl {
        call fn credit(&mut self, by: i64 = 1) -> Balance {
            self.balance += by;
            Balance { balance: self.balance }
        }
    }
}

plexspaces::export_actors!(Counter, Ledger);
