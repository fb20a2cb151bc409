//! Comparison of the acknowledged sends and changes with everything that a reader shows.

use std::collections::{HashMap, HashSet};

use cruddur_messages::domain::{conversation, message};

use super::judged_changes::ChangesOfMessage;
use super::ledger::{Change, Outcome, Send};
use super::shown::{Reading, ShownMessage};
use super::table_reader::TableContents;
use super::users::AuditUser;
use super::verdict::Column;

/// Comparison of a reading with the sends, the changes, and the contents of the table.
pub struct Judge<'a> {
    pub(super) users: &'a [AuditUser],
    pub(super) sends: &'a [Send],
    pub(super) changes: HashMap<message::Id, ChangesOfMessage<'a>>,
    pub(super) contents: &'a TableContents,
    /// Messages as they are in the table.
    pub(super) current: HashMap<message::Id, &'a ShownMessage>,
    by_id: HashMap<message::Id, usize>,
}

impl<'a> Judge<'a> {
    /// Creates a judge of these sends and changes.
    pub fn new(users: &'a [AuditUser], sends: &'a [Send], changes: &'a [Change], contents: &'a TableContents) -> Self {
        let by_id = sends.iter().enumerate().map(|(index, send)| (send.id, index)).collect();
        let messages = contents.reading.conversations.values().flatten();
        let current = messages.map(|message| (message.id, message)).collect();
        Self { users, sends, changes: ChangesOfMessage::by_message(changes), contents, current, by_id }
    }

    /// Counts the faults of the table, given the acknowledged read positions.
    pub fn table(&self, reads: &HashMap<(u16, conversation::Id), u64>) -> Column {
        let mut column = self.judge(&self.contents.reading);
        self.judge_revisions(&mut column);
        self.judge_traces(&mut column);
        for (reader_and_conversation, read) in reads {
            let cursor = self.contents.cursors.get(reader_and_conversation);
            column.unread += u64::from(cursor.is_none_or(|cursor| cursor < read));
        }
        for ((_, conversation), cursor) in &self.contents.cursors {
            let newest = self.newest(*conversation).and_then(|newest| newest.seq);
            column.unread += u64::from(*cursor > newest.unwrap_or(0).into());
        }
        column
    }

    /// Counts the faults of a server's pages or JSON API.
    pub fn server(&self, reading: &Reading) -> Column {
        self.judge(reading)
    }

    fn judge(&self, reading: &Reading) -> Column {
        let mut column =
            Column { altered: reading.unreadable_rows, wrong_user: reading.intrusions, ..Column::default() };
        let mut seen = vec![false; self.sends.len()];
        for (conversation, messages) in &reading.conversations {
            self.judge_sequence_numbers(messages, &mut column);
            self.judge_order(messages, &mut column);
            for message in messages {
                self.judge_message(*conversation, message, &mut seen, &mut column);
                self.judge_state(message, &mut column);
            }
        }
        for history in &reading.histories {
            self.judge_state(&history.message, &mut column);
            self.judge_history(history, &mut column);
        }
        self.judge_catch_ups(reading, &mut column);
        let lost = |(send, seen): &(&Send, &bool)| !**seen && matches!(send.outcome, Outcome::Acknowledged { .. });
        column.lost += self.sends.iter().zip(&seen).filter(lost).count() as u64;
        self.judge_pairs(reading, &mut column);
        self.judge_inboxes(reading, &mut column);
        column
    }

    /// Checks that a message was sent, is shown once, and is in the conversation of its members.
    fn judge_message(
        &self,
        conversation: conversation::Id,
        message: &ShownMessage,
        seen: &mut [bool],
        column: &mut Column,
    ) {
        let Some(index) = self.by_id.get(&message.id).copied() else {
            column.altered += 1;
            return;
        };
        let send = &self.sends[index];
        column.doubled += u64::from(std::mem::replace(&mut seen[index], true));
        let members = self.contents.members.get(&conversation);
        let is_theirs = members.is_some_and(|them| them.contains(&send.from) && them.contains(&send.to));
        let is_by_author = self.users[usize::from(send.from)].user.id == message.author;
        let is_in_acknowledged = match send.outcome {
            Outcome::Acknowledged { conversation: acknowledged, .. } => acknowledged == conversation,
            Outcome::Unknown => true,
        };
        column.wrong_user += u64::from(!(is_theirs && is_by_author && is_in_acknowledged));
        if let Outcome::Acknowledged { seq: Some(acknowledged), .. } = send.outcome {
            column.reordered += u64::from(message.seq.is_some_and(|shown| shown != acknowledged));
        }
    }

