//! The part of a conversation that a page has loaded.

use crate::domain::conversation;
use crate::domain::event::Event;
use crate::domain::message::{Message, SentAt};
use crate::domain::page::{Cursor, Page};

/// Maximum number of messages that a page keeps.
pub const SHOWN_MAX: usize = 300;

/// A run of a conversation's messages without a gap, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    conversation: conversation::Id,
    messages: Vec<Message>,
    older: Option<Cursor>,
    /// True if messages are known to exist after the last one of `messages`.
    has_newer: bool,
    /// The highest sequence number that the page knows of, loaded or not.
    latest_seq: u64,
    /// Number of times that events may have been missed. A response to a pull with another number may be incomplete.
    gaps: u64,
}

/// Request for the messages after a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull {
    /// Time of the last loaded message; `None` asks from the first message of the conversation on.
    pub after: Option<SentAt>,
    gaps: u64,
}

impl Timeline {
    /// Starts with a page of a conversation.
    pub fn new(conversation: conversation::Id, page: Page<Message>) -> Self {
        let mut timeline = Self {
            conversation,
            older: page.older,
            has_newer: page.newer.is_some(),
            latest_seq: 0,
            gaps: 0,
            messages: page.items,
        };
        timeline.latest_seq = timeline.last_seq();
        timeline
    }

    /// Returns the loaded messages, oldest first.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Returns the cursor of the page before the loaded messages; `None` at the beginning of the conversation.
    pub fn older(&self) -> Option<&Cursor> {
        self.older.as_ref()
    }

    /// Returns whether the newest message that the page knows of is loaded.
    pub fn is_at_newest(&self) -> bool {
        !self.has_newer && self.latest_seq <= self.last_seq()
    }

    /// Returns the highest sequence number that the page knows of, loaded or not.
    pub fn latest_seq(&self) -> u64 {
        self.latest_seq
    }

    /// Replaces the timeline with another page of the conversation. `pull` was made when `page` was requested.
    pub fn replace(&mut self, pull: &Pull, page: Page<Message>) {
        let (latest_seq, gaps) = (self.latest_seq, self.gaps);
        *self = Self::new(self.conversation, page);
        self.latest_seq = self.latest_seq.max(latest_seq);
        self.gaps = gaps;
        // The page does not contain what was missed after the server read it.
        self.has_newer |= pull.gaps != gaps;
    }

    /// Returns the request for the messages after the loaded ones.
    pub fn pull(&self) -> Pull {
        Pull { after: self.last_sent_at().cloned(), gaps: self.gaps }
    }

    /// Returns the sequence number of the last loaded message that has one; 0 if none has.
    pub fn last_seq(&self) -> u64 {
        self.messages.iter().rev().map(|message| message.seq).find(|seq| *seq > 0).unwrap_or(0)
    }

    /// Removes a loaded message that the server has numbered since: the old app wrote it, and its time may have
    /// changed.
    fn remove_unnumbered(&mut self, numbered: &Message) {
        if numbered.seq > 0 {
            self.messages.retain(|known| known.seq > 0 || known.id != numbered.id);
        }
    }

