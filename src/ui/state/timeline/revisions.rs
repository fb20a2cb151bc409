//! Revisions of a conversation: up to which a page shows all changes, and which changes it asks for.

use crate::domain::changes::Changes;
use crate::domain::message::{Message, SentAt};
use crate::domain::page::Page;

/// Request for the changes that the loaded messages do not show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangesPull {
    /// The changes after a revision.
    After { rev: u64, gaps: u64 },
    /// The messages between two times, both included, because the revisions have expired.
    Reload { from: SentAt, to: SentAt, gaps: u64 },
}

/// Revisions, as far as the page shows and knows them. `gaps` is the number of times that events may have been missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Revisions {
    /// Revision up to which the loaded messages and their quotes show all changes.
    shown: u64,
    /// The highest revision that the page knows of.
    latest: u64,
    /// True if there may be later changes than `latest`, because events may have been missed.
    may_lack: bool,
    /// Reload of the messages, if revisions after `shown` have expired.
    reload: Option<Reload>,
}

/// Reload of the loaded messages. The server may return them in several parts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reload {
    /// Time of the last message that has been reloaded.
    reloaded_to: Option<SentAt>,
    /// Revision up to which the reloaded messages, and those that were added since, show all changes.
    rev: u64,
}

impl Revisions {
    /// Starts with messages that show all changes up to `rev`.
    pub(super) fn new(rev: u64) -> Self {
        Self { shown: rev, latest: rev, may_lack: false, reload: None }
    }

    /// Reports whether there are changes that the loaded messages do not show, or may be.
    pub(super) fn lack_changes(&self) -> bool {
        self.may_lack || self.lack_known_changes()
    }

    /// Reports whether there are changes that the page knows of and the loaded messages do not show.
    pub(super) fn lack_known_changes(&self) -> bool {
        self.shown < self.latest
    }

    /// Notes the revision of the conversation, which the server has read with a page of messages. `has_missed`: events
    /// may have been missed since.
    pub(super) fn note_latest(&mut self, rev: u64, has_missed: bool) {
        self.latest = self.latest.max(rev);
        self.may_lack &= has_missed;
    }

    /// Notes that events may have been missed.
    pub(super) fn note_gap(&mut self) {
        self.may_lack = true;
    }

    /// Notes that a change has come by event.
    pub(super) fn note_change(&mut self, rev: u64) {
        self.latest = self.latest.max(rev);
        if rev == self.shown + 1 {
            self.shown = rev;
        }
    }

    /// Notes that messages were added which show the changes up to `rev`, and may lack later ones.
    pub(super) fn note_added(&mut self, rev: u64) {
        self.latest = self.latest.max(rev);
        self.shown = self.shown.min(rev);
        if let Some(reload) = &mut self.reload {
            reload.rev = reload.rev.min(rev);
        }
    }

    /// Continues with messages that have taken the place of others and show the changes up to `rev`. `has_missed`:
    /// events may have been missed since they were requested.
    pub(super) fn replace(&mut self, rev: u64, has_missed: bool) {
        *self = Self { latest: self.latest.max(rev), may_lack: has_missed, ..Self::new(rev) };
    }

    /// Returns the request for the changes that the loaded messages do not show; `None` if they show all that the page
    /// knows of. `ends`: times of the first and the last loaded message.
    pub(super) fn pull(&mut self, ends: Option<(&SentAt, &SentAt)>, gaps: u64) -> Option<ChangesPull> {
        if !self.lack_changes() {
            return None;
        }
        Some(match (&mut self.reload, ends) {
            (Some(reload), Some((first, last))) => {
                let from = reload.reloaded_to.clone().unwrap_or_else(|| {
                    // The request contains the messages that were added before it.
                    reload.rev = u64::MAX;
                    first.clone()
                });
                ChangesPull::Reload { from, to: last.clone(), gaps }
            }
            _ => ChangesPull::After { rev: self.shown, gaps },
        })
    }

    /// Notes the response to [`ChangesPull::After`], whose messages have been merged. `is_empty`: no message is loaded.
    pub(super) fn note_changes(&mut self, pull: &ChangesPull, changes: &Changes, is_empty: bool, gaps: u64) {
        let ChangesPull::After { rev, gaps: gaps_before } = *pull else { return };
        self.latest = self.latest.max(changes.rev);
        // A page without messages has nothing to reload: all that comes shows its changes.
        if changes.is_trimmed && !is_empty {
            // After an event that has brought the next change, the revisions that are left may be enough.
            if self.shown <= rev {
                self.reload = Some(Reload { reloaded_to: None, rev: u64::MAX });
            }
            return;
        }
        // Messages that were added since may show fewer changes than the loaded ones did.
        if self.shown >= rev {
            self.shown = self.shown.max(changes.rev);
        }
        self.may_lack &= changes.has_more || gaps_before != gaps;
    }

    /// Notes the response to [`ChangesPull::Reload`], whose messages have been merged.
    pub(super) fn note_reload(&mut self, pull: &ChangesPull, page: &Page<Message>, gaps: u64) {
        let ChangesPull::Reload { to, gaps: gaps_before, .. } = pull else { return };
        self.latest = self.latest.max(page.rev);
        // Other messages may have taken the place of those for which the request was made.
        let Some(reload) = &mut self.reload else { return };
        reload.rev = reload.rev.min(page.rev);
        if let Some(last) = page.items.last().filter(|last| page.newer.is_some() && last.sent_at < *to) {
            reload.reloaded_to = Some(last.sent_at.clone());
            return;
        }
        self.shown = self.shown.max(reload.rev);
        self.reload = None;
        self.may_lack &= *gaps_before != gaps;
    }
}
