//! Messages whose inbox rows have not moved yet, and the state of an inbox with them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use crate::domain::conversation::{self, Kind, Members};
use crate::domain::user;
use crate::server::store::dynamodb::rows::{InboxRow, MessageRow};

/// Maximum number of conversations with pending updates. If DynamoDB is unavailable for so long that there are more,
/// the rows of the others are left to the reader of the table's stream.
const PENDING_MAX: usize = 10_000;

/// Updates of one conversation that follow its stored messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Update {
    /// The newest message.
    pub(crate) newest: MessageRow,
    pub(crate) kind: Kind,
    pub(crate) members: Members,
    /// The recipient of a request, in whose list the conversation does not appear.
    pub(crate) hidden_from: Option<user::Id>,
    /// Read positions of the senders: the sequence number of each sender's newest message.
    pub(crate) read: BTreeMap<user::Id, u64>,
}

impl Update {
    /// Creates the updates that follow one message.
    pub(crate) fn new(newest: MessageRow, kind: Kind, members: Members) -> Self {
        let read = BTreeMap::from([(newest.author.id, newest.seq)]);
        Self { newest, kind, members, hidden_from: None, read }
    }

    /// Creates the updates that follow the change of a message.
    pub(crate) fn of_change(changed: MessageRow, kind: Kind, members: Members) -> Self {
        Self { newest: changed, kind, members, hidden_from: None, read: BTreeMap::new() }
    }

    /// Hides the conversation from the recipient of a request.
    pub(crate) fn hidden_from(self, recipient: Option<user::Id>) -> Self {
        // A recipient who answers has accepted.
        Self { hidden_from: recipient.filter(|recipient| *recipient != self.newest.author.id), ..self }
    }

    /// Adds the updates that follow another message of the same conversation, or another state of the same message.
    fn merge(&mut self, other: Self) {
        // Messages without a number are compared by time.
        let state = |row: &MessageRow| (row.seq, row.at.at(), row.version());
        if state(&other.newest) > state(&self.newest) {
            self.newest = other.newest;
        }
        // A request that has been accepted never becomes one again.
        self.hidden_from = self.hidden_from.and(other.hidden_from);
        for (reader, seq) in other.read {
            let known = self.read.entry(reader).or_default();
            *known = seq.max(*known);
        }
    }
}

/// Pending updates by conversation.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    updates: HashMap<conversation::Id, Update>,
}

impl Pending {
    /// Adds an update. Returns `false` if there are too many already.
    pub(crate) fn add(&mut self, update: Update) -> bool {
        let is_full = self.updates.len() >= PENDING_MAX;
        match self.updates.get_mut(&update.newest.conversation) {
            Some(known) => known.merge(update),
            None if is_full => return false,
            None => drop(self.updates.insert(update.newest.conversation, update)),
        }
        true
    }

    /// Returns what is pending in a conversation.
    pub(crate) fn get(&self, conversation: conversation::Id) -> Option<&Update> {
        self.updates.get(&conversation)
    }

    /// Removes an update that has been carried out. Returns `false` if messages have been added to it since.
    pub(crate) fn remove(&mut self, done: &Update) -> bool {
        let is_done = self.get(done.newest.conversation) == Some(done);
        if is_done {
            self.updates.remove(&done.newest.conversation);
        }
        is_done
    }

    /// Returns the number of conversations with pending updates.
    pub(crate) fn len(&self) -> usize {
        self.updates.len()
    }

    /// Returns the pending updates of a user's conversations.
    pub(crate) fn of_member(&self, owner: user::Id) -> Vec<Update> {
        let is_shown = |update: &&Update| update.members.contains(owner) && update.hidden_from != Some(owner);
        self.updates.values().filter(is_shown).cloned().collect()
    }

    /// Returns the pending read position of a member; 0 if there is none.
    pub(crate) fn read_seq(&self, conversation: conversation::Id, reader: user::Id) -> u64 {
        self.get(conversation).and_then(|update| update.read.get(&reader)).copied().unwrap_or(0)
    }
}

/// Moves the rows of `updates` up in the newest page of an inbox, or gives them their newer text, as the updates of the
/// table will do, and sorts the page. Returns the updates whose conversations are not on the page.
pub(crate) fn move_up(rows: &mut [InboxRow], updates: Vec<Update>) -> Vec<Update> {
    let mut absent = Vec::new();
    for update in updates {
        match rows.iter_mut().find(|row| row.conversation == update.newest.conversation) {
            Some(row) if row.seq < update.newest.seq => *row = row.moved_to(&update.newest),
            Some(row) => update_text(row, &update),
            None => absent.push(update),
        }
    }
    sort(rows);
    absent
}

/// Sorts rows as an inbox shows them: newest first.
pub(crate) fn sort(rows: &mut [InboxRow]) {
    rows.sort_by_key(|row| Reverse(row.at.at()));
}

/// Removes the rows that `updates` have moved to the newest page, from an older page that still has them. Gives the
/// others their newer text.
pub(crate) fn remove_moved(rows: &mut Vec<InboxRow>, updates: &[Update]) {
    rows.retain_mut(|row| {
        let Some(update) = updates.iter().find(|it| it.newest.conversation == row.conversation) else { return true };
        update_text(row, update);
        update.newest.seq <= row.seq
    });
}

