//! Connection of the event stream to the server. Runs in the browser only.

use std::rc::Rc;

use leptos::wasm_bindgen::JsCast;
use leptos::wasm_bindgen::closure::Closure;
use leptos::web_sys::{Event, EventSource, MessageEvent};

use crate::domain::position::Position;
use crate::ui::state::stream_news::StreamNews;

/// Path of the event stream.
const PATH: &str = "/events";

/// End of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The server has refused the stream, or has ended it for good.
    Refused,
    /// The connection was lost, or there was none.
    Lost,
}

/// Open event stream, closed when dropped. It does not reopen itself, because all browsers would do so at the same
/// time.
pub(super) struct StreamConnection {
    source: EventSource,
    _closures: Vec<Closure<dyn FnMut(Event)>>,
}

impl StreamConnection {
    /// Opens the stream after a position; from now on if there is none. `on_news` gets what the server says,
    /// and `on_end` is called once when the connection has ended. `None` if the browser has no event streams.
    pub(super) fn open(
        after: Option<Position>,
        on_news: Rc<dyn Fn(StreamNews)>,
        on_end: Rc<dyn Fn(End)>,
    ) -> Option<Self> {
        let path = after.map_or_else(|| PATH.to_owned(), |after| format!("{PATH}?after={after}"));
        let source = EventSource::new(&path).ok()?;
        let mut closures = Vec::new();
        let mut on = |name: &str, handle: Box<dyn FnMut(Event)>| {
            let closure = Closure::wrap(handle);
            let _ = source.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
            closures.push(closure);
        };
        for (name, read) in [
            ("hello", open as fn(String, Option<Position>) -> StreamNews),
            ("resumed", open),
            ("beat", |_, position| StreamNews::Beat { user: None, position }),
            ("message", |json, position| StreamNews::Event { json, position }),
            ("gave-way", |_, _| StreamNews::GaveWay),
        ] {
            let on_news = Rc::clone(&on_news);
            on(
                name,
                Box::new(move |event| {
                    if let Ok(event) = event.dyn_into::<MessageEvent>() {
                        let position = Position::parse(&event.last_event_id());
                        on_news(read(event.data().as_string().unwrap_or_default(), position));
                    }
                }),
            );
        }
        let failing = source.clone();
        on(
            "error",
            Box::new(move |_| {
                let is_refused = failing.ready_state() == EventSource::CLOSED;
                failing.close();
                on_end(if is_refused { End::Refused } else { End::Lost });
            }),
        );
        Some(Self { source, _closures: closures })
    }
}

fn open(user: String, position: Option<Position>) -> StreamNews {
    StreamNews::Open { user: user.parse().ok(), position }
}

impl Drop for StreamConnection {
    fn drop(&mut self) {
        self.source.close();
    }
}
