//! Actions of the user on the simulated pages, besides writing.

use uuid::Uuid;

use crate::domain::emoji::Emoji;
use crate::domain::error::Conflict;
use crate::domain::message::{self, Message};
use crate::ui::state::law_of_writing::history::PAGES;
use crate::ui::state::law_of_writing::page::{Page, target};
use crate::ui::state::law_of_writing::simulation::{Simulation, is_refused_with, text_of, words};
use crate::ui::state::outbox::queue::State;
use crate::ui::state::outbox::unsent::{Content, Unsent};

impl Simulation {
    pub(super) fn next_id(&self) -> message::Id {
        message::Id(Uuid::from_u128(self.written.len() as u128))
    }

    /// Makes a change of the last message that a page shows.
    pub(super) fn change(&mut self, page: usize, make: impl FnOnce(&mut Self, &Message) -> Content) {
        // Notices take milliseconds, and users do not change the same message on two pages within them.
        self.deliver_all();
        let (now, id) = (self.now, self.next_id());
        let Some(message) = self.pages[page].last_shown(now) else { return };
        let content = make(self, &message);
        self.pages[page].push(id, content, Some(message.body), (&mut self.storage, now));
        self.written.insert(id, now.page_ms);
    }

    pub(super) fn edit(&mut self, page: usize) {
        self.change(page, |simulation, message| {
            let body = format!("{} {}", message.body, simulation.words);
            simulation.words += 1;
            Content::Edit { message: message.reference(), edits: message.edits, body }
        });
    }

    pub(super) fn edit_unsent(&mut self, page: usize) {
        // As above. And a page cannot know of a text that another page has not been able to keep.
        self.deliver_all();
        if self.storage.is_full {
            return;
        }
        let word = format!(" {} ", self.words);
        if let Some(id) = self.pages[page].edit_unsent(&word, &mut self.storage, self.now) {
            self.note_written(id);
        }
    }

    /// Adds a word to the last message of a conversation, on another device.
    pub(super) fn edit_elsewhere(&mut self, conversation: usize) {
        let word = self.words.to_string();
        if let Some(id) = self.server.edit_last(target(conversation), &word) {
            self.note_written(id);
        }
    }

    /// Counts a word that was added to a message. The message may be about to be deleted.
    fn note_written(&mut self, id: message::Id) {
        let shown = self.pages.iter().flat_map(|page| page.queue.shown(self.now)).map(|shown| shown.item);
        let in_flight = self.pages.iter().flat_map(|page| page.in_flight.clone());
        let mut entries = shown.chain(in_flight).chain(self.storage.unsent.values().cloned());
        if entries.any(|item| matches!(item.content, Content::Delete(message) if message.id == id)) {
            self.discarded.insert(self.words);
        }
        self.words += 1;
    }

    pub(super) fn react(&mut self, page: usize, emoji: &'static str, on: bool) {
        // A page cannot know of the reactions that another page has not been able to keep.
        let mut shown = self.pages.iter().flat_map(|page| page.queue.shown(self.now));
        let is_known = shown.all(|shown| shown.is_kept) && !self.storage.is_full;
        self.change(page, |simulation, message| {
            // The request of a deletion is on its way, and a sign-out has made the pages forget it.
            let in_flight = simulation.pages.iter().flat_map(|page| &page.in_flight);
            let is_deleted =
                in_flight.map(|item| &item.content).any(|it| matches!(it, Content::Delete(of) if of.id == message.id));
            if is_known && !is_deleted {
                simulation.wishes.insert((message.id, emoji), on);
            } else {
                simulation.wishes.remove(&(message.id, emoji));
            }
            Content::React { message: message.reference(), emoji: Emoji::stored(emoji.to_owned()), on }
        });
    }

    pub(super) fn delete(&mut self, page: usize) {
        self.change(page, |simulation, message| {
            simulation.wishes.retain(|(it, _), _| *it != message.id);
            let shown = simulation.pages.iter().flat_map(|page| page.queue.shown(simulation.now));
            let entries = shown.map(|shown| shown.item).chain(simulation.storage.unsent.values().cloned());
            let is_of =
                |it: message::Id, item: &Unsent| item.id == it || item.content.changes().is_some_and(|of| of.id == it);
            let edits = entries.filter(|item| is_of(message.id, item));
            let texts: Vec<_> = edits.map(|item| text_of(&item).to_owned()).chain([message.body.clone()]).collect();
            simulation.discarded.extend(texts.iter().flat_map(|text| words(text)));
            if let Some(stored) = simulation.server.message(message.id) {
                simulation.discarded.extend(words(&stored.body));
            }
            Content::Delete(message.reference())
        });
    }