    /// Applies an event. A message that does not directly follow the last loaded one only raises
    /// [`Timeline::latest_seq`]; [`Timeline::is_at_newest`] is then false, and the caller pulls.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::MessageSent { conversation, message } if *conversation == self.conversation => {
                self.remove_unnumbered(message);
                if !self.has_newer && message.seq == self.last_seq() + 1 {
                    self.messages.push(message.clone());
                }
                self.latest_seq = self.latest_seq.max(message.seq);
            }
            // There may be more messages; only the server knows.
            Event::Resync => {
                self.has_newer = true;
                self.gaps += 1;
            }
            _ => {}
        }
    }

    /// Appends the response to `pull`.
    pub fn extend(&mut self, pull: &Pull, page: Page<Message>) {
        if pull.after.as_ref() > self.last_sent_at() {
            // The newest messages were dropped since: the page does not follow the last one that is left.
            return;
        }
        for message in &page.items {
            self.remove_unnumbered(message);
        }
        let last = self.last_sent_at().cloned();
        self.messages.extend(page.items.into_iter().filter(|message| Some(&message.sent_at) > last.as_ref()));
        self.latest_seq = self.latest_seq.max(self.last_seq());
        // The page does not contain what was missed after the server read it.
        self.has_newer = page.newer.is_some() || pull.gaps != self.gaps;
    }

    /// Prepends the page that the server returned for `cursor`.
    pub fn prepend(&mut self, cursor: &Cursor, page: Page<Message>) {
        // Another response came first, or the oldest messages were dropped: the page does not end where this one
        // begins.
        if self.older.as_ref() != Some(cursor) {
            return;
        }
        let older: Vec<_> = page.items.into_iter().filter(|message| !self.contains(message)).collect();
        self.messages.splice(0..0, older);
        self.older = page.older;
    }

    /// Drops the oldest messages beyond [`SHOWN_MAX`]. They can be loaded again.
    pub fn forget_oldest(&mut self) {
        let excess = self.messages.len().saturating_sub(SHOWN_MAX);
        // Legacy messages are never requested by time: theirs may be written in another form.
        if excess > 0 && self.messages[excess].seq > 0 {
            self.messages.drain(..excess);
            self.older = self.messages.first().map(|first| Cursor::before(&first.sent_at));
        }
    }

    /// Drops the newest messages beyond [`SHOWN_MAX`], and returns whether there were any. They can be loaded again.
    pub fn forget_newest(&mut self) -> bool {
        // As above: the messages after a legacy message cannot be requested by its time.
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

    fn contains(&self, message: &Message) -> bool {
        self.messages.iter().rev().any(|known| known.id == message.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;
    use uuid::Uuid;

    #[test]
    fn messages_with_equal_times_are_all_added_and_none_twice() {
        let legacy = |n, sent_at| Message { seq: 0, ..samples::message(n, "legacy", sent_at) };
        let page = |items: &[Message]| Page { items: items.to_vec(), older: None, newer: None };
        let all = [legacy(1, "1"), legacy(2, "2"), legacy(3, "2"), legacy(4, "3")];
        let mut timeline = Timeline::new(conversation::Id(Uuid::nil()), page(&all[..1]));
        let pull = timeline.pull();
        timeline.extend(&pull, page(&all[1..3]));
        timeline.extend(&pull, page(&all[1..]));
        assert_eq!(timeline.messages(), all);
    }

    // F20
    #[test]
    fn a_message_of_the_old_app_that_has_got_a_number_replaces_the_loaded_one() {
        let message = |seq, n, sent_at| Message { seq, ..samples::message(n, "text", sent_at) };
        let page = |items: &[Message]| Page { items: items.to_vec(), older: None, newer: None };
        let conversation = conversation::Id(Uuid::nil());
        // Numbered at its own time or, because another message came first, at a later one.
        for (sent_at, between) in [("2", None), ("4", Some(message(2, 9, "3")))] {
            let mut loaded = vec![message(1, 1, "1"), message(0, 2, "2")];
            loaded.extend(between);
            let numbered = message(loaded.last().map_or(0, |last| last.seq.max(1)) + 1, 2, sent_at);
            let mut expected = loaded.clone();
            expected.remove(1);
            expected.push(numbered.clone());

            let mut live = Timeline::new(conversation, page(&loaded));
            live.apply(&Event::MessageSent { conversation, message: numbered.clone() });
            assert_eq!(live.messages(), expected);
            assert!(live.is_at_newest());

            let mut pulled = Timeline::new(conversation, page(&loaded));
            pulled.apply(&Event::Resync);
            let pull = pulled.pull();
            pulled.extend(&pull, page(if sent_at == "4" { std::slice::from_ref(&numbered) } else { &[] }));
            if sent_at == "4" {
                assert_eq!(pulled.messages(), expected);
            }
            assert!(pulled.is_at_newest());
        }
    }
}
