//! A person's conversations as their browser knows them, changed by what happens on the page.

use leptos::prelude::*;

use crate::conversation::{self, Conversation, PREVIEW_LEN_MAX};
use crate::message::Message;
use crate::page::{Cursor, Page};

/// The list of conversations, shared by the list and the conversation beside it.
#[derive(Clone, Copy)]
pub struct Inbox {
    rows: RwSignal<Vec<Conversation>>,
    older: RwSignal<Option<Cursor>>,
    refetch: Callback<()>,
}

impl Inbox {
    /// An empty list; `refetch` asks the server for a page to [fill](Self::fill) it with.
    pub fn new(refetch: Callback<()>) -> Self {
        Self { rows: RwSignal::default(), older: RwSignal::default(), refetch }
    }

    /// Begins anew with a page from the server.
    pub fn fill(&self, page: Page<Conversation>) {
        self.rows.set(page.items);
        self.older.set(page.older);
    }

    /// What is shown, newest first.
    pub fn rows(&self) -> Signal<Vec<Conversation>> {
        self.rows.into()
    }

    /// Asks for what is older than all that is shown.
    pub fn older(&self) -> Signal<Option<Cursor>> {
        self.older.into()
    }

    /// Takes in what is older, without what has moved up since.
    pub fn append(&self, page: Page<Conversation>) {
        self.rows.update(|rows| append(rows, page.items));
        self.older.set(page.older);
    }

    /// Only the server knows what has changed.
    pub fn refetch(&self) {
        self.refetch.run(());
    }

    /// A message has been sent: its conversation is now the newest.
    pub fn sent(&self, conversation: conversation::Id, message: &Message) {
        let moved = self.rows.try_update(|rows| move_up(rows, conversation, message));
        // Not among those that are shown.
        if moved == Some(false) {
            self.refetch();
        }
    }

    /// Everything in a conversation has been read.
    pub fn read(&self, conversation: conversation::Id) {
        let unread = |rows: &[Conversation]| rows.iter().position(|row| row.id == conversation && row.unread > 0);
        if let Some(Some(at)) = self.rows.try_with_untracked(|rows| unread(rows)) {
            self.rows.update(|rows| rows[at].unread = 0);
        }
    }
}

fn append(rows: &mut Vec<Conversation>, older: Vec<Conversation>) {
    for row in older {
        if rows.iter().all(|shown| shown.id != row.id) {
            rows.push(row);
        }
    }
}

/// Whether the conversation was there.
fn move_up(rows: &mut Vec<Conversation>, conversation: conversation::Id, message: &Message) -> bool {
    let Some(at) = rows.iter().position(|row| row.id == conversation) else { return false };
    let mut row = rows.remove(at);
    row.preview = message.body.chars().take(PREVIEW_LEN_MAX).collect();
    row.last_sent_at = message.sent_at.clone();
    row.last_author = Some(message.author);
    rows.insert(0, row);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::samples;

    #[test]
    fn a_sent_message_moves_its_conversation_up_and_is_its_preview() {
        let mut rows = vec![samples::conversation(1), samples::conversation(2)];
        let message = samples::message(7, "🎈".repeat(200).as_str(), "2026-11-21T09:26:28.207802+00:00");
        let second = rows[1].id;
        assert!(move_up(&mut rows, second, &message));
        assert_eq!(rows[0].id, second);
        assert_eq!(rows[0].preview.chars().count(), PREVIEW_LEN_MAX);
        assert_eq!(rows[0].last_author, Some(message.author));
        assert_eq!(rows.len(), 2);
    }

    #[test]
    fn a_conversation_that_is_not_shown_cannot_be_moved() {
        let message = samples::message(7, "hello", "2026-11-21T09:26:28.207802+00:00");
        assert!(!move_up(&mut vec![samples::conversation(1)], samples::conversation(2).id, &message));
    }

    #[test]
    fn an_older_page_repeats_no_conversation() {
        let mut rows = vec![samples::conversation(1), samples::conversation(2)];
        append(&mut rows, vec![samples::conversation(2), samples::conversation(3)]);
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        assert_eq!(ids, [1, 2, 3].map(|n| samples::conversation(n).id));
    }
}
