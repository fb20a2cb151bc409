//! Judgement of the state of messages: texts, histories, reactions and quotes, by the changes in the ledger.

use std::collections::{HashMap, HashSet};
use std::ptr;
use std::time::Duration;

use cruddur_messages::domain::error::Conflict;
use cruddur_messages::domain::message::{self, EDITS_MAX};

use super::judge::Judge;
use super::ledger::{Change, ChangeKind, ChangeOutcome, EMOJI};
use super::shown::{ShownHistory, ShownMessage};
use super::texts::{FIRST_TEXT, ShownText, mark_of};
use super::verdict::Column;

/// Time for which an attempt without a response may still be carried out: a request waits for its stores for 10 seconds
/// at most, and a proxy may deliver it twice. Only the order of reactions depends on it: each edit names the one before
/// it, and a deletion is final.
const STRAY_MAX: Duration = Duration::from_secs(25);

/// All changes of one message, in the order of their first attempts.
#[derive(Debug, Default)]
pub struct ChangesOfMessage<'a>(Vec<&'a Change>);

impl<'a> ChangesOfMessage<'a> {
    /// Groups changes by their messages.
    pub fn by_message(changes: &'a [Change]) -> HashMap<message::Id, Self> {
        let mut by_message: HashMap<_, Self> = HashMap::new();
        for change in changes {
            by_message.entry(change.message).or_default().0.push(change);
        }
        by_message.values_mut().for_each(|changes| changes.0.sort_by_key(|change| change.began));
        by_message
    }

    /// Returns the changes that are stored or may be. An attempt without a response may have been stored before a later
    /// one was refused, because the message was deleted between them.
    fn possible(&self) -> impl Iterator<Item = &'a Change> {
        let is_possible = |change: &&Change| change.strays > 0 || !matches!(change.outcome, ChangeOutcome::Refused(_));
        self.0.iter().copied().filter(is_possible)
    }

    /// Returns the acknowledged changes, each with the revision in the response.
    pub fn acknowledged(&self) -> impl Iterator<Item = (&'a Change, u64)> {
        self.0.iter().filter_map(|change| match change.outcome {
            ChangeOutcome::Acknowledged { rev } => Some((*change, rev)),
            ChangeOutcome::Refused(_) | ChangeOutcome::Unknown => None,
        })
    }

    /// Returns the maximum number of changes that may be stored. A stray attempt, which a proxy may have delivered
    /// twice, may set a reaction again that another change has reset.
    pub fn most(&self) -> u64 {
        let strays = |change: &Change| match change.kind {
            ChangeKind::React { .. } => 2 * u64::from(change.strays),
            ChangeKind::Edit { .. } | ChangeKind::Delete => 0,
        };
        self.possible().map(|change| 1 + strays(change)).sum()
    }

    /// Returns true if a deletion is acknowledged.
    pub fn is_deleted(&self) -> bool {
        self.acknowledged().any(|(change, _)| change.kind == ChangeKind::Delete)
    }

    fn may_be_deleted(&self) -> bool {
        self.possible().any(|change| change.kind == ChangeKind::Delete)
    }

    /// Returns the version of a text: 0 as it was sent, or the number of edits. `None` if no edit that may be stored
    /// wrote it.
    fn version_of(&self, text: u32) -> Option<u32> {
        if text == FIRST_TEXT {
            return Some(0);
        }
        self.possible().find_map(|change| match change.kind {
            ChangeKind::Edit { edits, text: written } if written == text => Some(edits + 1),
            _ => None,
        })
    }

    /// Returns the versions of the acknowledged edits, and their texts.
    fn acknowledged_texts(&self) -> impl Iterator<Item = (u32, u32)> {
        self.acknowledged().filter_map(|(change, _)| match change.kind {
            ChangeKind::Edit { edits, text } => Some((edits + 1, text)),
            ChangeKind::Delete | ChangeKind::React { .. } => None,
        })
    }

    /// Returns every reaction that is there or may be: its emoji, its user, and whether it may be on and may be off.
    fn reactions(&self) -> HashMap<(u8, u16), [bool; 2]> {
        let mut calls: HashMap<_, Vec<(&Change, bool)>> = HashMap::new();
        for change in self.possible() {
            if let ChangeKind::React { emoji, on } = change.kind {
                calls.entry((emoji, change.by)).or_default().push((change, on));
            }
        }
        calls.into_iter().map(|(reaction, calls)| (reaction, possible_states(&calls))).collect()
    }

    /// Returns true if the ledger gives a reason for a refusal.
    fn explains(&self, refused: &Change, conflict: Conflict) -> bool {
        let others = self.possible().filter(|change| !ptr::eq(*change, refused));
        let edits = others.filter_map(|change| match change.kind {
            ChangeKind::Edit { edits, .. } => Some(edits),
            ChangeKind::Delete | ChangeKind::React { .. } => None,
        });
        match (conflict, refused.kind) {
            (Conflict::MessageDeleted, ChangeKind::Edit { .. } | ChangeKind::React { .. }) => self.may_be_deleted(),
            (Conflict::MessageChanged, ChangeKind::Edit { edits: seen, .. }) => edits.into_iter().any(|it| it >= seen),
            (Conflict::TooManyEdits, ChangeKind::Edit { .. }) => edits.count() >= EDITS_MAX as usize,
            _ => false,
        }
    }
}

