//! The end of a history: everything that is on its way arrives, and the page then equals the server.

use proptest::prelude::*;

use crate::ui::state::law::history::{Merged, Step, Target};
use crate::ui::state::law::simulation::Simulation;

/// More requests than any page has to make.
const REQUESTS_MAX: usize = 200;

impl Simulation {
    /// Delivers all events in flight.
    pub(super) fn deliver_all(&mut self) -> Result<(), TestCaseError> {
        while !self.events.is_empty() {
            self.step(&Step::ReceiveEvent { index: 0, again: false })?;
        }
        Ok(())
    }

    /// Moves all inbox rows that are late. Before that, the page may pull its inbox once more.
    pub(super) fn move_all(&mut self) -> Result<(), TestCaseError> {
        self.step(&Step::PullInbox { merged: Merged::default() })?;
        self.server.move_all();
        Ok(())
    }

    /// Asks for the changes that the page lacks, while each request is overtaken by another message and an edit of it.
    /// Checks that the page catches up nevertheless.
    pub(super) fn catch_up_while_busy(&mut self) -> Result<(), TestCaseError> {
        let stored: Vec<_> = self.server.messages().iter().map(|message| (message.id, message.changed)).collect();
        for _ in 0..REQUESTS_MAX {
            let shown = self.timeline().messages();
            let mut states = shown.iter().filter_map(|it| Some((it, stored.iter().find(|(id, _)| *id == it.id)?)));
            if states.all(|(message, (_, changed))| message.changed >= *changed) {
                return Ok(());
            }
            self.step(&Step::AskChanges)?;
            self.step(&Step::Send { conversation: 0, mine: true, late: false })?;
            let target = Target { conversation: 0, back: 0 };
            self.step(&Step::Edit { target, mine: true, late: false })?;
            self.deliver_all()?;
            self.step(&Step::ReceiveResponse { index: 0 })?;
        }
        Err(TestCaseError::fail("the page does not catch up with old changes while there are new ones"))
    }

    /// Makes all requests that a page makes by itself, and checks that the page then equals the server.
    pub(super) fn settle(&mut self) -> Result<(), TestCaseError> {
        let requests = [Step::PullInbox { merged: Merged::default() }, Step::PullNewer, Step::AskChanges];
        let is_incomplete = |it: &Self| {
            let lacks_messages = it.loader.follows() && !it.timeline().is_at_newest();
            it.inbox.is_incomplete() || lacks_messages || it.timeline().lacks_changes()
        };
        self.pull_while(is_incomplete, &requests)?;
        let truth = self.server.inbox(self.inbox.rows().len(), Merged::default());
        prop_assert_eq!(self.inbox.rows(), &truth.items[..]);
        prop_assert_eq!(self.receipts(), self.server.receipts());
        prop_assert!(
            !self.loader.follows() || self.ends_with_newest(),
            "a page that follows ends with the newest message"
        );
        self.check_states()
    }

    /// Loads older messages up to the beginning of the conversation. [`Simulation::check`] verifies that it is one.
    pub(super) fn load_to_beginning(&mut self) -> Result<(), TestCaseError> {
        let is_incomplete = |it: &Self| it.timeline().older().is_some() || it.timeline().lacks_changes();
        self.pull_while(is_incomplete, &[Step::PullOlder, Step::AskChanges])?;
        self.check_states()
    }

    pub(super) fn load_to_end(&mut self) -> Result<(), TestCaseError> {
        let is_incomplete = |it: &Self| !it.timeline().is_at_newest() || it.timeline().lacks_changes();
        self.pull_while(is_incomplete, &[Step::PullNewer, Step::AskChanges])?;
        prop_assert!(self.ends_with_newest(), "a page without newer messages ends with the newest message");
        self.check_states()
    }

    /// Checks that the loaded messages are as they are stored, with the current texts of the quoted ones.
    fn check_states(&self) -> Result<(), TestCaseError> {
        let stored = &self.server.messages()[self.count_before()..];
        for (shown, stored) in self.timeline().messages().iter().zip(stored) {
            prop_assert_eq!(shown, &self.server.with_quote(stored));
        }
        Ok(())
    }

    fn ends_with_newest(&self) -> bool {
        let last = self.timeline().messages().last();
        last.map(|message| message.id) == self.server.messages().last().map(|message| message.id)
    }

    /// Makes requests and receives all responses as long as the page is incomplete.
    fn pull_while(&mut self, is_incomplete: impl Fn(&Self) -> bool, requests: &[Step]) -> Result<(), TestCaseError> {
        for _ in 0..REQUESTS_MAX {
            while !self.responses.is_empty() {
                self.step(&Step::ReceiveResponse { index: 0 })?;
            }
            if !is_incomplete(self) {
                return Ok(());
            }
            for request in requests {
                self.step(request)?;
            }
        }
        Err(TestCaseError::fail("the page makes requests without end"))
    }
}
