//! Simulated browser and server.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use uuid::Uuid;

use crate::domain::error::AppError;
use crate::domain::message;
use crate::ui::state::compose_target::Target;
use crate::ui::state::law_of_writing::history::{CONVERSATIONS, Fate, PAGES, Step};
use crate::ui::state::law_of_writing::page::{Page, target};
use crate::ui::state::law_of_writing::storage::{Notice, Storage};
use crate::ui::state::outbox::queue::{Now, Outcome, State};
use crate::ui::state::outbox::unsent::Unsent;
use crate::ui::state::refusal::Refusal;

/// Longest time for which a message may be shown as being sent.
const SILENCE_MS_MAX: u64 = 5 * 60 * 1000;

/// A browser with two pages of a user, and the messages that the server has stored.
pub(super) struct Simulation {
    storage: Storage,
    pages: Vec<Page>,
    /// The page that holds the lock.
    sender: Option<usize>,
    is_signed_in: bool,
    /// The page on which the user has signed out last.
    away: Option<usize>,
    stored: Vec<(message::Id, Target, String)>,
    /// Number of words that were typed.
    words: usize,
    /// Words that the user has discarded.
    discarded: BTreeSet<usize>,
    /// Time at which each message was written, by the clock of the page.
    written: BTreeMap<message::Id, u64>,
    now: Now,
}

impl Simulation {
    pub(super) fn new() -> Self {
        let (mut storage, now) = (Storage::default(), Now { page_ms: 1, wall_ms: 1_000_000_000 });
        Self {
            pages: (0..PAGES).map(|page| Page::load(page, 0, &mut storage, now)).collect(),
            storage,
            sender: None,
            is_signed_in: true,
            away: None,
            stored: Vec::new(),
            words: 0,
            discarded: BTreeSet::new(),
            written: BTreeMap::new(),
            now,
        }
    }

    /// Executes a step, and checks the law.
    pub(super) fn step(&mut self, step: Step) -> Result<(), TestCaseError> {
        let now = self.now;
        match step {
            Step::Type { page } | Step::Send { page } | Step::Discard { page } if self.is_away(page) => {}
            Step::Type { page } => {
                self.pages[page].field.push_str(&format!("{} ", self.words));
                self.words += 1;
                self.pages[page].sync(&mut self.storage);
            }
            Step::Send { page } => {
                let id = message::Id(Uuid::from_u128(self.written.len() as u128));
                if self.pages[page].send(id, &mut self.storage, now) {
                    self.written.insert(id, now.page_ms);
                }
            }
            Step::Notice { page } => self.notice(page),
            Step::Pump { page } => self.pump(page),
            Step::End { page, fate } => self.end(page, fate),
            Step::Discard { page } => self.discard(page),
            Step::Retry { page } => self.retry(page),
            Step::Load { page, conversation } => self.load(page, conversation),
            Step::Wipe { told } => {
                // Notices take milliseconds, and users do not wipe the storage within them.
                self.deliver_all();
                self.storage.wipe(told);
            }
            Step::Fill { full } => self.storage.is_full = full,
            Step::SignOut { page } => self.sign_out(page),
            Step::SignIn { page } => self.sign_in(page),
            Step::Wait { secs, clock_secs } => {
                self.now.page_ms += secs * 1000;
                self.now.wall_ms = self.now.wall_ms.saturating_add_signed(clock_secs * 1000);
            }
        }
        self.check()
    }

    /// Lets everything arrive, be kept and be sent.
    pub(super) fn settle(&mut self) {
        self.storage.is_full = false;
        self.deliver_all();
        self.sign_in(0);
        // Each round sends a message of each conversation. In the last one, nothing is left to do.
        for _ in 0..self.written.len() + 2 {
            self.deliver_all();
            for page in 0..PAGES {
                self.pages[page].reconcile(&mut self.storage, self.now);
                self.pages[page].sync(&mut self.storage);
                self.pages[page].put_back_drafts(&mut self.storage);
                self.pages[page].queue.hurry();
                self.retry(page);
                self.pump(page);
                while !self.pages[page].in_flight.is_empty() {
                    self.end(page, Fate::Answered);
                }
            }
        }
        self.deliver_all();
    }

