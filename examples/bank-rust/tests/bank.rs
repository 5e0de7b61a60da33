//! The bank in one process, without a node.

use bank_rust::{Account, Audit, Bank};
use plexspaces::{actor, host, host::any, json, testing::World, tuple, Code, Error, Value};

fn world() -> World {
    World::new("bank-rust")
        .with::<Account>()
        .with_child::<Bank>("bank", json!({}))
        .with_child::<Audit>("audit", json!({}))
}

fn open(w: &World, account: &str, balance: i64) {
    let opened = w.ask(account, "open", json!({"owner": "ann", "balance": balance}));
    assert_eq!(opened, Ok(json!({"owner": "ann", "balance": balance})));
}

fn refusal(w: &World, target: &str, op: &str, payload: Value) -> (Code, String) {
    let e = w.ask(target, op, payload).unwrap_err();
    // What does not fit the schema is refused by the host, before the handler runs.
    assert!(e.business || e.code == Code::InvalidArgument, "{}", e);
    (e.code, e.message)
}

#[test]
fn an_account_keeps_its_balance_and_its_entries() {
    let w = world();
    open(&w, "account/a", 5);
    assert_eq!(w.ask("account/a", "deposit", json!({"amount": 7})), Ok(json!(12)));
    assert_eq!(w.ask("account/a", "withdraw", json!({"amount": 2})), Ok(json!(10)));
    w.restart("account/a").unwrap();
    assert_eq!(w.ask("account/a", "balance", json!({})), Ok(json!(10)));
    let statement = w.stream("account/a", "statement", json!({"since": 1})).unwrap();
    assert_eq!(
        Value::Array(statement),
        json!([
            {"n": 2, "kind": "deposit", "amount": 7, "balance": 12},
            {"n": 3, "kind": "withdraw", "amount": 2, "balance": 10}
        ])
    );
}

#[test]
fn an_account_says_no() {
    let w = world();
    assert_eq!(refusal(&w, "account/a", "deposit", json!({"amount": 1})).0, Code::NotFound);
    assert_eq!(refusal(&w, "account/a", "balance", json!({})).0, Code::NotFound);
    open(&w, "account/a", 0);
    assert_eq!(refusal(&w, "account/a", "open", json!({"owner": "bob"})).0, Code::AlreadyExists);
    assert_eq!(refusal(&w, "account/a", "deposit", json!({"amount": 0})).0, Code::InvalidArgument);
    assert_eq!(
        refusal(&w, "account/a", "withdraw", json!({"amount": 3})),
        (Code::FailedPrecondition, "insufficient funds: balance 0, asked 3".to_string())
    );
    let (code, message) = refusal(&w, "account/a", "deposit", json!({"amount": "1"}));
    assert_eq!((code, message.as_str()), (Code::InvalidArgument, "deposit: \"amount\" must be an integer, it is a string"));
}

#[test]
fn a_transfer_moves_money_and_is_audited() {
    let w = world();
    open(&w, "account/a", 100);
    open(&w, "account/b", 0);
    let t = json!({"source": "account/a", "target": "bank-rust/account/b", "amount": 30});
    assert_eq!(
        w.ask("bank", "transfer", t),
        Ok(json!({"id": "t1", "source_balance": 70, "target_balance": 30}))
    );
    assert_eq!(w.ask("bank", "transfers", json!({})), Ok(json!(1)));
    let record = json!({"id": "t1", "source": "account/a", "target": "bank-rust/account/b", "amount": 30});
    assert_eq!(w.ask("audit", "entries", json!({})), Ok(json!([record])));
    assert_eq!(w.tuples(tuple!["transfer", "t1", any::STR, any::STR, 30]).len(), 1);
    assert_eq!(
        w.ask("bank", "statement_of", json!({"account": "account/b", "since": 1})),
        Ok(json!([{"n": 2, "kind": "deposit", "amount": 30, "balance": 30}]))
    );
    assert!(w.failures().is_empty());
}

#[test]
fn what_the_target_does_not_take_goes_back_to_the_source() {
    let w = world();
    open(&w, "account/a", 50);
    let t = json!({"source": "account/a", "target": "account/nobody", "amount": 20});
    assert_eq!(refusal(&w, "bank", "transfer", t).0, Code::NotFound);
    assert_eq!(w.ask("account/a", "balance", json!({})), Ok(json!(50)));
    assert_eq!(w.ask("bank", "transfers", json!({})), Ok(json!(0)));
    assert_eq!(w.ask("audit", "entries", json!({})), Ok(json!([])));
}

actor! {
    /// Takes its time, as an account behind a busy disk does.
    pub struct Slow as "slow" {}

    impl {
        call fn deposit(&mut self, amount: i64) -> Result<i64, Error> {
            host::sleep(60_000)?;
            Ok(amount)
        }
    }
}

#[test]
fn a_deposit_that_may_still_happen_is_not_given_back() {
    let w = world().with::<Slow>();
    open(&w, "account/a", 50);
    let transfer = json!({"source": "account/a", "target": "slow/x", "amount": 40});
    let (code, message) = refusal(&w, "bank", "transfer", transfer);
    assert_eq!(code, Code::DeadlineExceeded);
    assert!(message.starts_with("nobody knows whether slow/x got the 40 that account/a has paid"), "{}", message);
    assert_eq!(w.ask("account/a", "balance", json!({})), Ok(json!(10)));
    assert_eq!(w.ask("bank", "transfers", json!({})), Ok(json!(0)));
}