    /// Checks that sequence numbers are 1, 2, 3, …, and that times grow with them. If the reader shows no sequence
    /// numbers, only the times are checked.
    fn judge_sequence_numbers(&self, messages: &[ShownMessage], column: &mut Column) {
        let seqs: HashSet<u32> = messages.iter().filter_map(|message| message.seq).collect();
        let last = seqs.iter().copied().max().unwrap_or(0);
        column.gaps += (1..=last).filter(|seq| !seqs.contains(seq)).count() as u64;
        let seq_grows = |pair: &[ShownMessage]| pair[0].seq.is_none() || pair[0].seq < pair[1].seq;
        let grows = |pair: &[ShownMessage]| seq_grows(pair) && pair[0].at < pair[1].at;
        column.reordered += messages.windows(2).filter(|pair| !grows(pair)).count() as u64;
    }

    /// Checks that a message acknowledged before another was sent precedes it, for any authors and servers: the order
    /// of a conversation must be consistent with the order in which users observed it.
    fn judge_order(&self, messages: &[ShownMessage], column: &mut Column) {
        let mut earliest_after = u64::MAX;
        for message in messages.iter().rev() {
            let Some(index) = self.by_id.get(&message.id) else { continue };
            let send = &self.sends[*index];
            column.reordered += u64::from(earliest_after < send.began);
            if let Outcome::Acknowledged { at, .. } = send.outcome {
                earliest_after = earliest_after.min(at);
            }
        }
    }

    /// Checks that two users have a single conversation.
    fn judge_pairs(&self, reading: &Reading, column: &mut Column) {
        let mut pairs = HashSet::new();
        for members in reading.conversations.keys().filter_map(|conversation| self.contents.members.get(conversation)) {
            column.doubled += u64::from(!pairs.insert([members[0].min(members[1]), members[0].max(members[1])]));
        }
    }

    /// Checks that both members have one inbox row per conversation, with the current text of its newest message and
    /// the unread count.
    fn judge_inboxes(&self, reading: &Reading, column: &mut Column) {
        for (conversation, members) in &self.contents.members {
            let Some(newest) = self.newest(*conversation) else { continue };
            let preview = newest.preview();
            for owner in members {
                let rows = reading.inboxes.get(&(*owner, *conversation)).map_or(&[][..], Vec::as_slice);
                let [row] = rows else {
                    column.inbox += 1;
                    continue;
                };
                let is_newest =
                    Some(&row.preview) == preview.as_ref() && row.seq.is_none_or(|seq| Some(seq) == newest.seq);
                column.inbox += u64::from(!is_newest);
                let is_own = self.users[usize::from(*owner)].user.id == newest.author;
                let read = self.contents.cursors.get(&(*owner, *conversation)).copied().unwrap_or(0);
                let unread = if is_own { 0 } else { u64::from(newest.seq.unwrap_or(0)).saturating_sub(read) };
                column.unread += u64::from(row.unread.is_some_and(|shown| shown != unread));
            }
        }
        let is_foreign = |(owner, conversation): &&(u16, conversation::Id)| {
            !self.contents.members.get(conversation).is_some_and(|members| members.contains(owner))
        };
        column.inbox += reading.inboxes.keys().filter(is_foreign).count() as u64;
    }

    /// Returns the send of a message.
    pub(super) fn send_of(&self, message: message::Id) -> Option<&Send> {
        self.by_id.get(&message).map(|index| &self.sends[*index])
    }

    fn newest(&self, conversation: conversation::Id) -> Option<&ShownMessage> {
        self.contents.reading.conversations.get(&conversation)?.last()
    }
}
