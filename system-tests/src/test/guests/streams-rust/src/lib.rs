//! Streams in thousands: for what is limited.

use plexspaces::{actor, export_actors, host, json, Error, Stream};

actor! {
    /// Streams without end, and knows how many of them were closed.
    pub struct Ticker as "ticker" {
        closed: i64,
    }

    impl {
        stream fn ticks(&mut self) -> Stream<Self, i64> {
            Stream::of(0..).on_close(|me: &mut Self| me.closed += 1)
        }

        query fn closed(&self) -> i64 {
            self.closed
        }
    }
}

actor! {
    /// Reads many streams of one actor at once.
    pub struct Hub as "hub" {}

    impl {
        stream fn gather(&mut self, of: String, each: usize) -> Result<Stream<Self, usize>, Error> {
            let mut open = Vec::new();
            for _ in 0..each {
                let mut stream = host::ask_stream(&format!("ticker/{}", of), "ticks", json!({}), None)?;
                stream.next().transpose()?;
                open.push(stream);
            }
            Ok(Stream::from_fn(move |_| Ok(Some(open.len()))))
        }
    }
}

export_actors!(Ticker, Hub);
