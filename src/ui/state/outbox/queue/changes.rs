//! Actions of the user in the outbox: adding an entry, replacing its text, and sending a refused one again.

use crate::domain::error::{AppError, Conflict};
use crate::domain::message;
use crate::ui::state::outbox::queue::{Command, Entry, Now, Queue, is_same_text};
use crate::ui::state::outbox::unsent::{Content, NewUnsent, Unsent};

impl Queue {
    /// Adds a message. [`Queue::reconcile`] comes first, so that the order covers the messages of other pages.
    ///
    /// Of several reactions with one emoji the last one counts, and of several edits the last text. A deletion takes
    /// the place of the other changes of its message.
    pub fn push(&mut self, new: NewUnsent, now: Now) -> Vec<Command> {
        if let Some(commands) = self.replace_text(&new) {
            return commands;
        }
        let mut commands = self.remove_outdated(&new.content);
        let NewUnsent { id, target, peer, to, content, reply_to, edited: _ } = new;
        let order = self.entries.iter().map(|entry| entry.item.order).max().unwrap_or(0) + 1;
        let written_at_ms = now.wall_ms;
        let replaced = Vec::new();
        let item = Unsent { id, target, peer, to, order, written_at_ms, content, reply_to, replaced, refused: None };
        self.entries.push(Entry { item: item.clone(), is_kept: false, seen_at_ms: now.page_ms });
        commands.push(Command::Put(Box::new(item)));
        commands
    }

    /// Puts the text of an edit into the waiting edit that the user has seen. `None` if there is none. An edit that the
    /// user has not seen, because another page made it meanwhile, stays, and the server finds the conflict.
    fn replace_text(&mut self, new: &NewUnsent) -> Option<Vec<Command>> {
        let Content::Edit { message, body, .. } = &new.content else { return None };
        let is_seen = |item: &Unsent| match (&item.content, &new.edited) {
            (Content::Edit { message: other, body, .. }, Some(edited)) => {
                other.id == message.id && is_same_text(body, edited)
            }
            _ => false,
        };
        let mut waiting = self.entries.iter_mut().filter(|entry| entry.item.refused.is_none());
        let entry = waiting.find(|entry| is_seen(&entry.item))?;
        entry.set_text(body);
        Some(vec![Command::Put(Box::new(entry.item.clone()))])
    }

    /// Removes the changes that `new` makes pointless.
    fn remove_outdated(&mut self, new: &Content) -> Vec<Command> {
        let is_outdated = |item: &Unsent| match (new, &item.content) {
            (Content::React { message, emoji, .. }, Content::React { message: other, emoji: earlier, .. }) => {
                message.id == other.id && emoji == earlier
            }
            (Content::Delete(message), content) => {
                item.id == message.id || content.changes().is_some_and(|other| other.id == message.id)
            }
            _ => false,
        };
        let outdated = self.entries.iter().map(|entry| &entry.item).filter(|item| is_outdated(item));
        let ids: Vec<_> = outdated.map(|item| item.id).collect();
        ids.into_iter().flat_map(|id| self.removed(id)).collect()
    }

    /// Replaces the text of a message that is not stored yet, and lets it be sent again if it was refused. Returns
    /// nothing if the message is not there any more.
    pub fn edit(&mut self, id: message::Id, body: &str, fresh: message::Id) -> Vec<Command> {
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.item.id == id) else { return Vec::new() };
        entry.set_text(body);
        self.retry(id, fresh)
    }

    /// Lets a refused message be sent again, under the id `fresh` if the server will never accept the old one.
    pub fn retry(&mut self, id: message::Id, fresh: message::Id) -> Vec<Command> {
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.item.id == id) else { return Vec::new() };
        let reason = entry.item.refused.take().map(|refusal| refusal.reason().err());
        entry.is_kept = false;
        let mut commands = Vec::new();
        if let Some(Some(AppError::Conflict(Conflict::MessageTooOld | Conflict::MessageIdTaken))) = reason {
            let version = std::mem::take(&mut entry.item.replaced).len();
            self.gone.insert(id, version);
            entry.item.id = fresh;
            commands.push(Command::Remove(id));
        }
        commands.push(Command::Put(Box::new(entry.item.clone())));
        commands
    }
}

impl Entry {
    /// Replaces the text. The server may have stored the one before.
    fn set_text(&mut self, text: &str) {
        self.is_kept = false;
        if let Content::Body(body) | Content::Edit { body, .. } = &mut self.item.content
            && body != text
        {
            self.item.replaced.push(std::mem::replace(body, text.to_owned()));
        }
    }
}
