//! The running actor's own address, and those of its neighbours.

use std::cell::RefCell;

thread_local! {
    static OWN: RefCell<String> = RefCell::new(String::new());
}

pub(crate) fn set(address: &str) -> String {
    OWN.with(|own| own.replace(address.to_string()))
}

/// The running actor's own address, `app/type/key`.
pub fn actor_id() -> String {
    OWN.with(|own| own.borrow().clone())
}

/// The app of an address.
pub fn actor_application_id(id: &str) -> &str {
    id.find('/').map_or("", |slash| &id[..slash])
}

/// The target for another actor of this app: a child id as it is, `type/key` with the app before it.
pub fn sibling_actor_id(name: &str) -> String {
    if name.contains('/') {
        format!("{}/{}", actor_application_id(&actor_id()), name)
    } else {
        name.to_string()
    }
}