/// Returns whether a reaction may be off and may be on, after all calls of one user, who makes one after the other.
fn possible_states(calls: &[(&Change, bool)]) -> [bool; 2] {
    let is_acknowledged = |change: &Change| matches!(change.outcome, ChangeOutcome::Acknowledged { .. });
    let last = calls.iter().rposition(|(change, _)| is_acknowledged(change));
    let mut states = [last.is_none(), false];
    for (number, (change, on)) in calls.iter().enumerate() {
        let may_be_last = match last {
            Some(last) if number < last => {
                let until = change.stray_at + STRAY_MAX.as_micros() as u64;
                change.strays > 0 && until > calls[last].0.began
            }
            _ => true,
        };
        states[usize::from(*on)] |= may_be_last;
    }
    states
}

impl Judge<'_> {
    /// Counts the refusals for which the ledger gives no reason.
    pub fn wrongly_refused(&self) -> u64 {
        let is_wrong = |changes: &ChangesOfMessage<'_>, change: &Change| match change.outcome {
            ChangeOutcome::Refused(conflict) => !changes.explains(change, conflict),
            ChangeOutcome::Acknowledged { .. } | ChangeOutcome::Unknown => false,
        };
        let changes = self.changes.values();
        changes.map(|them| them.0.iter().filter(|change| is_wrong(them, change)).count() as u64).sum()
    }

    /// Checks the text, the reactions and the quote of a message, by the ledger and by the table.
    pub(super) fn judge_state(&self, message: &ShownMessage, column: &mut Column) {
        let none = ChangesOfMessage::default();
        let changes = self.changes.get(&message.id).unwrap_or(&none);
        let before = *column;
        judge_text(changes, message, column);
        self.judge_reactions(changes, message, column);
        self.judge_quote(message, column);
        // The ledger leaves the unknown outcomes open. All readers must show the same.
        let is_same = self.current.get(&message.id).is_none_or(|current| is_same(current, message));
        column.changes += u64::from(*column == before && !is_same);
    }

    fn judge_reactions(&self, changes: &ChangesOfMessage<'_>, message: &ShownMessage, column: &mut Column) {
        let mut shown = HashSet::new();
        for reaction in &message.reactions {
            for user in &reaction.users {
                column.doubled += u64::from(!shown.insert((reaction.emoji.as_str(), *user)));
            }
        }
        if message.text == ShownText::Deleted {
            column.resurrected += u64::from(!shown.is_empty());
            return;
        }
        for ((emoji, by), states) in changes.reactions() {
            let is_on = shown.remove(&(EMOJI[usize::from(emoji)], self.users[usize::from(by)].user.id));
            column.changes += u64::from(!states[usize::from(is_on)]);
        }
        column.changes += shown.len() as u64;
    }

    /// Checks that an answer quotes the current text of the message that it answers, and that other messages quote
    /// nothing.
    fn judge_quote(&self, message: &ShownMessage, column: &mut Column) {
        let is_deleted = message.text == ShownText::Deleted;
        let answered = self.send_of(message.id).and_then(|send| send.reply_to).filter(|_| !is_deleted);
        let is_right = match (answered, &message.quote) {
            (None, None) => true,
            (Some(answered), Some(quote)) => {
                let current = self.current.get(&answered).map(|message| message.text);
                quote.id == answered && quote.text.is_none_or(|text| Some(text) == current)
            }
            (None, Some(_)) | (Some(_), None) => false,
        };
        column.quotes += u64::from(!is_right);
    }

    /// Checks that a history has every text of the message once, in the order of the edits and of their times, and ends
    /// with the current text. A deleted message has none.
    pub(super) fn judge_history(&self, history: &ShownHistory, column: &mut Column) {
        let ShownHistory { message, versions } = history;
        if message.text == ShownText::Deleted {
            column.resurrected += u64::from(!versions.is_empty());
            return;
        }
        let none = ChangesOfMessage::default();
        let changes = self.changes.get(&message.id).unwrap_or(&none);
        let is_numbered = |(number, (text, _)): (u32, &(ShownText, i64))| match text {
            ShownText::Number(text) => changes.version_of(*text) == Some(number),
            ShownText::Deleted | ShownText::Altered => false,
        };
        let has = |(version, text): (u32, u32)| {
            versions.get(version as usize).is_some_and(|(shown, _)| *shown == ShownText::Number(text))
        };
        let is_complete = message.edits.is_none_or(|edits| versions.len() == edits as usize + 1)
            && versions.last().is_some_and(|(text, _)| *text == message.text)
            && (0..).zip(versions).all(is_numbered)
            && changes.acknowledged_texts().all(has)
            && versions.is_sorted_by_key(|(_, written_at)| *written_at);
        column.histories += u64::from(!is_complete);
    }

    /// Checks that no row of the table holds a text of a deleted message, and that none did when the deletion was
    /// acknowledged.
    pub(super) fn judge_traces(&self, column: &mut Column) {
        let is_deleted = |id: &message::Id| {
            let is_acknowledged = self.changes.get(id).is_some_and(ChangesOfMessage::is_deleted);
            is_acknowledged || self.current.get(id).is_some_and(|message| message.text == ShownText::Deleted)
        };
        let traces = self.sends.iter().map(|send| send.id).filter(|id| self.contents.texts.contains(&mark_of(*id)));
        column.resurrected += traces.filter(is_deleted).count() as u64;
        let had_traces = self.changes.values().flat_map(|changes| &changes.0).filter(|change| change.had_traces);
        column.resurrected += had_traces.count() as u64;
    }
}

