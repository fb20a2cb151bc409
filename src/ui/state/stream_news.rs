//! News of the user's event stream, and their form on the channel between the tabs of a browser.

use crate::domain::position::Position;
use crate::domain::user;

/// News of the event stream: from the server in the tab that holds the stream, and through that tab in the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum StreamNews {
    /// The stream is open, and brings all events after the position.
    Open { user: Option<user::Id>, position: Option<Position> },
    /// Heartbeat of an open stream, with the position of its last event.
    Beat { user: Option<user::Id>, position: Option<Position> },
    /// Event as JSON.
    Event { json: String, position: Option<Position> },
    /// The users who are online, from the tab that holds the stream to a tab that has just been opened.
    Present { people: Vec<user::Id> },
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
    /// Request for the users who are online.
    AskWhoIsOnline,
    /// Request to reopen a stream that has given way.
    Wake,
}

impl TabMessage {
    /// Returns the message as text: a word, a user or position without spaces, and the rest.
    pub(super) fn encode(&self) -> String {
        match self {
            Self::News(StreamNews::Open { user, position }) => format!("hello {} {}", text(user), text(position)),
            Self::News(StreamNews::Beat { user, position }) => format!("beat {} {}", text(user), text(position)),
            Self::News(StreamNews::Event { json, position }) => format!("message {} {json}", text(position)),
            Self::News(StreamNews::Present { people }) => {
                people.iter().fold("present".to_owned(), |text, person| format!("{text} {person}"))
            }
            Self::News(StreamNews::Lost) => "lost".to_owned(),
            Self::News(StreamNews::SignedOut) => "signed-out".to_owned(),
            Self::News(StreamNews::GaveWay) => "gave-way".to_owned(),
            Self::Alive => "alive".to_owned(),
            Self::Ask => "ask".to_owned(),
            Self::AskWhoIsOnline => "ask-who-is-online".to_owned(),
            Self::Wake => "wake".to_owned(),
        }
    }

    /// Reads a message; `None` if another version of the app has sent one that this page does not know.
    pub(super) fn decode(message: &str) -> Option<Self> {
        let mut words = message.splitn(3, ' ');
        let (kind, id, rest) = (words.next()?, words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let (user, position) = (id.parse().ok(), Position::parse(rest));
        Some(match kind {
            // Tabs of earlier versions say `resumed` after a short loss.
            "hello" | "resumed" => Self::News(StreamNews::Open { user, position }),
            "beat" => Self::News(StreamNews::Beat { user, position }),
            "message" => Self::News(StreamNews::Event { json: rest.to_owned(), position: Position::parse(id) }),
            "present" => {
                let people = message.split(' ').skip(1).filter_map(|person| person.parse().ok());
                Self::News(StreamNews::Present { people: people.collect() })
            }
            "lost" => Self::News(StreamNews::Lost),
            "signed-out" => Self::News(StreamNews::SignedOut),
            "gave-way" => Self::News(StreamNews::GaveWay),
            "alive" => Self::Alive,
            "ask" => Self::Ask,
            "ask-who-is-online" => Self::AskWhoIsOnline,
            "wake" => Self::Wake,
            _ => return None,
        })
    }
}

fn text(value: &Option<impl ToString>) -> String {
    value.as_ref().map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;

    #[test]
    fn every_message_between_tabs_is_read_as_it_was_written() {
        let (user, position) =
            (Some(samples::user(1, "ana").id), Position::parse("00000000000000000000000000000005-7"));
        let json = r#"{"type":"typing", "text": "a b  c"}"#.to_owned();
        assert!(position.is_some());
        for message in [
            TabMessage::News(StreamNews::Open { user, position }),
            TabMessage::News(StreamNews::Open { user: None, position }),
            TabMessage::News(StreamNews::Beat { user, position }),
            TabMessage::News(StreamNews::Beat { user: None, position: None }),
            TabMessage::News(StreamNews::Event { json: json.clone(), position }),
            TabMessage::News(StreamNews::Event { json, position: None }),
            TabMessage::News(StreamNews::Present { people: Vec::new() }),
            TabMessage::News(StreamNews::Present { people: [1, 2, 3].map(|n| samples::user(n, "x").id).into() }),
            TabMessage::News(StreamNews::Lost),
            TabMessage::News(StreamNews::SignedOut),
            TabMessage::News(StreamNews::GaveWay),
            TabMessage::Alive,
            TabMessage::Ask,
            TabMessage::AskWhoIsOnline,
            TabMessage::Wake,
        ] {
            assert_eq!(TabMessage::decode(&message.encode()), Some(message));
        }
        assert_eq!([TabMessage::decode(""), TabMessage::decode("later")], [None, None]);
    }
}