    /// Discards the changes of deleted messages, which the server never accepts.
    pub(super) fn give_up(&mut self, page: usize) {
        for shown in self.pages[page].queue.shown(self.now) {
            if is_refused_with(&shown, Conflict::MessageDeleted) {
                self.discarded.extend(words(text_of(&shown.item)));
                let commands = self.pages[page].queue.removed(shown.item.id);
                self.pages[page].run(commands, &mut self.storage);
            }
        }
    }

    pub(super) fn discard(&mut self, page: usize) {
        self.pages[page].reconcile(&mut self.storage, self.now);
        let Some(first) = self.pages[page].queue.shown(self.now).into_iter().next() else { return };
        self.discarded.extend(words(text_of(&first.item)));
        if let Content::React { message, .. } = &first.item.content {
            self.wishes.retain(|(it, _), _| *it != message.id);
        }
        let commands = self.pages[page].queue.removed(first.item.id);
        self.pages[page].run(commands, &mut self.storage);
    }

    pub(super) fn retry(&mut self, page: usize) {
        let shown = self.pages[page].queue.shown(self.now).into_iter();
        if let Some(refused) = shown.into_iter().find(|shown| matches!(shown.state, State::Refused(_))) {
            if is_refused_with(&refused, Conflict::MessageIdTaken) {
                return self.send_rest(page, refused.item.id);
            }
            // The user has seen the other text, and replaces it.
            if is_refused_with(&refused, Conflict::MessageChanged)
                && let Some(message) = refused.item.content.changes()
                && let Some(stored) = self.server.message(message.id)
            {
                self.discarded.extend(words(&stored.body));
            }
            let commands = self.pages[page].queue.retry(refused.item.id, refused.item.id);
            self.pages[page].run(commands, &mut self.storage);
        }
    }

    /// Sends what is left of a message as one of its own. Another page has sent another text of the message, and has
    /// not told this one; the user sees that text, and does not write its words again.
    fn send_rest(&mut self, page: usize, id: message::Id) {
        // As for a change of a message.
        self.deliver_all();
        let shown = self.pages[page].queue.shown(self.now).into_iter();
        let taken = shown.into_iter().find(|it| it.item.id == id && is_refused_with(it, Conflict::MessageIdTaken));
        let Some(taken) = taken else { return };
        let sent: Vec<_> = self.server.message(id).map_or(Vec::new(), |message| words(&message.body).collect());
        let rest: Vec<_> = words(text_of(&taken.item)).filter(|word| !sent.contains(word)).collect();
        let commands = if rest.is_empty() {
            self.pages[page].queue.removed(id)
        } else {
            let (fresh, text) = (self.next_id(), rest.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
            self.written.insert(fresh, self.now.page_ms);
            self.pages[page].queue.edit(id, &text, fresh)
        };
        self.pages[page].run(commands, &mut self.storage);
    }

    pub(super) fn load(&mut self, page: usize, conversation: usize) {
        if self.pages[page].leave(&mut self.storage, self.now) {
            // The requests of a page that is left still arrive.
            for item in std::mem::take(&mut self.pages[page].in_flight) {
                if self.is_signed_in {
                    let _ = self.carry_out(&item);
                }
            }
            self.pages[page] = Page::load(page, conversation, &mut self.storage, self.now);
            self.pages[page].loaded = self.server.messages();
            if self.sender == Some(page) {
                self.sender = None;
            }
        }
    }

    /// Signs out, and discards everything but the text in the field of the other page.
    pub(super) fn sign_out(&mut self, page: usize) {
        if !self.is_signed_in {
            return;
        }
        // As for a wipe.
        self.deliver_all();
        self.is_signed_in = false;
        let unsent = self.storage.unsent.values().map(text_of);
        let drafts = self.storage.drafts.values().map(String::as_str).chain(unsent).map(ToOwned::to_owned);
        let shown = self.pages.iter().flat_map(|page| page.queue.shown(self.now));
        let shown = shown.map(|shown| text_of(&shown.item).to_owned());
        let lists = self.pages.iter().flat_map(|page| page.texts.values().cloned());
        let texts: Vec<_> = drafts.chain(shown).chain(lists).chain([self.pages[page].field.clone()]).collect();
        self.discarded.extend(texts.iter().flat_map(|text| words(text)));
        self.wishes.clear();
        self.storage.sign_out(page);
        let conversation = self.pages[page].conversation;
        self.pages[page] = Page::load(page, conversation, &mut self.storage, self.now);
        self.away = Some(page);
        // The user cannot be as quick on the other page.
        self.deliver_all();
    }

    /// Returns whether a page shows the sign-in instead, after a sign-out there.
    pub(super) fn is_away(&self, page: usize) -> bool {
        !self.is_signed_in && self.away == Some(page)
    }

    /// Signs in on a page, from the note that the user is signed out.
    pub(super) fn sign_in(&mut self, page: usize) {
        self.is_signed_in = true;
        for other in 0..PAGES {
            self.pages[other].reopen(&mut self.storage);
        }
        let conversation = self.pages[page].conversation;
        self.load(page, conversation);
    }
}
