//! A person's conversations as their browser knows them, changed by what happens on the page.

use leptos::prelude::*;

use crate::conversation::{self, Conversation, PREVIEW_LEN_MAX};
use crate::message::Message;
use crate::page::{Cursor, Page};

/// What the list shows, from one answer of the server on.
#[derive(Clone, Copy)]
pub struct Rows {
    /// Newest first.
    pub shown: RwSignal<Vec<Conversation>>,
    /// Asks for what is older than all that is shown.
    pub older: RwSignal<Option<Cursor>>,
}

impl Rows {
    /// Begins with a page from the server.
    pub fn new(page: Page<Conversation>) -> Self {
        Self { shown: RwSignal::new(page.items), older: RwSignal::new(page.older) }
    }

    /// Takes in what is older, without what has moved up since. The list may have been left meanwhile.
    pub fn append(&self, page: Page<Conversation>) {
        self.shown.try_update(|rows| append(rows, page.items));
        self.older.try_set(page.older);
    }
}

/// The way from a conversation to the list beside it.
#[derive(Clone, Copy)]
pub struct Inbox {
    /// The rows that are on the page now. New ones for each answer of the server: a list that is about to be replaced
    /// must not be drawn with what is meant for the next.
    rows: StoredValue<Option<Rows>>,
    refetch: Callback<()>,
}

impl Inbox {
    /// A list that nobody has drawn yet; `refetch` asks the server for one.
    pub fn new(refetch: Callback<()>) -> Self {
        Self { rows: StoredValue::new(None), refetch }
    }

    /// The list shows these now.
    pub fn show(&self, rows: Rows) {
        self.rows.set_value(Some(rows));
    }

    /// Only the server knows what has changed.
    pub fn refetch(&self) {
        self.refetch.run(());
    }

    /// A message has been sent: its conversation is now the newest.
    pub fn sent(&self, conversation: conversation::Id, message: &Message) {
        let moved = self.update(|rows| move_up(rows, conversation, message));
        // Not among those that are shown.
        if moved == Some(false) {
            self.refetch();
        }
    }

    /// Everything in a conversation has been read.
    pub fn read(&self, conversation: conversation::Id) {
        self.update(|rows| {
            for row in rows.iter_mut().filter(|row| row.id == conversation) {
                row.unread = 0;
            }
        });
    }

    fn update<T>(&self, change: impl FnOnce(&mut Vec<Conversation>) -> T) -> Option<T> {
        self.rows.try_get_value().flatten()?.shown.try_update(change)
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