fn update_text(row: &mut InboxRow, update: &Update) {
    if let Some(updated) = row.with_text_of(&update.newest) {
        *row = updated;
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;
    use crate::domain::message::TextVersion;
    use crate::domain::{message, samples};
    use crate::server::store::dynamodb::rows::NamedUser;
    use crate::server::store::dynamodb::table::SortTime;

    fn message(conversation: u128, seq: u64, author: u128) -> MessageRow {
        let conversation = conversation::Id(Uuid::from_u128(conversation));
        let at = SortTime::from(datetime!(2026-11-21 09:00 UTC) + time::Duration::minutes(seq as i64));
        let (id, author) = (message::Id(Uuid::from_u128(u128::from(seq))), samples::user(author, "someone"));
        MessageRow::new(conversation, at, id, author, format!("message {seq}"), seq)
    }

    fn update(conversation: u128, seq: u64, author: u128) -> Update {
        let members = Members::new([1, 2].map(|n| samples::user(n, "").id)).expect("members");
        Update::new(message(conversation, seq, author), Kind::Direct, members)
    }

    fn row(conversation: u128, seq: u64) -> InboxRow {
        let ben = NamedUser::Peer(samples::user(2, "ben"));
        InboxRow::new(samples::user(1, "").id, ben, &message(conversation, seq, 2))
    }

    #[test]
    fn a_pending_message_moves_its_row_up_and_an_older_one_does_not() {
        let mut rows = vec![row(7, 5), row(8, 3), row(9, 2)];
        let absent = move_up(&mut rows, vec![update(9, 6, 1), update(8, 3, 2), update(6, 4, 2)]);
        let seqs: Vec<_> = rows.iter().map(|row| (row.conversation.0.as_u128(), row.seq)).collect();
        assert_eq!(seqs, [(9, 6), (7, 5), (8, 3)]);
        assert_eq!(rows[0].body, "message 6");
        assert_eq!(absent, [update(6, 4, 2)]);
    }

    #[test]
    fn a_pending_change_replaces_the_text_of_its_row_on_every_page_and_moves_none() {
        let deleted = |seq| {
            let deleted_at = Some(message(8, seq, 2).at.sent_at());
            let members = update(8, seq, 2).members;
            let newest = MessageRow { body: String::new(), deleted_at, ..message(8, seq, 2) };
            Update::of_change(newest, Kind::Direct, members)
        };
        let mut first = vec![row(7, 5), row(8, 3)];
        assert_eq!(move_up(&mut first, vec![deleted(3)]), []);
        let mut older = vec![row(7, 5), row(8, 3)];
        remove_moved(&mut older, &[deleted(3)]);
        let expected = InboxRow { body: String::new(), version: TextVersion::DELETED, ..row(8, 3) };
        assert_eq!((&first, &older), (&vec![row(7, 5), expected.clone()], &vec![row(7, 5), expected]));
        // The row is at a later message.
        assert_eq!(move_up(&mut first, vec![deleted(2)]), []);
        assert_eq!(first, older);
    }

    #[test]
    fn a_late_state_of_a_pending_message_does_not_bring_its_old_text_back() {
        let edited = |edits: u32| MessageRow { edits, body: format!("edit {edits}"), ..message(7, 2, 1) };
        let update = |edits| Update::of_change(edited(edits), Kind::Direct, update(7, 2, 1).members);
        let mut pending = Pending::default();
        for edits in [1, 3, 2, 0] {
            assert!(pending.add(update(edits)));
        }
        let conversation = edited(0).conversation;
        assert_eq!(pending.get(conversation).map(|it| it.newest.body.as_str()), Some("edit 3"));
        // Messages without a number are told apart by their times.
        let legacy = |minute: i64, edits| {
            let at = SortTime::from(datetime!(2023-03-20 09:00 UTC) + time::Duration::minutes(minute));
            Update::of_change(MessageRow { at, seq: 0, conversation, ..edited(edits) }, Kind::Direct, update(0).members)
        };
        let mut pending = Pending::default();
        assert!(pending.add(legacy(9, 1)) && pending.add(legacy(5, 2)));
        assert_eq!(pending.get(conversation).map(|it| it.newest.body.as_str()), Some("edit 1"));
    }

    #[test]
    fn a_row_that_has_moved_to_the_newest_page_is_not_on_an_older_one() {
        let mut rows = vec![row(7, 5), row(8, 3)];
        remove_moved(&mut rows, &[update(8, 4, 1), update(7, 5, 1)]);
        assert_eq!(rows, [row(7, 5)]);
    }

    #[test]
    fn an_update_is_done_only_when_no_message_has_been_added_to_it() {
        let mut pending = Pending::default();
        assert!(pending.add(update(7, 1, 1)));
        let taken = pending.get(conversation::Id(Uuid::from_u128(7))).cloned().expect("pending");
        assert!(pending.add(update(7, 2, 2)));
        assert!(!pending.remove(&taken));
        let merged = pending.get(taken.newest.conversation).cloned().expect("pending");
        let read: Vec<_> = [1, 2].map(|n| pending.read_seq(taken.newest.conversation, samples::user(n, "").id)).into();
        assert_eq!((merged.newest.seq, read), (2, vec![1, 2]));
        assert!(pending.remove(&merged));
        assert_eq!(pending.len(), 0);
    }
}
