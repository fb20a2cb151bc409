//! Rewriting of legacy message keys into canonical ones, which sort by time.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem};
use futures::future::try_join_all;
use time::{Duration, OffsetDateTime};

use cruddur_messages::domain::conversation;
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::legacy::numbering;
use cruddur_messages::server::store::dynamodb::rows::MessageRow;
use cruddur_messages::server::store::dynamodb::table::{Item, Key, SK, SortTime};
use cruddur_messages::server::store::dynamodb::time_slices;
use cruddur_messages::server::store::dynamodb::{Direction, Table};

/// Maximum number of messages moved by one transaction: two parts and about four write units each.
const MOVES_PER_TRANSACTION: usize = 12;

const SLICE_LEN: usize = 500;

/// Change of a message's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Move {
    from: SortTime,
    to: SortTime,
}

/// Outcome of a transaction of moves. Without `Done`, nothing has been moved.
pub(super) enum Outcome {
    Done,
    /// A row is no longer at its old key, or the new key is occupied.
    Conflict,
    Throttled,
}

/// Plans the moves of a conversation, newest first. Holds all of its keys in memory.
pub(super) async fn plan(table: &Table, conversation: conversation::Id) -> Result<Vec<Move>, Failure> {
    let (mut legacy, mut fixed) = (Vec::new(), HashSet::new());
    let mut from = None;
    loop {
        let read = |item: &Item| match Key::of(item)? {
            Key::Message(_, at) => Some((at, MessageRow::from_item(item).is_some_and(|row| row.seq == 0))),
            _ => None,
        };
        let partition = Key::messages(conversation);
        let slice = time_slices::slice(table, &partition, Direction::Newer, from.as_ref(), SLICE_LEN, read).await?;
        from = slice.rows.last().map(|(at, _)| at.clone());
        for (at, is_legacy) in slice.rows {
            if is_legacy {
                legacy.push(at);
            } else {
                fixed.insert(at.canonical().at());
            }
        }
        if !slice.more {
            return Ok(moves(legacy, &fixed));
        }
    }
}

/// Returns the moves that make legacy keys sort by time. They start at the newest, so that a key is vacated before
/// another message needs it. Rows of one instant keep the order of their keys, a microsecond apart. `fixed` keys do not
/// change.
fn moves(mut legacy: Vec<SortTime>, fixed: &HashSet<OffsetDateTime>) -> Vec<Move> {
    legacy.sort_unstable();
    let mut last: Option<SortTime> = None;
    let mut moves = Vec::new();
    for from in legacy {
        let mut to = last.map_or(from.canonical(), |last| last.next(from.at()));
        while fixed.contains(&to.at()) {
            to = to.next(to.at() + Duration::MICROSECOND);
        }
        last = Some(to.clone());
        if to.as_str() != from.as_str() {
            moves.push(Move { from, to });
        }
    }
    moves.reverse();
    moves
}

/// Returns as many of the next moves as one transaction can hold. A transaction cannot touch a row twice, which it
/// would if a message took the old key of another.
pub(super) fn next(moves: &[Move]) -> &[Move] {
    let mut touched = HashSet::new();
    let next = moves.iter().take(MOVES_PER_TRANSACTION);
    let count = next.take_while(|&one| touched.insert(one.from.as_str()) && touched.insert(one.to.as_str())).count();
    &moves[..count]
}

/// Moves some messages in one transaction. Attributes other than the key stay as they are.
pub(super) async fn apply(table: &Table, conversation: conversation::Id, moves: &[Move]) -> Result<Outcome, Failure> {
    let keys: Vec<_> = moves.iter().map(|one| Key::Message(conversation, one.from.clone())).collect();
    let found = try_join_all(keys.iter().map(|key| table.get(key))).await?;
    let mut parts = Vec::new();
    for (one, item) in moves.iter().zip(found) {
        let Some(mut item) = item else { return Ok(Outcome::Conflict) };
        parts.push(delete(table, &item)?);
        item.insert(SK.to_owned(), AttributeValue::S(one.to.as_str().to_owned()));
        parts.push(table.put_if_absent(item)?);
    }
    let count = parts.len();
    Ok(match table.transact(parts).await? {
        Ok(()) => Outcome::Done,
        Err(cancelled) if (0..count).any(|part| cancelled.condition_failed(part)) => Outcome::Conflict,
        Err(_) => Outcome::Throttled,
    })
}

