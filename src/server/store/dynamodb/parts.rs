//! Parts of a conversation that a request reads.

use crate::domain::conversation;
use crate::domain::error::AppError;
use crate::domain::message::Message;
use crate::domain::page::{Cursor, PAGE_SIZE, Page};
use crate::server::failure::Failure;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::cursor::{self, Direction};
use crate::server::store::dynamodb::rows::{Head, MessageRow};
use crate::server::store::dynamodb::table::{Key, SortTime};
use crate::server::store::dynamodb::time_slices::{self, Slice};

/// Messages of a conversation that were read with its head, and show all that the head tells of.
pub(super) enum Found {
    Nothing,
    /// The rows of the part that is wanted.
    Rows(Slice<MessageRow>),
    /// The newest page, which is wanted.
    Newest(Page<Message>),
}

/// Up to `size` messages next to a time, or from the end of the conversation where `direction` starts.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) direction: Direction,
    pub(super) from: Option<SortTime>,
    pub(super) size: usize,
}

impl Part {
    /// The newest messages.
    pub(super) fn newest(size: usize) -> Self {
        Self { direction: Direction::Older, from: None, size }
    }

    /// Reports whether this is the newest page.
    pub(super) fn is_newest_page(&self) -> bool {
        (self.direction, &self.from, self.size) == (Direction::Older, &None, PAGE_SIZE)
    }

    /// The messages before a time.
    pub(super) fn before(at: &SortTime, size: usize) -> Self {
        Self { direction: Direction::Older, from: Some(at.clone()), size }
    }

    /// The messages after a time, or from the first one on.
    pub(super) fn after(at: Option<&SortTime>, size: usize) -> Self {
        Self { direction: Direction::Newer, from: at.cloned(), size }
    }

    /// The page that a cursor asks for, or the newest one without a cursor. Invalid if the cursor was not made for this
    /// conversation, or is for the page around a time, which is no single part.
    pub(super) fn page(conversation: conversation::Id, cursor: Option<&Cursor>) -> Result<Self, AppError> {
        let cursor = cursor.filter(|cursor| **cursor != Cursor::newest());
        let position = cursor.map(|cursor| cursor::decode(cursor, &Key::messages(conversation))).transpose()?;
        let (direction, from) = position.map_or((Direction::Older, None), |(direction, at)| (direction, Some(at)));
        Ok(Self { direction, from, size: PAGE_SIZE })
    }

    /// Reads the messages in the order of their keys. It is that of time, unless there are legacy rows among them.
    pub(super) async fn read(
        &self,
        table: &Table,
        conversation: conversation::Id,
    ) -> Result<Slice<MessageRow>, Failure> {
        let partition = Key::messages(conversation);
        // The key at which a page ended may have been rewritten since. Its canonical form is the current key.
        let start = self.from.as_ref().map(SortTime::canonical);
        let read = MessageRow::from_item;
        time_slices::slice(table, &partition, self.direction, start.as_ref(), self.size, read).await
    }

    /// Reports whether rows that were read beside the head show all that it tells of: the changes up to its revision
    /// and the messages up to its newest one. `known` is a lower bound of the head from before the reads.
    ///
    /// - **Changes.** If the head has the revision of `known`, all changes up to it were stored before the rows were
    ///   read. The rows may show later changes: the revision of a page is a lower bound, too.
    /// - **Messages.** Those up to the newest one of `known` were stored before the rows were read. All later ones sort
    ///   after it, and are stored one after the other. So nothing is missing if the rows end before it, or if none has
    ///   been sent since; if the newest message of the head was found first and the older ones after it; or if none is
    ///   missing among those that were found in the order of sending.
    pub(super) fn shows_all(&self, slice: &Slice<MessageRow>, known: &Head, head: &Head) -> bool {
        if known.rev != head.rev {
            return false;
        }
        if known.seq == head.seq || self.end(slice).is_some_and(|end| end.at() <= known.last.at()) {
            return true;
        }
        let has = |seq| slice.rows.iter().any(|row| row.seq == seq);
        match self.direction {
            Direction::Older => slice.rows.first().is_some_and(|newest| newest.seq >= head.seq),
            Direction::Newer => {
                let last = if slice.more { slice.rows.last().map_or(0, |last| last.seq) } else { head.seq };
                let count = last.saturating_sub(known.seq);
                (1..=slice.rows.len() as u64).contains(&count) && (known.seq + 1..=last).all(has)
            }
        }
    }

