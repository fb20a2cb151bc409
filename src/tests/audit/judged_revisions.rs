//! Judgement of the revisions of conversations, and of the answers to pages that catch up by them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::judge::Judge;
use super::judged_changes::ChangesOfMessage;
use super::shown::{CatchUp, Reading, ShownMessage};
use super::verdict::Column;

/// Revisions of a conversation in the table.
#[derive(Debug, Clone, Default)]
pub struct Revisions {
    /// Revision in the head.
    pub newest: u64,
    /// Time of the changed message, in microseconds since 1970, by revision.
    pub changed_at: BTreeMap<u64, i64>,
}

impl Judge<'_> {
    /// Checks that revisions have no gaps and end with that of the head, that `changed` of each message is its last
    /// one, that each acknowledged change has its revision, and that none has several.
    pub(super) fn judge_revisions(&self, column: &mut Column) {
        let none = ChangesOfMessage::default();
        for (conversation, messages) in &self.contents.reading.conversations {
            let Some(revisions) = self.contents.revisions.get(conversation) else { continue };
            let has_gaps = !revisions.changed_at.keys().copied().eq(1..=revisions.newest);
            column.revisions += u64::from(has_gaps);
            let mut of_message: HashMap<i64, Vec<u64>> = HashMap::new();
            for (rev, at) in &revisions.changed_at {
                of_message.entry(*at).or_default().push(*rev);
            }
            for message in messages {
                let revs = of_message.remove(&message.at).unwrap_or_default();
                let changes = self.changes.get(&message.id).unwrap_or(&none);
                let is_last = message.changed.is_none_or(|changed| changed == revs.last().copied().unwrap_or(0));
                column.revisions += u64::from(!is_last);
                let is_missing = |rev: u64| rev > 0 && revs.binary_search(&rev).is_err();
                column.revisions += changes.acknowledged().filter(|(_, rev)| is_missing(*rev)).count() as u64;
                column.doubled += (revs.len() as u64).saturating_sub(changes.most());
            }
            // Of no message.
            column.revisions += of_message.len() as u64;
        }
    }

    /// Checks that a page that catches up gets every message changed since, once and as it is now, and the newest
    /// revision.
    pub(super) fn judge_catch_ups(&self, reading: &Reading, column: &mut Column) {
        let Some(catch_ups) = &reading.catch_ups else { return };
        for (conversation, messages) in &reading.conversations {
            let Some(revisions) = self.contents.revisions.get(conversation).filter(|it| it.newest > 0) else {
                continue;
            };
            let catch_up = catch_ups.get(conversation);
            column.revisions += u64::from(!catch_up.is_some_and(|it| is_complete(it, revisions, messages)));
        }
    }
}

fn is_complete(catch_up: &CatchUp, revisions: &Revisions, shown: &[ShownMessage]) -> bool {
    let changed: BTreeSet<i64> = revisions.changed_at.range(catch_up.after + 1..).map(|(_, at)| *at).collect();
    let shown: HashMap<i64, &ShownMessage> = shown.iter().map(|message| (message.at, message)).collect();
    let mut received: Vec<i64> = catch_up.messages.iter().map(|message| message.at).collect();
    received.sort_unstable();
    let is_current = |message: &ShownMessage| shown.get(&message.at) == Some(&message);
    !catch_up.is_trimmed
        && catch_up.rev == revisions.newest
        && received.iter().eq(&changed)
        && catch_up.messages.iter().all(is_current)
}
