//! Requests of the simulated page, and what it does with the responses.

use proptest::prelude::*;

use crate::domain::message::Message;
use crate::domain::page::Page;
use crate::ui::state::law::history::Merged;
use crate::ui::state::law::response::Response;
use crate::ui::state::law::simulation::Simulation;
use crate::ui::state::timeline;
use crate::ui::state::timeline::ChangesPull;

impl Simulation {
    pub(super) fn pull_inbox(&mut self, merged: Merged) {
        if self.inbox.is_incomplete() && !self.is_pending(|response| matches!(response, Response::Inbox(..))) {
            let pull = self.inbox.pull();
            self.responses.push(Response::Inbox(pull, self.server.inbox(pull.depth, merged)));
        }
    }

    pub(super) fn pull_older_inbox(&mut self, merged: Merged) {
        if let Some(pull) = self.inbox.pull_older()
            && !self.is_pending(|response| matches!(response, Response::OlderInbox(..)))
        {
            let page = self.server.inbox_before(&pull.cursor, merged);
            self.responses.push(Response::OlderInbox(pull, page));
        }
    }

    pub(super) fn pull_newer(&mut self) {
        if self.loader.start_pulling() {
            self.pull_next(if self.loader.follows() { Response::CaughtUp } else { Response::ReadOn });
        }
    }

    /// Makes the next request of a series, or ends the series if nothing is missing.
    fn pull_next(&mut self, response: fn(timeline::Pull, Page<Message>) -> Response) {
        match self.loader.next_pull() {
            Some(pull) => {
                let page = self.server.page_after(pull.after.as_ref());
                self.responses.push(response(pull, page));
            }
            None => self.loader.stop_pulling(),
        }
    }

    pub(super) fn pull_older(&mut self) -> Result<(), TestCaseError> {
        if let Some(cursor) = self.timeline().older().cloned()
            && !self.is_pending(|response| matches!(response, Response::Older(..)))
        {
            let page = self.server.page_before(&cursor)?;
            let last = self.server.messages()[..self.count_before()].last();
            prop_assert!(
                page.items.last().map(|message| message.id) == last.map(|message| message.id),
                "{cursor} does not ask for the messages right before the loaded ones"
            );
            self.responses.push(Response::Older(cursor, page));
        }
        Ok(())
    }

    pub(super) fn pull_newest(&mut self) {
        if !self.loader.follows() && !self.is_pending(|response| matches!(response, Response::Newest(..))) {
            self.responses.push(Response::Newest(self.timeline().pull(), self.server.newest_page()));
        }
    }

    pub(super) fn ask_changes(&mut self) -> Result<(), TestCaseError> {
        if self.loader.start_pulling_changes() { self.ask_next_changes() } else { Ok(()) }
    }

    /// Makes the next request of a series, or ends the series if nothing is missing.
    fn ask_next_changes(&mut self) -> Result<(), TestCaseError> {
        let Some(pull) = self.loader.next_changes_pull() else {
            self.loader.stop_pulling_changes();
            return Ok(());
        };
        prop_assert!(
            self.asked.as_ref() != Some(&pull),
            "{pull:?} is made again, and the page has learned nothing since"
        );
        self.asked = Some(pull.clone());
        self.responses.push(match &pull {
            ChangesPull::After { rev, .. } => {
                let changes = self.server.changes_after(*rev);
                Response::Changes(pull, changes)
            }
            ChangesPull::Reload { from, to, .. } => {
                let page = self.server.reload(from, to);
                Response::Reloaded(pull, page)
            }
        });
        Ok(())
    }

    fn is_pending(&self, is_wanted: impl Fn(&Response) -> bool) -> bool {
        self.responses.iter().any(is_wanted)
    }

    pub(super) fn apply_response(&mut self, response: Response) -> Result<(), TestCaseError> {
        if !matches!(response, Response::Changes(..) | Response::Reloaded(..)) {
            self.asked = None;
        }
        match response {
            Response::Inbox(pull, page) => self.inbox.refresh(&pull, page),
            Response::OlderInbox(pull, page) => self.inbox.extend(&pull, page),
            Response::CaughtUp(pull, page) => {
                let at_end = self.at_end;
                self.change(|loader| drop(loader.catch_up(&pull, page, at_end)))?;
                match self.loader.continues(at_end) {
                    true => self.pull_next(Response::CaughtUp),
                    false => self.loader.stop_pulling(),
                }
            }
            Response::ReadOn(pull, page) => {
                self.loader.read_on(&pull, page);
                self.loader.stop_pulling();
            }
            Response::Older(cursor, page) => self.change(|loader| loader.prepend(&cursor, page))?,
            Response::Newest(pull, page) => {
                if !self.loader.replace(&pull, page) {
                    self.responses.push(Response::Newest(self.timeline().pull(), self.server.newest_page()));
                }
            }
            Response::Changes(pull, changes) => {
                self.loader.apply_changes(&pull, &changes);
                self.ask_next_changes()?;
            }
            Response::Reloaded(pull, page) => {
                self.loader.apply_reload(&pull, &page);
                self.ask_next_changes()?;
            }
            Response::Receipts(receipts) => self.members.refresh(receipts),
        }
        Ok(())
    }

    /// Ends the series of requests to which one belongs that has failed.
    pub(super) fn fail_request(&mut self, response: &Response) {
        match response {
            Response::CaughtUp(..) | Response::ReadOn(..) => self.loader.stop_pulling(),
            Response::Changes(..) | Response::Reloaded(..) => {
                self.asked = None;
                self.loader.stop_pulling_changes();
            }
            Response::Inbox(..) | Response::OlderInbox(..) => {}
            Response::Older(..) | Response::Newest(..) | Response::Receipts(_) => {}
        }
    }
}