    /// Returns the time at which the rows end on the newer side; `None` if that is the end of the conversation.
    fn end<'a>(&'a self, slice: &'a Slice<MessageRow>) -> Option<&'a SortTime> {
        match self.direction {
            Direction::Older => self.from.as_ref(),
            Direction::Newer => slice.rows.last().filter(|_| slice.more).map(|last| &last.at),
        }
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;
    use crate::domain::{message, samples};

    fn at(seq: u64) -> SortTime {
        SortTime::from(datetime!(2026-11-21 9:26 UTC) + Duration::seconds(seq as i64))
    }

    fn row(seq: u64) -> MessageRow {
        let conversation = conversation::Id(Uuid::from_u128(7));
        let id = message::Id(Uuid::from_u128(u128::from(seq)));
        MessageRow::new(conversation, at(seq), id, samples::user(1, "ana"), String::new(), seq)
    }

    fn head(seq: u64, rev: u64) -> Head {
        let pair = [1, 2].map(|n| samples::user(n, "").id);
        let mut head = Head::direct(pair, seq, at(seq)).expect("two members");
        head.rev = rev;
        head
    }

    /// Reports whether rows with these numbers, in reading order, show all that the head of message 12 tells of, if it
    /// had been message 10 before.
    fn shows_all(part: &Part, seqs: &[u64], more: bool) -> bool {
        let slice = Slice { rows: seqs.iter().copied().map(row).collect(), more };
        part.shows_all(&slice, &head(10, 3), &head(12, 3))
    }

    #[test]
    fn rows_that_may_lack_a_change_do_not_count() {
        let slice = || Slice { rows: vec![row(10), row(9)], more: true };
        let newest = Part::newest(2);
        assert!(newest.shows_all(&slice(), &head(10, 3), &head(10, 3)));
        assert!(!newest.shows_all(&slice(), &head(10, 2), &head(10, 3)), "changed meanwhile");
        assert!(!newest.shows_all(&slice(), &head(10, 4), &head(10, 3)), "restored from a backup");
    }

    #[test]
    fn a_page_from_the_end_counts_if_it_has_the_newest_message_of_the_head() {
        let newest = Part::newest(2);
        assert!(shows_all(&newest, &[12, 11], true));
        assert!(shows_all(&newest, &[13, 12], true), "sent after the head was read");
        assert!(!shows_all(&newest, &[11, 10], true));
        assert!(!shows_all(&newest, &[0, 12], true), "a message without a number proves nothing");
        assert!(!shows_all(&newest, &[], false));
    }

    #[test]
    fn a_page_before_a_message_that_was_known_counts_always() {
        assert!(shows_all(&Part::before(&at(10), 2), &[9, 8], true));
        assert!(!shows_all(&Part::before(&at(11), 2), &[10, 9], true));
    }

    #[test]
    fn messages_after_a_time_count_if_none_is_missing_among_them() {
        let after = Part::after(Some(&at(8)), 4);
        assert!(shows_all(&after, &[9, 10], true), "these were known");
        assert!(shows_all(&after, &[9, 10, 11, 12], false));
        assert!(shows_all(&after, &[9, 10, 11], true), "the next page has the last one");
        for missing in [&[9, 10, 11][..], &[9, 10, 12], &[9, 10], &[12], &[]] {
            assert!(!shows_all(&after, missing, false), "{missing:?}");
        }
        assert!(!shows_all(&after, &[9, 10, 12], true));
        let without_number = Slice { rows: vec![row(9), MessageRow { seq: 0, ..row(11) }], more: true };
        assert!(!after.shows_all(&without_number, &head(10, 3), &head(12, 3)));
    }
}
