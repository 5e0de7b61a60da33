//! Schemas of types that contain themselves: such a type is described once, under `$defs`, and referred to.

use crate::Value;
use std::cell::RefCell;

/// A type: its module and its name.
type Of = (&'static str, &'static str);

#[derive(Default)]
struct Definitions {
    /// How many roots are being described.
    roots: usize,
    /// Types that are being described, and whether one inside has met them again.
    open: Vec<(Of, bool)>,
    /// Types that are referred to, by the names that they have here.
    names: Vec<(Of, String)>,
    done: Vec<(Of, Value)>,
}

thread_local! {
    static DEFINITIONS: RefCell<Definitions> = RefCell::new(Definitions::default());
}

impl Definitions {
    /// The reference to a type; types of one name in two modules have two names here.
    fn reference(&mut self, of: Of) -> Value {
        let known = self.names.iter().find(|(t, _)| *t == of).map(|(_, name)| name.clone());
        let name = known.unwrap_or_else(|| {
            let same = self.names.iter().filter(|((_, name), _)| *name == of.1).count();
            let name = if same == 0 { of.1.to_string() } else { format!("{}{}", of.1, same + 1) };
            self.names.push((of, name.clone()));
            name
        });
        let mut reference = Value::object();
        reference.set("$ref", format!("#/$defs/{}", name));
        reference
    }

    fn meet(&mut self, of: Of) -> Option<Value> {
        if let Some((_, again)) = self.open.iter_mut().find(|(t, _)| *t == of) {
            *again = true;
            return Some(self.reference(of));
        }
        if self.done.iter().any(|(t, _)| *t == of) {
            return Some(self.reference(of));
        }
        self.open.push((of, false));
        None
    }

    fn leave(&mut self, of: Of, schema: Value) -> Value {
        match self.open.pop() {
            Some((_, true)) => {
                self.done.push((of, schema));
                self.reference(of)
            }
            _ => schema,
        }
    }
}

/// The schema of a struct, which may contain itself; for the macros.
#[doc(hidden)]
pub fn named(module: &'static str, name: &'static str, schema: impl FnOnce() -> Value) -> Value {
    let of = (module, name);
    let described = || {
        let met = DEFINITIONS.with(|d| d.borrow_mut().meet(of));
        met.unwrap_or_else(|| {
            let schema = schema();
            DEFINITIONS.with(|d| d.borrow_mut().leave(of, schema))
        })
    };
    if DEFINITIONS.with(|d| d.borrow().roots) > 0 {
        described()
    } else {
        root(described)
    }
}

/// A schema with the definitions that it refers to.
pub(crate) fn root(schema: impl FnOnce() -> Value) -> Value {
    let outer = DEFINITIONS.with(|d| d.replace(Definitions { roots: 1, ..Definitions::default() }));
    let mut schema = schema();
    let own = DEFINITIONS.with(|d| d.replace(outer));
    if !own.done.is_empty() {
        let name = |of: &Of| own.names.iter().find(|(t, _)| t == of).map_or(String::new(), |(_, n)| n.clone());
        let definitions = own.done.iter().map(|(of, s)| (name(of), s.clone())).collect();
        schema.set("$defs", Value::Object(definitions));
    }
    schema
}

#[cfg(test)]
mod tests {
    use crate::{json, record, Data, Operation};
    use std::collections::BTreeMap;

    record! {
        #[derive(Clone, Debug, PartialEq)]
        pub struct Tree {
            pub n: i64,
            pub children: Vec<Tree>,
            pub parent: Option<Box<Tree>>,
        }
    }
    record! {
        #[derive(Clone, Debug, PartialEq)]
        pub struct Forest { pub oaks: Vec<Tree>, pub firs: BTreeMap<String, Tree>, pub other: other::Tree }
    }
    mod other {
        crate::record! {
            #[derive(Clone, Debug, PartialEq)]
            pub struct Tree { pub next: Option<Box<Tree>> }
        }
    }

    #[test]
    fn a_type_that_contains_itself_is_described_once() {
        let tree = json!({
            "type": "object",
            "properties": {
                "n": {"type": "integer"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/Tree"}},
                "parent": {"anyOf": [{"$ref": "#/$defs/Tree"}, {"type": "null"}]}
            },
            "required": ["n", "children"]
        });
        assert_eq!(Tree::schema(), json!({"$ref": "#/$defs/Tree", "$defs": {"Tree": (tree.clone())}}));
        let forest = Forest::schema();
        assert_eq!(forest["properties"]["oaks"], json!({"type": "array", "items": {"$ref": "#/$defs/Tree"}}));
        assert_eq!(forest["properties"]["other"], json!({"$ref": "#/$defs/Tree2"}));
        assert_eq!(forest["$defs"]["Tree"], tree);
        assert!(!forest["$defs"]["Tree2"].is_null());
    }

    #[test]
    fn definitions_are_at_the_root_of_an_operations_schema() {
        let described = Operation::call("grow").input(<Vec<Tree> as Data>::schema).describe();
        assert_eq!(described["input"]["items"], json!({"$ref": "#/$defs/Tree"}));
        assert!(!described["input"]["$defs"]["Tree"].is_null());
        let value = json!({"n": 1, "children": [{"n": 2, "children": []}], "parent": null});
        assert_eq!(Tree::from_value(value.clone()).unwrap().children[0].n, 2);
    }
}
