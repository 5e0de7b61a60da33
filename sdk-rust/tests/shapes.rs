//! The same shapes have the same schemas in every language.

use plexspaces::{actor, record, Actor, Bytes, Value};
use std::collections::BTreeMap;

record! {
    pub struct Nested { pub name: String, pub tags: Vec<String> }
}
record! {
    pub struct Tree { pub n: i64, pub children: Vec<Tree> }
}
record! {
    pub enum Color { Red = "red", Green = "green" }
}

actor! {
    struct Shapes as "shapes" {}

    impl {
        call fn text(&mut self, x: String) { drop(x) }
        call fn boolean(&mut self, x: bool) { let _ = x; }
        call fn integer(&mut self, x: i64) { let _ = x; }
        call fn number(&mut self, x: f64) { let _ = x; }
        call fn bytes(&mut self, x: Bytes) { drop(x) }
        call fn list(&mut self, x: Vec<String>) { drop(x) }
        call fn lists(&mut self, x: Vec<Vec<i64>>) { drop(x) }
        call fn map(&mut self, x: BTreeMap<String, f64>) { drop(x) }
        call fn nullable(&mut self, x: Option<String>) { drop(x) }
        call fn choice(&mut self, x: Color) { let _ = x; }
        call fn anything(&mut self, x: Value) { drop(x) }
        call fn nested(&mut self, x: Nested) { drop(x) }
        call fn tree(&mut self, x: Tree) { drop(x) }
        call fn record(&mut self, a: i64, b: String = "none".to_string(), c: i64 = 7) { let _ = (a, b, c); }
    }
}

/// A value whatever the order of its fields.
fn sorted(v: &Value) -> Value {
    match v {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().map(|(n, v)| (n.clone(), sorted(v))).collect();
            fields.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(fields)
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

#[test]
fn a_shape_has_the_schema_of_all_languages() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../host-api/src/test/resources/io/plexspaces/api/op/shapes.json");
    let shapes = Value::parse(&std::fs::read(file).unwrap()).unwrap();
    let operations = Shapes::operations();
    let expected = shapes["shapes"].as_object().unwrap();
    assert_eq!(expected.len(), operations.len());
    for (name, schema) in expected {
        let operation = operations.iter().find(|o| o.name == name).unwrap_or_else(|| panic!("no {}", name));
        assert_eq!(sorted(&operation.describe()["input"]), sorted(schema), "{}", name);
    }
}
