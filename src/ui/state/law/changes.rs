//! Changes of messages on the simulated server, by the rules of `server/store/dynamodb/changes.rs`.

use crate::domain::changes::Changes;
use crate::domain::emoji::Emoji;
use crate::domain::event::Event;
use crate::domain::message::{EDITS_MAX, Message, Reaction, SentAt, TextVersion};
use crate::domain::page::Page;
use crate::domain::user;
use crate::ui::state::law::history::Target;
use crate::ui::state::law::server::{Server, ben, me};

/// Number of revisions in one response: few, so that catching up takes several.
const CHANGES: usize = 3;

/// Minimum number of messages in one response to a reload.
const RELOAD_MIN: usize = 4;

/// Returns the text of a message at a version. Only the author can have written it.
pub(super) fn text(message: &Message, version: TextVersion) -> String {
    match (0..=EDITS_MAX).find(|edits| TextVersion::edited(*edits) == version) {
        Some(edits) => format!("text {edits} of message {} by {}", message.id.0.as_u128(), message.author),
        None => String::new(),
    }
}

impl Server {
    /// Edits a message, if it is the member's own.
    pub(super) fn edit(&mut self, target: Target, mine: bool, late: bool) -> Option<Event> {
        let at = self.own_message(target, mine)?;
        let message = &mut self.messages[target.conversation][at];
        if message.is_deleted() || message.edits >= EDITS_MAX {
            return None;
        }
        message.edits += 1;
        message.edited_at = Some(message.sent_at.clone());
        message.body = text(message, message.version());
        let event = self.change(target.conversation, at);
        if !late {
            self.list_change(target.conversation, at);
        }
        Some(event)
    }

    /// Deletes a message, if it is the member's own. Its text leaves the inbox row at once.
    pub(super) fn delete(&mut self, target: Target, mine: bool) -> Option<Event> {
        let at = self.own_message(target, mine)?;
        let message = &mut self.messages[target.conversation][at];
        if message.is_deleted() {
            return None;
        }
        *message = Message {
            body: String::new(),
            quote: None,
            edits: 0,
            edited_at: None,
            deleted_at: Some(message.sent_at.clone()),
            reactions: Vec::new(),
            ..message.clone()
        };
        let event = self.change(target.conversation, at);
        self.list_change(target.conversation, at);
        Some(event)
    }

    /// Adds or removes a reaction. If there is nothing to change, the answer is the message as it is: the page applies
    /// it as an event.
    pub(super) fn react(&mut self, target: Target, mine: bool, on: bool) -> Option<Event> {
        let at = self.find(target)?;
        let message = &mut self.messages[target.conversation][at];
        if message.is_deleted() {
            return None;
        }
        let user = author(mine);
        let mut users = message.reactions.first().map(|reaction| reaction.users.clone()).unwrap_or_default();
        if users.contains(&user) == on {
            return Some(self.changed_event(target.conversation, at)).filter(|_| mine);
        }
        users.retain(|other| *other != user);
        users.extend(on.then_some(user));
        let reaction = Reaction { emoji: Emoji::stored("👍".to_owned()), users };
        message.reactions = Some(reaction).filter(|reaction| !reaction.users.is_empty()).into_iter().collect();
        Some(self.change(target.conversation, at))
    }

    /// Lets the revisions expire whose bit is set.
    pub(super) fn trim_revs(&mut self, bits: u32) {
        for (n, revision) in self.revisions.iter_mut().enumerate() {
            if bits.rotate_right(n as u32) & 1 == 1 {
                *revision = None;
            }
        }
    }

    /// Returns the changes after a revision.
    pub(super) fn changes_after(&self, rev: u64) -> Changes {
        let numbered = (1..).zip(&self.revisions).skip(rev as usize);
        let found: Vec<(u64, usize)> = numbered.filter_map(|(rev, at)| Some((rev, (*at)?))).take(CHANGES).collect();
        let is_whole = found.iter().zip(rev + 1..).all(|((found, _), expected)| *found == expected);
        let last = found.last().map_or(rev, |(last, _)| *last);
        let has_more = found.len() == CHANGES;
        if !is_whole || (!has_more && last < self.rev[0]) {
            return Changes { messages: Vec::new(), rev: self.rev[0], has_more: false, is_trimmed: true };
        }
        let mut changed: Vec<_> = found.into_iter().map(|(_, at)| at).collect();
        changed.sort_unstable();
        changed.dedup();
        let messages = changed.into_iter().map(|at| self.with_quote(&self.messages()[at])).collect();
        Changes { messages, rev: last, has_more, is_trimmed: false }
    }

    /// Returns the messages between two times: half of them if there are many.
    pub(super) fn reload(&self, from: &SentAt, to: &SentAt) -> Page<Message> {
        let first = self.messages().partition_point(|message| message.sent_at < *from);
        let end = self.messages().partition_point(|message| message.sent_at <= *to).max(first);
        let count = (end - first).min(RELOAD_MIN.max((end - first) / 2));
        self.slice(first..first + count)
    }

    /// Returns a message of the open conversation as it is now.
    pub(super) fn current(&self, message: &Message) -> Message {
        let at = self.messages().partition_point(|other| other.sent_at < message.sent_at);
        self.with_quote(&self.messages()[at])
    }

    /// Returns a message with the current text of the one that it answers.
    pub(super) fn with_quote(&self, message: &Message) -> Message {
        let quoted = message.quote.as_ref().map(|quote| {
            let at = self.messages().partition_point(|other| other.sent_at < quote.message.sent_at);
            self.messages()[at].quoted()
        });
        Message { quote: quoted, ..message.clone() }
    }

    /// Numbers a change and the changed message.
    fn change(&mut self, conversation: usize, at: usize) -> Event {
        self.rev[conversation] += 1;
        self.messages[conversation][at].changed = self.rev[conversation];
        if conversation == 0 {
            self.revisions.push(Some(at));
        }
        self.changed_event(conversation, at)
    }

    fn changed_event(&self, conversation: usize, at: usize) -> Event {
        let message = self.with_quote(&self.messages[conversation][at]);
        Event::MessageChanged { conversation: Self::id(conversation), message }
    }

    fn find(&self, Target { conversation, back }: Target) -> Option<usize> {
        self.messages[conversation].len().checked_sub(back + 1)
    }

    fn own_message(&self, target: Target, mine: bool) -> Option<usize> {
        self.find(target).filter(|at| self.messages[target.conversation][*at].author == author(mine))
    }
}

fn author(mine: bool) -> user::Id {
    if mine { me() } else { ben() }
}
