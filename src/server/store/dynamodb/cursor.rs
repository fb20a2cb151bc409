//! Cursors: where a page ends, as text that only the store reads.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::domain::error::AppError;
use crate::domain::page::{AFTER, BEFORE, Cursor};
use crate::server::store::dynamodb::table::SortTime;

/// To which side of a place a page lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// Before it in time.
    Older,
    /// After it in time.
    Newer,
}

/// The first word of every cursor: another layout will have another.
const VERSION: &str = "1";

/// Writes down a place in a partition.
pub(super) fn write(partition: &str, direction: Direction, at: &SortTime) -> Cursor {
    let direction = match direction {
        Direction::Older => "older",
        Direction::Newer => "newer",
    };
    Cursor(BASE64_URL_SAFE_NO_PAD.encode([VERSION, partition, direction, at.as_str()].join(" ")))
}

/// Reads a place in this partition. Invalid: what was not written for it. The partition in a cursor is only compared,
/// never used: a forged cursor leads to no other rows than the true one.
pub(super) fn read(cursor: &Cursor, partition: &str) -> Result<(Direction, SortTime), AppError> {
    place(cursor, partition).ok_or_else(|| {
        AppError::invalid("cursor", "This link to older or newer entries is damaged. Start from the newest.")
    })
}

fn place(cursor: &Cursor, partition: &str) -> Option<(Direction, SortTime)> {
    for (prefix, direction) in [(BEFORE, Direction::Older), (AFTER, Direction::Newer)] {
        if let Some(time) = cursor.0.strip_prefix(prefix) {
            return Some((direction, SortTime::from(SortTime::stored(time)?.at())));
        }
    }
    let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(&cursor.0).ok()?).ok()?;
    let mut words = text.splitn(4, ' ');
    if (words.next()?, words.next()?) != (VERSION, partition) {
        return None;
    }
    let direction = match words.next()? {
        "older" => Direction::Older,
        "newer" => Direction::Newer,
        _ => return None,
    };
    Some((direction, SortTime::stored(words.next()?)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_cursor_is_read_back_for_the_partition_that_it_was_written_for_only() {
        let at = SortTime::from(datetime!(2026-11-21 9:26 UTC));
        for direction in [Direction::Older, Direction::Newer] {
            let cursor = write("partition-1", direction, &at);
            assert_eq!(read(&cursor, "partition-1"), Ok((direction, at.clone())));
            assert!(read(&cursor, "partition-2").is_err());
        }
    }

    #[test]
    fn a_damaged_cursor_is_invalid() {
        let whole = write("partition-1", Direction::Older, &SortTime::from(datetime!(2026-11-21 9:26 UTC))).0;
        let odd = [
            "2 partition-1 older 2026-11-21T09:26:00+00:00",
            "1 partition-1 sideways 2026-11-21T09:26:00+00:00",
            "1 partition-1 older HEAD",
            "1 partition-1",
        ];
        let odd = odd.map(|text| BASE64_URL_SAFE_NO_PAD.encode(text));
        for damaged in
            ["", "%", "AAAA", &whole[1..], &whole[..whole.len() / 2]].into_iter().chain(odd.iter().map(String::as_str))
        {
            assert!(read(&Cursor(damaged.to_owned()), "partition-1").is_err(), "{damaged}");
        }
    }
}