/// Builds a transaction part that deletes a row if it still holds the same state of the same message: its author may
/// edit or delete it meanwhile.
fn delete(table: &Table, item: &Item) -> Result<TransactWriteItem, Failure> {
    let (unchanged, values) = numbering::unchanged(item);
    let delete = Delete::builder()
        .table_name(table.name())
        .set_key(Key::of(item).map(|key| key.item()))
        .condition_expression(unchanged)
        .set_expression_attribute_values(Some(values));
    Ok(TransactWriteItem::builder().delete(delete.build()?).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(texts: &[&str]) -> Vec<SortTime> {
        texts.iter().map(|text| SortTime::stored(text).expect("a time")).collect()
    }

    fn moved(legacy: &[&str], fixed: &[&str]) -> Vec<(String, String)> {
        let fixed = keys(fixed).iter().map(SortTime::at).collect();
        let moves = moves(keys(legacy), &fixed);
        moves.into_iter().map(|one| (one.from.as_str()[11..].to_owned(), one.to.as_str()[11..].to_owned())).collect()
    }

    fn texts(moves: &[(&str, &str)]) -> Vec<(String, String)> {
        moves.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect()
    }

    #[test]
    fn canonical_keys_do_not_change() {
        let canonical = ["2026-11-21T09:26:28.000000+00:00", "2026-11-21T09:26:28.000001+00:00"];
        assert_eq!(moved(&canonical, &[]), []);
        assert_eq!(moved(&[], &canonical), []);
    }

    #[test]
    fn keys_in_every_format_become_canonical() {
        assert_eq!(
            moved(&["2026-11-21T04:26:28.5-05:00", "2026-11-21T09:26:28", "2026-11-21T09:26:29+00:00"], &[]),
            texts(&[
                ("09:26:29+00:00", "09:26:29.000000+00:00"),
                ("04:26:28.5-05:00", "09:26:28.500000+00:00"),
                ("09:26:28", "09:26:28.000000+00:00"),
            ])
        );
    }

    #[test]
    fn messages_of_one_instant_get_distinct_keys_and_later_ones_move_first() {
        let legacy = ["2026-11-21T09:26:28.000000+00:00", "2026-11-21T09:26:28", "2026-11-21T09:26:28.000001+00:00"];
        let expected = texts(&[
            ("09:26:28.000001+00:00", "09:26:28.000002+00:00"),
            ("09:26:28.000000+00:00", "09:26:28.000001+00:00"),
            ("09:26:28", "09:26:28.000000+00:00"),
        ]);
        assert_eq!(moved(&legacy, &[]), expected);
        let moves = moves(keys(&legacy), &HashSet::new());
        assert_eq!(next(&moves).len(), 1, "one transaction cannot touch a row twice");
    }

    #[test]
    fn numbered_messages_keep_their_keys() {
        let fixed = ["2026-11-21T09:26:28.000000+00:00", "2026-11-21T09:26:28.000001+00:00"];
        assert_eq!(moved(&["2026-11-21T09:26:28"], &fixed), texts(&[("09:26:28", "09:26:28.000002+00:00")]));
    }

    #[test]
    fn an_interrupted_rewrite_resumes_to_the_same_result() {
        let start = [
            "2026-11-21T09:26:28",
            "2026-11-21T09:26:28+00:00",
            "2026-11-21T04:26:28-05:00",
            "2026-11-21T09:26:28.000001+00:00",
            "2026-11-21T09:26:28.000003",
        ];
        let apply = |keys: &mut Vec<SortTime>, moves: &[Move]| {
            for one in moves {
                assert!(!keys.contains(&one.to), "the new key of {one:?} is free");
                let position = keys.iter().position(|key| *key == one.from).expect("the old key exists");
                keys[position] = one.to.clone();
            }
        };
        let all = moves(keys(&start), &HashSet::new());
        let mut end = keys(&start);
        apply(&mut end, &all);
        assert!(end.iter().all(SortTime::is_canonical));
        for made in 0..all.len() {
            let mut now = keys(&start);
            apply(&mut now, &all[..made]);
            let rest = moves(now.clone(), &HashSet::new());
            apply(&mut now, &rest);
            assert_eq!(now, end, "after {made} moves");
        }
    }
}