    /// Checks that each word is in one place in the end.
    pub(super) fn check_end(&self) -> Result<(), TestCaseError> {
        prop_assert!(self.storage.unsent.is_empty(), "everything has been sent");
        let sent = self.stored.iter().map(|(_, _, text)| text.as_str());
        let places: Vec<_> = sent.chain(self.storage.drafts.values().map(String::as_str)).collect();
        for word in 0..self.words {
            let count = places.iter().flat_map(|text| words(text)).filter(|it| *it == word).count();
            let is_discarded = self.discarded.contains(&word);
            prop_assert!(count == 1 || (count == 0 && is_discarded), "word {word} is in {count} places: {places:?}");
        }
        for page in &self.pages {
            let draft = self.storage.drafts.get(&page.conversation).map_or("", String::as_str);
            prop_assert_eq!(page.field.as_str(), draft, "every page shows the draft");
        }
        Ok(())
    }

    /// Checks that the server has the messages of each conversation in the order in which they were written.
    pub(super) fn check_order(&self) -> Result<(), TestCaseError> {
        for conversation in 0..CONVERSATIONS {
            let of_target = self.stored.iter().filter(|(_, it, _)| *it == target(conversation));
            // The ids of a history count up, whatever the clock of the device says.
            prop_assert!(of_target.map(|(id, ..)| id).is_sorted(), "{:?}", self.stored);
        }
        Ok(())
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let (shown, now) = (self.pages.iter().flat_map(|page| page.queue.shown(self.now)), self.now);
        let shown: Vec<_> = shown.collect();
        let in_pages = self.pages.iter().map(|page| page.field.as_str());
        let in_outboxes = shown.iter().map(|shown| shown.item.body.as_str());
        let in_storage = self.storage.drafts.values().chain(self.storage.unsent.values().map(|item| &item.body));
        let in_transit = self.pages.iter().flat_map(|page| &page.in_flight).map(|item| item.body.as_str());
        let sent = self.stored.iter().map(|(_, _, text)| text.as_str());
        let in_lists = self.pages.iter().flat_map(|page| page.texts.values()).map(String::as_str);
        let here = in_pages.chain(in_lists).chain(in_outboxes).chain(in_storage.map(String::as_str)).chain(in_transit);
        let present: BTreeSet<_> = here.chain(sent.clone()).flat_map(words).collect();
        let lost = (0..self.words).find(|word| !present.contains(word) && !self.discarded.contains(word));
        prop_assert_eq!(lost, None, "a word is lost");
        let sent: Vec<_> = sent.flat_map(words).collect();
        prop_assert_eq!(sent.len(), sent.iter().collect::<BTreeSet<_>>().len(), "a word was sent twice: {:?}", sent);
        let is_silent = |id| now.page_ms - self.written.get(&id).copied().unwrap_or(now.page_ms) >= SILENCE_MS_MAX;
        let silent = shown.iter().find(|it| it.state == State::Sending && is_silent(it.item.id));
        // A page that was loaded later knows only the clock of the device, which may have been set back since.
        let is_clock_right = silent.is_none_or(|it| it.item.written_at_ms + SILENCE_MS_MAX > now.wall_ms);
        prop_assert!(is_clock_right, "the user does not see that a message waits: {:?}", silent);
        Ok(())
    }

    fn notice(&mut self, page: usize) {
        if let Some(notice) = self.storage.next_notice(page) {
            self.pages[page].handle(notice, &mut self.storage, self.now);
        }
    }

    fn deliver_all(&mut self) {
        // A notice may lead to others.
        while self.storage.has_notices() {
            for page in 0..PAGES {
                self.notice(page);
            }
        }
    }

    fn pump(&mut self, page: usize) {
        if self.sender.is_none_or(|sender| sender == page) {
            self.pages[page].reconcile(&mut self.storage, self.now);
            let due = self.pages[page].queue.start_due(self.now);
            self.pages[page].in_flight.extend(due);
            self.sender = self.pages[page].queue.is_sending().then_some(page);
        }
    }