/// Checks that a message has the text of its last acknowledged edit, or of a later one whose outcome is unknown; and no
/// text if its deletion is acknowledged.
fn judge_text(changes: &ChangesOfMessage<'_>, message: &ShownMessage, column: &mut Column) {
    let text = match message.text {
        ShownText::Altered => {
            column.altered += 1;
            return;
        }
        ShownText::Deleted => {
            column.lost += u64::from(!changes.may_be_deleted());
            return;
        }
        ShownText::Number(_) if changes.is_deleted() => {
            column.resurrected += 1;
            return;
        }
        ShownText::Number(text) => text,
    };
    let Some(version) = changes.version_of(text) else {
        column.altered += 1;
        return;
    };
    let is_newest = changes.acknowledged_texts().all(|newest| newest.0 < version || newest == (version, text));
    column.changes += u64::from(!is_newest);
    column.altered += u64::from(message.edits.is_some_and(|edits| edits != version));
}

/// Reports whether two readers show the same state of a message, as far as both show it.
fn is_same(one: &ShownMessage, other: &ShownMessage) -> bool {
    let equal = |one: Option<u64>, other: Option<u64>| one.zip(other).is_none_or(|(one, other)| one == other);
    one.text == other.text
        && one.reactions == other.reactions
        && equal(one.changed, other.changed)
        && equal(one.edits.map(u64::from), other.edits.map(u64::from))
}
