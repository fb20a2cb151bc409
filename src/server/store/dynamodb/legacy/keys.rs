//! Old messages under keys that sort by time.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem};
use futures::future::try_join_all;
use time::{Duration, OffsetDateTime};

use crate::domain::conversation;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::cursor::Direction;
use crate::server::store::dynamodb::rows::{self, MessageRow};
use crate::server::store::dynamodb::table::{Item, Key, MESSAGE_UUID, SK, SortTime};
use crate::server::store::dynamodb::time_slices;

/// How many messages one transaction moves: two parts and some four write units each.
const MOVES_AT_ONCE: usize = 12;

/// How many keys are read at once.
const SLICE_LEN: usize = 500;

/// A message that has another key than it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Move {
    from: SortTime,
    to: SortTime,
}

/// What became of some moves.
pub(super) enum Moved {
    /// They are made.
    Done,
    /// Nothing: a row is not where it was, or stands in the way.
    Changed,
    /// Nothing: the table is too busy.
    Busy,
}

/// What has to be moved in a conversation, newest first. Holds its keys in memory.
pub(super) async fn plan(table: &Table, conversation: conversation::Id) -> Result<Vec<Move>, Failure> {
    let (mut old, mut fixed) = (Vec::new(), HashSet::new());
    let mut from = None;
    loop {
        let read = |item: &Item| match Key::of(item)? {
            Key::Message(_, at) => Some((at, MessageRow::read(item).is_some_and(|row| row.seq == 0))),
            _ => None,
        };
        let partition = Key::messages(conversation);
        let slice = time_slices::slice(table, &partition, Direction::Newer, from.as_ref(), SLICE_LEN, read).await?;
        from = slice.rows.last().map(|(at, _)| at.clone());
        for (at, is_old) in slice.rows {
            if is_old {
                old.push(at);
            } else {
                fixed.insert(at.in_form().at());
            }
        }
        if !slice.more {
            return Ok(moves(old, &fixed));
        }
    }
}

/// The moves that put old keys into the order of time, newest first: so that what stands in the way has gone before. Rows
/// of one instant stay in the order of their keys, a microsecond apart. What is `fixed` keeps its place.
fn moves(mut old: Vec<SortTime>, fixed: &HashSet<OffsetDateTime>) -> Vec<Move> {
    old.sort_unstable();
    let mut last: Option<SortTime> = None;
    let mut moves = Vec::new();
    for from in old {
        let mut to = last.map_or(from.in_form(), |last| last.next(from.at()));
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

/// As many of the next moves as one transaction can hold. It cannot touch a row twice, as it would where one message takes
/// the place of another.
pub(super) fn next(moves: &[Move]) -> &[Move] {
    let mut touched = HashSet::new();
    let next = moves.iter().take(MOVES_AT_ONCE);
    let count = next.take_while(|&one| touched.insert(one.from.as_str()) && touched.insert(one.to.as_str())).count();
    &moves[..count]
}

/// Moves some messages in one transaction, whole as they are.
pub(super) async fn carry(table: &Table, conversation: conversation::Id, moves: &[Move]) -> Result<Moved, Failure> {
    let keys: Vec<_> = moves.iter().map(|one| Key::Message(conversation, one.from.clone())).collect();
    let found = try_join_all(keys.iter().map(|key| table.get(key))).await?;
    let mut parts = Vec::new();
    for (one, item) in moves.iter().zip(found) {
        let Some(mut item) = item else { return Ok(Moved::Changed) };
        parts.push(delete(table, &item)?);
        item.insert(SK.to_owned(), AttributeValue::S(one.to.as_str().to_owned()));
        parts.push(table.put_if_absent(item)?);
    }
    let count = parts.len();
    Ok(match table.transact(parts).await? {
        Ok(()) => Moved::Done,
        Err(refusal) if (0..count).any(|part| refusal.at(part)) => Moved::Changed,
        Err(_) => Moved::Busy,
    })
}

/// Part of a transaction: deletes a row if this message is still in it.
fn delete(table: &Table, item: &Item) -> Result<TransactWriteItem, Failure> {
    let key = Key::of(item).map(|key| key.item());
    let id = rows::text(item, MESSAGE_UUID).unwrap_or_default();
    let delete = Delete::builder()
        .table_name(table.name())
        .set_key(key)
        .condition_expression(format!("{MESSAGE_UUID} = :id"))
        .expression_attribute_values(":id", AttributeValue::S(id.to_owned()));
    Ok(TransactWriteItem::builder().delete(delete.build()?).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(texts: &[&str]) -> Vec<SortTime> {
        texts.iter().map(|text| SortTime::stored(text).expect("a time")).collect()
    }

    fn moved(old: &[&str], fixed: &[&str]) -> Vec<(String, String)> {
        let fixed = keys(fixed).iter().map(SortTime::at).collect();
        let moves = moves(keys(old), &fixed);
        moves.into_iter().map(|one| (one.from.as_str()[11..].to_owned(), one.to.as_str()[11..].to_owned())).collect()
    }

    fn texts(moves: &[(&str, &str)]) -> Vec<(String, String)> {
        moves.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect()
    }

    #[test]
    fn keys_that_are_right_stay() {
        let right = ["2026-11-21T09:26:28.000000+00:00", "2026-11-21T09:26:28.000001+00:00"];
        assert_eq!(moved(&right, &[]), []);
        assert_eq!(moved(&[], &right), []);
    }

    #[test]
    fn keys_of_every_form_become_one_form() {
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
    fn messages_of_one_instant_get_one_each_and_the_later_make_room_first() {
        let old = ["2026-11-21T09:26:28.000000+00:00", "2026-11-21T09:26:28", "2026-11-21T09:26:28.000001+00:00"];
        let expected = texts(&[
            ("09:26:28.000001+00:00", "09:26:28.000002+00:00"),
            ("09:26:28.000000+00:00", "09:26:28.000001+00:00"),
            ("09:26:28", "09:26:28.000000+00:00"),
        ]);
        assert_eq!(moved(&old, &[]), expected);
        let moves = moves(keys(&old), &HashSet::new());
        assert_eq!(next(&moves).len(), 1, "one transaction cannot touch a row twice");
    }

    #[test]
    fn numbered_messages_keep_their_keys() {
        let fixed = ["2026-11-21T09:26:28.000000+00:00", "2026-11-21T09:26:28.000001+00:00"];
        assert_eq!(moved(&["2026-11-21T09:26:28"], &fixed), texts(&[("09:26:28", "09:26:28.000002+00:00")]));
    }

    #[test]
    fn what_was_interrupted_goes_on_to_the_same_end() {
        let start = [
            "2026-11-21T09:26:28",
            "2026-11-21T09:26:28+00:00",
            "2026-11-21T04:26:28-05:00",
            "2026-11-21T09:26:28.000001+00:00",
            "2026-11-21T09:26:28.000003",
        ];
        let apply = |keys: &mut Vec<SortTime>, moves: &[Move]| {
            for one in moves {
                assert!(!keys.contains(&one.to), "{one:?} finds its place free");
                let at = keys.iter().position(|key| *key == one.from).expect("it is there");
                keys[at] = one.to.clone();
            }
        };
        let all = moves(keys(&start), &HashSet::new());
        let mut end = keys(&start);
        apply(&mut end, &all);
        assert!(end.iter().all(SortTime::is_in_form));
        for made in 0..all.len() {
            let mut now = keys(&start);
            apply(&mut now, &all[..made]);
            let rest = moves(now.clone(), &HashSet::new());
            apply(&mut now, &rest);
            assert_eq!(now, end, "after {made} moves");
        }
    }
}
