use plexspaces::{actor, record, Code, Error, Stream};

record! {
    /// What moved an account's balance.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub enum Kind {
        Open = "open",
        Deposit = "deposit",
        Withdraw = "withdraw",
    }
}

record! {
    /// A line of a statement.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Entry {
        /// Counts from 1.
        pub n: i64,
        pub kind: Kind,
        /// In cents, like every amount here.
        pub amount: i64,
        /// What was there afterwards.
        pub balance: i64,
    }
}

record! {
    #[derive(Clone, Debug, PartialEq)]
    pub struct Opened {
        pub owner: String,
        pub balance: i64,
    }
}

actor! {
    /// One account, by its key.
    pub struct Account as "account" {
        owner: String,
        balance: i64,
        entries: Vec<Entry>,
    }

    impl {
        /// Opens the account.
        call fn open(&mut self, owner: String, balance: i64 = 0) -> Result<Opened, Error> {
            if self.is_open() {
                return Err(Error::business(Code::AlreadyExists, "the account is open already"));
            }
            if balance < 0 {
                return Err(Error::invalid_argument("balance must not be negative"));
            }
            self.owner = owner;
            self.enter(Kind::Open, balance, balance);
            Ok(Opened { owner: self.owner.clone(), balance })
        }

        /// Adds an amount; answers the balance.
        call fn deposit(&mut self, amount: i64) -> Result<i64, Error> {
            self.check(amount)?;
            let balance = self
                .balance
                .checked_add(amount)
                .ok_or_else(|| Error::invalid_argument("amount is more than an account can hold"))?;
            self.enter(Kind::Deposit, amount, balance);
            Ok(balance)
        }

        /// Takes an amount away; answers the balance.
        call fn withdraw(&mut self, amount: i64) -> Result<i64, Error> {
            self.check(amount)?;
            if amount > self.balance {
                return Err(Error::business(
                    Code::FailedPrecondition,
                    format!("insufficient funds: balance {}, asked {}", self.balance, amount),
                ));
            }
            self.enter(Kind::Withdraw, amount, self.balance - amount);
            Ok(self.balance)
        }

        query fn balance(&self) -> Result<i64, Error> {
            self.check_open()?;
            Ok(self.balance)
        }

        /// The entries after number `since`, one by one.
        stream fn statement(&self, since: i64 = 0) -> Result<Stream<Self, Entry>, Error> {
            self.check_open()?;
            let entries: Vec<Entry> = self.entries.iter().filter(|e| e.n > since).cloned().collect();
            Ok(Stream::of(entries))
        }
    }
}

impl Account {
    fn is_open(&self) -> bool {
        !self.entries.is_empty()
    }

    fn check_open(&self) -> Result<(), Error> {
        if self.is_open() {
            Ok(())
        } else {
            Err(Error::business(Code::NotFound, "the account is not open"))
        }
    }

    fn check(&self, amount: i64) -> Result<(), Error> {
        if amount < 1 {
            return Err(Error::invalid_argument("amount must be at least 1"));
        }
        self.check_open()
    }

    fn enter(&mut self, kind: Kind, amount: i64, balance: i64) {
        let n = self.entries.len() as i64 + 1;
        self.balance = balance;
        self.entries.push(Entry { n, kind, amount, balance });
    }
}
