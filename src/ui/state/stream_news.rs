//! News of the user's event stream, and their form on the channel between the tabs of a browser.

use crate::domain::user;

/// News of the event stream: from the server in the tab that holds the stream, and through that tab in the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum StreamNews {
    /// The stream is open. `is_resumed`: it continues where the last one ended, so that no event is missing.
    Open { user: Option<user::Id>, position: String, is_resumed: bool },
    /// Heartbeat of an open stream, with the position of its last event.
    Beat { user: Option<user::Id>, position: String },
    /// Event as JSON. The position is empty if the event has none.
    Event { json: String, position: String },
    /// There is no stream at the moment.
    Lost,
    /// There is no stream, because the session has ended.
    SignedOut,
    /// The stream has given way to another browser of the same user.
    GaveWay,
}

/// Message between the tabs of a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TabMessage {
    /// From the tab that holds the stream to the others.
    News(StreamNews),
    /// The tab that holds the stream is alive, and is opening it.
    Alive,
    /// Request for a sign of life of the tab that holds the stream.
    Ask,
    /// Request to reopen a stream that has given way.
    Wake,
}

impl TabMessage {
    /// Returns the message as text: a word, a user or position without spaces, and the rest.
    pub(super) fn encode(&self) -> String {
        let id = |user: &Option<user::Id>| user.map(|user| user.to_string()).unwrap_or_default();
        match self {
            Self::News(StreamNews::Open { user, position, is_resumed }) => {
                format!("{} {} {position}", if *is_resumed { "resumed" } else { "hello" }, id(user))
            }
            Self::News(StreamNews::Beat { user, position }) => format!("beat {} {position}", id(user)),
            Self::News(StreamNews::Event { json, position }) => format!("message {position} {json}"),
            Self::News(StreamNews::Lost) => "lost".to_owned(),
            Self::News(StreamNews::SignedOut) => "signed-out".to_owned(),
            Self::News(StreamNews::GaveWay) => "gave-way".to_owned(),
            Self::Alive => "alive".to_owned(),
            Self::Ask => "ask".to_owned(),
            Self::Wake => "wake".to_owned(),
        }
    }

    /// Reads a message; `None` if another version of the app has sent one that this page does not know.
    pub(super) fn decode(text: &str) -> Option<Self> {
        let mut words = text.splitn(3, ' ');
        let (kind, id, rest) = (words.next()?, words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let open = |is_resumed| StreamNews::Open { user: id.parse().ok(), position: rest.to_owned(), is_resumed };
        Some(match kind {
            "hello" => Self::News(open(false)),
            "resumed" => Self::News(open(true)),
            "beat" => Self::News(StreamNews::Beat { user: id.parse().ok(), position: rest.to_owned() }),
            "message" => Self::News(StreamNews::Event { json: rest.to_owned(), position: id.to_owned() }),
            "lost" => Self::News(StreamNews::Lost),
            "signed-out" => Self::News(StreamNews::SignedOut),
            "gave-way" => Self::News(StreamNews::GaveWay),
            "alive" => Self::Alive,
            "ask" => Self::Ask,
            "wake" => Self::Wake,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;

    #[test]
    fn every_message_between_tabs_is_read_as_it_was_written() {
        let (user, position) = (Some(samples::user(1, "ana").id), "5f-7".to_owned());
        let json = r#"{"type":"typing", "text": "a b  c"}"#.to_owned();
        for message in [
            TabMessage::News(StreamNews::Open { user, position: position.clone(), is_resumed: false }),
            TabMessage::News(StreamNews::Open { user: None, position: position.clone(), is_resumed: true }),
            TabMessage::News(StreamNews::Beat { user, position: position.clone() }),
            TabMessage::News(StreamNews::Beat { user: None, position: String::new() }),
            TabMessage::News(StreamNews::Event { json: json.clone(), position }),
            TabMessage::News(StreamNews::Event { json, position: String::new() }),
            TabMessage::News(StreamNews::Lost),
            TabMessage::News(StreamNews::SignedOut),
            TabMessage::News(StreamNews::GaveWay),
            TabMessage::Alive,
            TabMessage::Ask,
            TabMessage::Wake,
        ] {
            assert_eq!(TabMessage::decode(&message.encode()), Some(message));
        }
        assert_eq!([TabMessage::decode(""), TabMessage::decode("later")], [None, None]);
    }
}
