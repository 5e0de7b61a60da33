//! The actors in one process, without a node.

use app::{Board, Counter};
use plexspaces::{json, testing::World, Code};

fn world() -> World {
    World::new("__APP__").with::<Counter>().with_child::<Board>("board", json!({}))
}

#[test]
fn a_counter_counts() {
    let w = world();
    assert_eq!(w.ask("counter/apples", "increment", json!({})), Ok(json!(1)));
    assert_eq!(w.ask("counter/apples", "increment", json!({"by": 2})), Ok(json!(3)));
    assert_eq!(w.ask("counter/apples", "get", json!({})), Ok(json!(3)));
    assert_eq!(w.stream("counter/apples", "history", json!({})), Ok(vec![json!(1), json!(2)]));
}

#[test]
fn it_does_not_count_backwards() {
    let w = world();
    let refused = w.ask("counter/apples", "increment", json!({"by": (-1)})).unwrap_err();
    assert_eq!((refused.code, refused.message.as_str()), (Code::InvalidArgument, "by must be at least 1, it is -1"));
}

#[test]
fn the_board_adds_up() {
    let w = world();
    w.ask("counter/apples", "increment", json!({"by": 2})).unwrap();
    w.ask("counter/pears", "increment", json!({"by": 3})).unwrap();
    assert_eq!(w.ask("board", "total", json!({"keys": ["apples", "pears", "plums"]})), Ok(json!(5)));
}
