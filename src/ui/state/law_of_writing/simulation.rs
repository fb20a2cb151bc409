//! Simulated browser and server.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::domain::error::{AppError, Conflict};
use crate::domain::message;
use crate::ui::state::law_of_writing::history::{CONVERSATIONS, EMOJI, Fate, PAGES, Step};
use crate::ui::state::law_of_writing::page::{Page, target};
use crate::ui::state::law_of_writing::server::Server;
use crate::ui::state::law_of_writing::storage::Storage;
use crate::ui::state::outbox::queue::{Now, Shown, State};
use crate::ui::state::outbox::unsent::Unsent;

/// Longest time for which a message may be shown as being sent.
const SILENCE_MS_MAX: u64 = 5 * 60 * 1000;

/// A browser with two pages of a user, and the messages that the server has stored.
pub(super) struct Simulation {
    pub(super) storage: Storage,
    pub(super) pages: Vec<Page>,
    /// The page that holds the lock.
    pub(super) sender: Option<usize>,
    pub(super) is_signed_in: bool,
    /// The page on which the user has signed out last.
    pub(super) away: Option<usize>,
    pub(super) server: Server,
    /// The last wish for each message and emoji, unless the user has given it up.
    pub(super) wishes: BTreeMap<(message::Id, &'static str), bool>,
    /// Entries that were refused once: they are not carried out in order.
    pub(super) refused: BTreeSet<message::Id>,
    /// Number of words that were typed.
    pub(super) words: usize,
    /// Words that the user has discarded.
    pub(super) discarded: BTreeSet<usize>,
    /// Time at which each message was written, by the clock of the page.
    pub(super) written: BTreeMap<message::Id, u64>,
    pub(super) now: Now,
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
            server: Server::default(),
            wishes: BTreeMap::new(),
            refused: BTreeSet::new(),
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
            Step::Type { page }
            | Step::Send { page }
            | Step::Discard { page }
            | Step::Edit { page }
            | Step::EditUnsent { page }
            | Step::React { page, .. }
            | Step::Delete { page }
                if self.is_away(page) => {}
            Step::Type { page } => {
                self.pages[page].field.push_str(&format!("{} ", self.words));
                self.words += 1;
                self.pages[page].sync(&mut self.storage);
            }
            Step::Send { page } => {
                let id = self.next_id();
                if self.pages[page].send(id, &mut self.storage, now) {
                    self.written.insert(id, now.page_ms);
                }
            }
            Step::Edit { page } => self.edit(page),
            Step::EditUnsent { page } => self.edit_unsent(page),
            Step::React { page, emoji, on } => self.react(page, EMOJI[emoji], on),
            Step::Delete { page } => self.delete(page),
            Step::EditElsewhere { conversation } => self.edit_elsewhere(conversation),
            Step::See { page } => self.pages[page].loaded = self.server.messages(),
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
                // Reactions are not put back.
                self.wishes.clear();
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
        for _ in 0..2 * self.written.len() + 2 {
            self.deliver_all();
            for page in 0..PAGES {
                self.pages[page].reconcile(&mut self.storage, self.now);
                self.pages[page].sync(&mut self.storage);
                self.pages[page].put_back_drafts(&mut self.storage);
                self.pages[page].queue.hurry();
                self.give_up(page);
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
        let sent = self.server.texts();
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
        for ((message, emoji), on) in &self.wishes {
            let reactions = self.server.message(*message).map_or(&[][..], |message| &message.reactions);
            let is_on = reactions.iter().any(|reaction| reaction.emoji.as_str() == *emoji);
            prop_assert_eq!(is_on, *on, "the last wish counts: {} at {:?}", emoji, message);
        }
        Ok(())
    }

    /// Checks that the server has got the messages and changes of each conversation in the order in which they were
    /// made.
    pub(super) fn check_order(&self) -> Result<(), TestCaseError> {
        for conversation in 0..CONVERSATIONS {
            let of_target = self.server.log.iter().filter(|(_, it)| *it == target(conversation));
            let in_order = of_target.map(|(id, _)| id).filter(|id| !self.refused.contains(id));
            // The ids of a history count up, whatever the clock of the device says.
            prop_assert!(in_order.is_sorted(), "{:?}", self.server);
        }
        Ok(())
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let (shown, now) = (self.pages.iter().flat_map(|page| page.queue.shown(self.now)), self.now);
        let shown: Vec<_> = shown.collect();
        let in_pages = self.pages.iter().map(|page| page.field.as_str());
        let in_outboxes = shown.iter().map(|shown| text_of(&shown.item));
        let in_storage =
            self.storage.drafts.values().map(String::as_str).chain(self.storage.unsent.values().map(text_of));
        let in_transit = self.pages.iter().flat_map(|page| &page.in_flight).map(text_of);
        let sent = self.server.texts();
        let in_lists = self.pages.iter().flat_map(|page| page.texts.values()).map(String::as_str);
        let here = in_pages.chain(in_lists).chain(in_outboxes).chain(in_storage).chain(in_transit);
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

    pub(super) fn notice(&mut self, page: usize) {
        if let Some(notice) = self.storage.next_notice(page) {
            self.pages[page].handle(notice, &mut self.storage, self.now);
        }
    }

    pub(super) fn deliver_all(&mut self) {
        // A notice may lead to others.
        while self.storage.has_notices() {
            for page in 0..PAGES {
                self.notice(page);
            }
        }
    }
}

pub(super) fn text_of(item: &Unsent) -> &str {
    item.content.text().unwrap_or_default()
}

pub(super) fn is_refused_with(shown: &Shown, conflict: Conflict) -> bool {
    let State::Refused(refusal) = &shown.state else { return false };
    refusal.reason() == Err(AppError::Conflict(conflict))
}

pub(super) fn words(text: &str) -> impl Iterator<Item = usize> {
    text.split_whitespace().filter_map(|word| word.parse().ok())
}
