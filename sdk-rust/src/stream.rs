//! Operations that answer with many values.

use crate::{Actor, Data, Error, Value};

type Next<A, T> = Box<dyn FnMut(&mut A) -> Result<Option<T>, Error>>;
type Close<A> = Box<dyn FnOnce(&mut A)>;

/// The values that a stream operation answers with, one after the other.
///
/// Each value ends a turn: the actor's state is committed, then the value leaves. Between two values the
/// actor may handle other messages, which is why what makes the next value is given the actor anew. An
/// error ends the stream. Streams live in the actor's memory: a restart ends them.
///
/// ```
/// # use plexspaces::{actor, Error, Stream};
/// actor! {
///     struct Counter as "counter" { n: i64 = 0 }
///     impl {
///         stream fn up_to(&mut self, limit: i64) -> Stream<Self, i64> {
///             Stream::from_fn(move |me: &mut Self| {
///                 me.n += 1;
///                 Ok(if me.n <= limit { Some(me.n) } else { None })
///             })
///         }
///     }
/// }
/// ```
pub struct Stream<A, T = Value> {
    next: Next<A, T>,
    closed: Option<Close<A>>,
}

impl<A: 'static, T: 'static> Stream<A, T> {
    /// The values of an iterator: a `Vec`, a range, anything that needs nothing of the actor.
    pub fn of<I>(values: I) -> Stream<A, T>
    where
        I: IntoIterator<Item = T>,
        I::IntoIter: 'static,
    {
        let mut values = values.into_iter();
        Stream::from_fn(move |_| Ok(values.next()))
    }

    /// `next` is called once a turn; `None` ends the stream.
    pub fn from_fn(next: impl FnMut(&mut A) -> Result<Option<T>, Error> + 'static) -> Stream<A, T> {
        Stream { next: Box::new(next), closed: None }
    }

    /// What to do when the reader leaves before the end, or when a value after the first was an error: the turn of
    /// the error is undone, this is a turn of its own. Not called at the end, and not if the actor crashed.
    pub fn on_close(mut self, closed: impl FnOnce(&mut A) + 'static) -> Stream<A, T> {
        self.closed = Some(Box::new(closed));
        self
    }

    /// The next value, or none at the end.
    pub fn next(&mut self, actor: &mut A) -> Result<Option<T>, Error> {
        (self.next)(actor)
    }

    /// Ends it early.
    pub fn close(mut self, actor: &mut A) {
        if let Some(closed) = self.closed.take() {
            closed(actor);
        }
    }

    /// The same with other values.
    pub fn map<U: 'static>(self, f: impl Fn(T) -> U + 'static) -> Stream<A, U> {
        let mut next = self.next;
        Stream { next: Box::new(move |a| next(a).map(|v| v.map(&f))), closed: self.closed }
    }
}

/// What a stream operation may return; for the macros.
#[doc(hidden)]
pub trait IntoStream<A> {
    type Item: Data;
    fn into_stream(self) -> Result<Stream<A, Value>, Error>;
}

impl<A: Actor, T: Data + 'static> IntoStream<A> for Stream<A, T> {
    type Item = T;
    fn into_stream(self) -> Result<Stream<A, Value>, Error> {
        Ok(self.map(T::into_value))
    }
}

impl<A: Actor, T: Data + 'static> IntoStream<A> for Result<Stream<A, T>, Error> {
    type Item = T;
    fn into_stream(self) -> Result<Stream<A, Value>, Error> {
        self.and_then(IntoStream::into_stream)
    }
}
