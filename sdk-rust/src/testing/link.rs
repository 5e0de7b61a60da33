//! Fakes for service links: the only way out of an actor to HTTP.

use super::operations::Operations;
use crate::{json, Code, Error, Value};
use std::rc::Rc;

pub type ServiceLink = Rc<dyn Fn(&Request) -> Result<Response, Error>>;

/// What an actor asks of a service link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST`, ..
    pub method: String,
    /// Behind the link's own address.
    pub path: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body; may be empty.
    pub body: Vec<u8>,
}

/// What the fake of a service link answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The status, such as 200.
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body; may be empty.
    pub body: Vec<u8>,
}

impl Response {
    /// An answer of text.
    pub fn text(status: u16, text: impl Into<String>) -> Response {
        Response { status, headers: Vec::new(), body: text.into().into_bytes() }
    }

    /// The same with a header.
    pub fn header(mut self, name: &str, value: &str) -> Response {
        self.headers.push((name.to_string(), value.to_string()));
        self
    }
}

impl Operations<'_> {
    pub fn fetch(&self) -> Result<Value, Error> {
        let name = self.text("link")?;
        let fake = self.world.service_links.borrow().get(name).cloned().ok_or_else(|| {
            let why = format!("there is no service link \"{}\": give the world one with service_link", name);
            Error::system(Code::NotFound, why)
        })?;
        let given = self.arguments["headers"].as_object().unwrap_or(&[]);
        let headers = given.iter().map(|(n, v)| (n.clone(), v.as_str().unwrap_or("").to_string())).collect();
        let request = Request {
            method: self.text("method")?.to_string(),
            path: self.text("path")?.to_string(),
            headers,
            body: self.body.to_vec(),
        };
        let answer = fake(&request)?;
        let headers = answer.headers.into_iter().map(|(n, v)| (n, Value::from(v))).collect();
        Ok(json!({
            "status": (answer.status), "headers": (Value::Object(headers)), "body": (Value::Bytes(answer.body))
        }))
    }
}
