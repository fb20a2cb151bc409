//! Cursors: the end of a page, as text that only the store can read.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::domain::error::AppError;
use crate::domain::field_error::FieldCode;
use crate::domain::page::{AFTER, AROUND, BEFORE, Cursor};
use crate::server::store::dynamodb::table::SortTime;

/// Side of the cursor's position on which the page lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Older,
    Newer,
}

/// First word of every cursor. A new layout gets a new version.
const VERSION: &str = "1";

/// Encodes a position in a partition.
pub(super) fn encode(partition: &str, direction: Direction, at: &SortTime) -> Cursor {
    let direction = match direction {
        Direction::Older => "older",
        Direction::Newer => "newer",
    };
    Cursor(BASE64_URL_SAFE_NO_PAD.encode([VERSION, partition, direction, at.as_str()].join(" ")))
}

/// Decodes a position in this partition. Invalid if the cursor was not made for this partition. The partition in a
/// cursor is only compared, never used, so a forged cursor gives access to no other rows.
pub(super) fn decode(cursor: &Cursor, partition: &str) -> Result<(Direction, SortTime), AppError> {
    parse(cursor, partition).ok_or_else(|| AppError::invalid("cursor", FieldCode::CursorInvalid))
}

/// Returns the time of a cursor for the page around a time; `None` for other cursors.
pub(super) fn decode_around(cursor: &Cursor) -> Option<SortTime> {
    Some(SortTime::parse(cursor.0.strip_prefix(AROUND)?)?.canonical())
}

fn parse(cursor: &Cursor, partition: &str) -> Option<(Direction, SortTime)> {
    for (prefix, direction) in [(BEFORE, Direction::Older), (AFTER, Direction::Newer)] {
        if let Some(time) = cursor.0.strip_prefix(prefix) {
            return Some((direction, SortTime::from(SortTime::parse(time)?.at())));
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
    Some((direction, SortTime::parse(words.next()?)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_cursor_is_valid_only_for_the_partition_it_was_made_for() {
        let at = SortTime::from(datetime!(2026-11-21 9:26 UTC));
        for direction in [Direction::Older, Direction::Newer] {
            let cursor = encode("partition-1", direction, &at);
            assert_eq!(decode(&cursor, "partition-1"), Ok((direction, at.clone())));
            assert!(decode(&cursor, "partition-2").is_err());
        }
    }

    #[test]
    fn a_damaged_cursor_is_invalid() {
        let whole = encode("partition-1", Direction::Older, &SortTime::from(datetime!(2026-11-21 9:26 UTC))).0;
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
            assert!(decode(&Cursor(damaged.to_owned()), "partition-1").is_err(), "{damaged}");
        }
    }
}
