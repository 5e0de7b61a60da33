use plexspaces::{actor, host, record, tuple, Error};

record! {
    /// A transfer that was made.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Transfer {
        pub id: String,
        pub source: String,
        pub target: String,
        pub amount: i64,
    }
}

actor! {
    /// Remembers every transfer, and tells the tuple space.
    pub struct Audit as "audit" {
        records: Vec<Transfer>,
    }

    impl {
        cast fn record(&mut self, payload: Transfer) -> Result<(), Error> {
            let t = &payload;
            host::ts_write(tuple!["transfer", &t.id, &t.source, &t.target, t.amount], None)?;
            self.records.push(payload);
            Ok(())
        }

        /// The last transfers, newest last.
        query fn entries(&self, limit: u32 = 100) -> Vec<Transfer> {
            let skip = self.records.len().saturating_sub(limit as usize);
            self.records[skip..].to_vec()
        }
    }
}
