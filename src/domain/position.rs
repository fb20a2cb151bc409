//! Positions in the events of a server.

use std::cmp::Ordering;
use std::fmt;

use uuid::Uuid;

/// Number of events that a server has published. Positions of different servers cannot be compared, and neither can
/// those from before and after a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Names the server process.
    pub server: Uuid,
    pub count: u64,
}

/// Source of the position of the page that is being rendered; `None` if its data may be out of date. The server
/// provides it as a context. To be called before the data of the page are read.
#[derive(Debug, Clone, Copy)]
pub struct PositionSource(pub fn() -> Option<Position>);

impl Position {
    /// Reads a position from its text.
    pub fn parse(text: &str) -> Option<Self> {
        let (server, count) = text.split_once('-')?;
        Some(Self { server: Uuid::try_parse(server).ok()?, count: count.parse().ok()? })
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.server.simple(), self.count)
    }
}

impl PartialOrd for Position {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (self.server == other.server).then(|| self.count.cmp(&other.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(server: u128, count: u64) -> Position {
        Position { server: Uuid::from_u128(server), count }
    }

    #[test]
    fn a_position_is_read_as_it_was_written_and_anything_else_is_not_a_position() {
        let written = position(7, 40).to_string();
        assert_eq!(written, "00000000000000000000000000000007-40");
        assert_eq!(Position::parse(&written), Some(position(7, 40)));
        for text in ["", "-", "1", "x-1", "7-", "00000000000000000000000000000007-", &format!("{written}x")] {
            assert_eq!(Position::parse(text), None, "{text}");
        }
    }

    #[test]
    fn positions_of_one_server_have_an_order_and_those_of_two_servers_have_none() {
        assert!(position(1, 3) <= position(1, 3) && position(1, 3) < position(1, 4));
        assert_eq!(position(1, 3).partial_cmp(&position(2, 4)), None);
    }
}
