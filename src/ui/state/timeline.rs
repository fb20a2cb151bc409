//! A part of a conversation, as a page knows it.

use crate::domain::conversation;
use crate::domain::event::Event;
use crate::domain::message::{Message, SentAt};
use crate::domain::page::{Cursor, Page};

/// The most messages that a page holds on to.
pub const SHOWN_MAX: usize = 300;

/// Messages that follow one another without a hole, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    conversation: conversation::Id,
    messages: Vec<Message>,
    older: Option<Cursor>,
    /// Whether messages are known to come after the last one of `messages`.
    has_newer: bool,
    /// The highest place heard of.
    heard: u64,
    /// How often something may have been missed.
    gaps: u64,
}

/// A question to the server: what comes after this time?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull {
    /// The last message that is known; none before the first of all.
    pub after: Option<SentAt>,
    gaps: u64,
}

impl Timeline {
    /// Begins with a page of a conversation.
    pub fn new(conversation: conversation::Id, page: Page<Message>) -> Self {
        let mut timeline = Self {
            conversation,
            older: page.older,
            has_newer: page.newer.is_some(),
            heard: 0,
            gaps: 0,
            messages: page.items,
        };
        timeline.heard = timeline.last_seq();
        timeline
    }

    /// What is known, oldest first.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Asks for what comes before all that is known; none at the beginning of the conversation.
    pub fn older(&self) -> Option<&Cursor> {
        self.older.as_ref()
    }

    /// Whether the newest message that was heard of is among those known.
    pub fn is_at_newest(&self) -> bool {
        !self.has_newer && self.heard <= self.last_seq()
    }

    /// The highest place heard of.
    pub fn heard(&self) -> u64 {
        self.heard
    }

    /// Goes to another part of the conversation, which the server answered to a question that was asked when `pull` was
    /// what to ask for.
    pub fn begin_anew(&mut self, pull: &Pull, page: Page<Message>) {
        let (heard, gaps) = (self.heard, self.gaps);
        *self = Self::new(self.conversation, page);
        self.heard = self.heard.max(heard);
        self.gaps = gaps;
        // What was missed since the server looked is not in its answer.
        self.has_newer |= pull.gaps != gaps;
    }

    /// Asks for what comes after all that is known.
    pub fn pull(&self) -> Pull {
        Pull { after: self.last_sent_at().cloned(), gaps: self.gaps }
    }

    /// The place of the last message that is known.
    pub fn last_seq(&self) -> u64 {
        self.messages.last().map_or(0, |message| message.seq)
    }

    /// Takes in what has happened. What does not follow on the last message is only remembered as being there: ask for
    /// what comes after it, which [`Timeline::is_at_newest`] then tells.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::MessageSent { conversation, message } if *conversation == self.conversation => {
                if !self.has_newer && message.seq == self.last_seq() + 1 {
                    self.messages.push(message.clone());
                }
                self.heard = self.heard.max(message.seq);
            }
            // There may be more, and only the server knows.
            Event::Resync => {
                self.has_newer = true;
                self.gaps += 1;
            }
            _ => {}
        }
    }

    /// Takes in what the server answered to `pull`.
    pub fn extend(&mut self, pull: &Pull, page: Page<Message>) {
        if pull.after.as_ref() > self.last_sent_at() {
            // The newest have been let go of since: what comes after them does not follow on what is left.
            return;
        }
        let last = self.last_sent_at().cloned();
        self.messages.extend(page.items.into_iter().filter(|message| Some(&message.sent_at) > last.as_ref()));
        self.heard = self.heard.max(self.last_seq());
        // What was missed since the server looked is not in its answer.
        self.has_newer = page.newer.is_some() || pull.gaps != self.gaps;
    }

    /// Takes in what the server says comes before all that is known, as it was asked with `cursor`.
    pub fn prepend(&mut self, cursor: &Cursor, page: Page<Message>) {
        // Another answer has come first, or the oldest have been let go of: it does not follow on what is left.
        if self.older.as_ref() != Some(cursor) {
            return;
        }
        let older: Vec<_> = page.items.into_iter().filter(|message| !self.knows(message)).collect();
        self.messages.splice(0..0, older);
        self.older = page.older;
    }

    /// Lets go of the oldest messages beyond [`SHOWN_MAX`]; they can be asked for again.
    pub fn forget_oldest(&mut self) {
        let excess = self.messages.len().saturating_sub(SHOWN_MAX);
        // Messages of the old app are not asked for by time: theirs can be written in other ways.
        if excess > 0 && self.messages[excess].seq > 0 {
            self.messages.drain(..excess);
            self.older = self.messages.first().map(|first| Cursor::before(&first.sent_at));
        }
    }

    /// Lets go of the newest messages beyond [`SHOWN_MAX`]; they can be asked for again. Answers whether there were any.
    pub fn forget_newest(&mut self) -> bool {
        // As above: what comes after a message of the old app is not asked for by time.
        let is_too_long = self.messages.len() > SHOWN_MAX && self.messages[SHOWN_MAX - 1].seq > 0;
        if is_too_long {
            self.messages.truncate(SHOWN_MAX);
            self.has_newer = true;
            self.gaps += 1;
        }
        is_too_long
    }

    fn last_sent_at(&self) -> Option<&SentAt> {
        self.messages.last().map(|message| &message.sent_at)
    }

    fn knows(&self, message: &Message) -> bool {
        self.messages.iter().rev().any(|known| known.id == message.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;
    use uuid::Uuid;

    #[test]
    fn messages_of_one_instant_are_all_taken_in_and_none_twice() {
        let old = |n, sent_at| Message { seq: 0, ..samples::message(n, "old", sent_at) };
        let page = |items: &[Message]| Page { items: items.to_vec(), older: None, newer: None };
        let all = [old(1, "1"), old(2, "2"), old(3, "2"), old(4, "3")];
        let mut timeline = Timeline::new(conversation::Id(Uuid::nil()), page(&all[..1]));
        let pull = timeline.pull();
        timeline.extend(&pull, page(&all[1..3]));
        timeline.extend(&pull, page(&all[1..]));
        assert_eq!(timeline.messages(), all);
    }
}