    fn end(&mut self, page: usize, fate: Fate) {
        let Some(item) = self.pages[page].in_flight.pop() else { return };
        let is_stored = self.is_stored(item.id);
        if matches!(fate, Fate::Answered | Fate::AnswerLost) {
            self.store(&item);
        }
        let outcome = match fate {
            Fate::AnswerLost | Fate::Lost => Outcome::Later(Duration::from_secs(1)),
            _ if !self.is_signed_in => Outcome::SignedOut,
            // The server returns what it has stored.
            Fate::Refused if !is_stored => Outcome::Refused(Refusal::from(&AppError::NotFound)),
            Fate::Answered | Fate::Refused => Outcome::Stored,
        };
        self.pages[page].answered(&item, outcome, (&mut self.storage, self.now));
        if !self.pages[page].queue.is_sending() && self.sender == Some(page) {
            self.sender = None;
        }
    }

    /// Handles a request at the server, which stores a message once.
    fn store(&mut self, item: &Unsent) {
        if self.is_signed_in && !self.is_stored(item.id) {
            self.stored.push((item.id, item.target, item.body.clone()));
            self.storage.notify_all(&Notice::Stored(item.id));
        }
    }

    fn is_stored(&self, id: message::Id) -> bool {
        self.stored.iter().any(|(it, ..)| *it == id)
    }

    fn discard(&mut self, page: usize) {
        let Some(first) = self.pages[page].queue.shown(self.now).into_iter().next() else { return };
        self.discarded.extend(words(&first.item.body));
        let commands = self.pages[page].queue.removed(first.item.id);
        self.pages[page].run(commands, &mut self.storage);
    }

    fn retry(&mut self, page: usize) {
        let shown = self.pages[page].queue.shown(self.now).into_iter();
        if let Some(refused) = shown.into_iter().find(|shown| matches!(shown.state, State::Refused(_))) {
            let commands = self.pages[page].queue.retry(refused.item.id, refused.item.id);
            self.pages[page].run(commands, &mut self.storage);
        }
    }

    fn load(&mut self, page: usize, conversation: usize) {
        if self.pages[page].leave(&mut self.storage, self.now) {
            // The requests of a page that is left still arrive.
            for item in std::mem::take(&mut self.pages[page].in_flight) {
                self.store(&item);
            }
            self.pages[page] = Page::load(page, conversation, &mut self.storage, self.now);
            if self.sender == Some(page) {
                self.sender = None;
            }
        }
    }

    /// Signs out, and discards everything but the text in the field of the other page.
    fn sign_out(&mut self, page: usize) {
        if !self.is_signed_in {
            return;
        }
        // As for a wipe.
        self.deliver_all();
        self.is_signed_in = false;
        let drafts = self.storage.drafts.values().chain(self.storage.unsent.values().map(|item| &item.body));
        let shown = self.pages.iter().flat_map(|page| page.queue.shown(self.now)).map(|shown| shown.item.body);
        let lists = self.pages.iter().flat_map(|page| page.texts.values().cloned());
        let texts: Vec<_> = drafts.cloned().chain(shown).chain(lists).chain([self.pages[page].field.clone()]).collect();
        self.discarded.extend(texts.iter().flat_map(|text| words(text)));
        self.storage.sign_out(page);
        let conversation = self.pages[page].conversation;
        self.pages[page] = Page::load(page, conversation, &mut self.storage, self.now);
        self.away = Some(page);
        // The user cannot be as quick on the other page.
        self.deliver_all();
    }

    /// Returns whether a page shows the sign-in instead, after a sign-out there.
    fn is_away(&self, page: usize) -> bool {
        !self.is_signed_in && self.away == Some(page)
    }

    /// Signs in on a page, from the note that the user is signed out.
    fn sign_in(&mut self, page: usize) {
        self.is_signed_in = true;
        for other in 0..PAGES {
            self.pages[other].reopen(&mut self.storage);
        }
        let conversation = self.pages[page].conversation;
        self.load(page, conversation);
    }
}

fn words(text: &str) -> impl Iterator<Item = usize> {
    text.split_whitespace().filter_map(|word| word.parse().ok())
}
