//! Simulated storage of a browser, with the notices of its changes.

use std::collections::{BTreeMap, VecDeque};

use crate::domain::message::{self, Message};
use crate::ui::state::compose_target::Target;
use crate::ui::state::law_of_writing::history::PAGES;
use crate::ui::state::outbox::unsent::Unsent;

/// Notice to a page that another page has changed the storage, or that the server has stored a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Notice {
    Draft(usize, String),
    Unsent,
    UnsentRemoved(Box<Unsent>),
    Wiped,
    SignedOut,
    Stored(Target, Box<Message>),
}

/// Values that the browser keeps for the user.
#[derive(Debug, Default)]
pub(super) struct Storage {
    pub(super) drafts: BTreeMap<usize, String>,
    pub(super) unsent: BTreeMap<message::Id, Unsent>,
    pub(super) is_full: bool,
    notices: [VecDeque<Notice>; PAGES],
}

impl Storage {
    pub(super) fn put_draft(&mut self, page: usize, conversation: usize, text: &str) -> bool {
        let before = self.drafts.get(&conversation).map_or(0, String::len);
        if self.is_full && text.len() > before {
            return false;
        }
        self.drafts.insert(conversation, text.to_owned());
        self.notify_others(page, &Notice::Draft(conversation, text.to_owned()));
        true
    }

    pub(super) fn put_unsent(&mut self, page: usize, item: Unsent) -> bool {
        if self.is_full && !self.unsent.contains_key(&item.id) {
            return false;
        }
        self.unsent.insert(item.id, item);
        self.notify_others(page, &Notice::Unsent);
        true
    }

    pub(super) fn remove_unsent(&mut self, page: usize, id: message::Id) {
        // A browser gives no notice if nothing was there.
        if let Some(removed) = self.unsent.remove(&id) {
            self.notify_others(page, &Notice::UnsentRemoved(Box::new(removed)));
        }
    }

    pub(super) fn all_unsent(&self) -> Vec<Unsent> {
        self.unsent.values().cloned().collect()
    }

    pub(super) fn wipe(&mut self, told: bool) {
        self.drafts.clear();
        self.unsent.clear();
        self.is_full = false;
        if told {
            self.notify_all(&Notice::Wiped);
        }
    }

    /// Removes everything because the user has signed out on a page.
    pub(super) fn sign_out(&mut self, page: usize) {
        self.notify_others(page, &Notice::SignedOut);
        for id in self.unsent.keys().copied().collect::<Vec<_>>() {
            self.remove_unsent(page, id);
        }
        self.drafts.clear();
    }

    pub(super) fn notify_all(&mut self, notice: &Notice) {
        for notices in &mut self.notices {
            notices.push_back(notice.clone());
        }
    }

    pub(super) fn next_notice(&mut self, page: usize) -> Option<Notice> {
        self.notices[page].pop_front()
    }

    pub(super) fn has_notices(&self) -> bool {
        self.notices.iter().any(|notices| !notices.is_empty())
    }

    /// Drops the notices to a page that is loaded anew.
    pub(super) fn forget_notices(&mut self, page: usize) {
        self.notices[page].clear();
    }

    fn notify_others(&mut self, page: usize, notice: &Notice) {
        for other in (0..PAGES).filter(|other| *other != page) {
            self.notices[other].push_back(notice.clone());
        }
    }
}
