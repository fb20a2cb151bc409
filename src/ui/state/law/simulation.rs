//! Simulated page, with the events and responses in flight between it and the server.

use proptest::prelude::*;

use crate::domain::conversation::Receipts;
use crate::domain::event::Event;
use crate::domain::message::Message;
use crate::domain::page::Page;
use crate::ui::state::law::history::{Merged, Start, Step};
use crate::ui::state::law::response::Response;
use crate::ui::state::law::server::{self, Server};
use crate::ui::state::law::shown_rows::ShownRows;
use crate::ui::state::open_conversation::loader::Loader;
use crate::ui::state::open_conversation::members_state::MembersState;
use crate::ui::state::timeline::SHOWN_MAX;
use crate::ui::state::{InboxRows, Timeline, timeline};

/// More requests than any page has to make.
const REQUESTS_MAX: usize = 200;

/// A page that shows conversation 0, with its event stream and the responses in flight. The plain values of
/// `open_conversation/` decide what it requests and keeps; here, explicit steps take the place of the browser.
pub(super) struct Simulation {
    server: Server,
    inbox: InboxRows,
    shown: ShownRows,
    loader: Loader,
    members: MembersState,
    /// True if the end of the loaded messages is in view.
    at_end: bool,
    events: Vec<Event>,
    responses: Vec<Response>,
}

impl Simulation {
    pub(super) fn new(start: &Start) -> Self {
        let mut server = Server::new(start);
        let page = server.initial_page(start);
        Self {
            inbox: InboxRows::new(server::me(), server.inbox(0, Merged::default())),
            shown: ShownRows::default(),
            members: MembersState::new(Server::id(0), server::me(), server.receipts_by_reader()),
            at_end: start.at_end,
            loader: Loader::new(Server::id(0), page),
            server,
            events: Vec::new(),
            responses: Vec::new(),
        }
    }

    /// Executes a step, and checks the law.
    pub(super) fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let known = self.receipts();
        match *step {
            Step::Send { conversation, mine, late } => {
                self.events.push(self.server.send(conversation, mine));
                if !late {
                    self.server.move_inbox(conversation, 0, true);
                }
            }
            Step::MoveInbox { conversation, all_but, read } => self.server.move_inbox(conversation, all_but, read),
            Step::Read { conversation } => self.events.push(self.server.read(conversation)),
            Step::MarkUnread { conversation } => self.events.push(self.server.mark_unread(conversation)),
            Step::DeliverToPeer { all_but } => self.events.push(self.server.deliver_to_peer(all_but)),
            Step::ReadByPeer { all_but } => self.events.push(self.server.read_by_peer(all_but)),
            Step::ReceiveEvent { index, again } if index < self.events.len() => {
                let event = if again { self.events[index].clone() } else { self.events.remove(index) };
                self.apply_event(&event)?;
            }
            Step::LoseEvent { index } if index < self.events.len() => drop(self.events.remove(index)),
            Step::ReceiveResponse { index } if index < self.responses.len() => {
                let response = self.responses.remove(index);
                self.apply_response(response)?;
            }
            Step::ReceiveEvent { .. } | Step::LoseEvent { .. } | Step::ReceiveResponse { .. } => {}
            Step::Reconnect => self.reconnect()?,
            Step::Scroll { to_end } => self.at_end = to_end,
            Step::PullInbox { merged } => self.pull_inbox(merged),
            Step::PullOlderInbox { merged } => self.pull_older_inbox(merged),
            Step::PullNewer => self.pull_newer(),
            Step::PullOlder => self.pull_older()?,
            Step::PullNewest => self.pull_newest(),
        }
        self.check(known)?;
        self.shown.check(&self.inbox)
    }

    fn timeline(&self) -> &Timeline {
        self.loader.timeline()
    }

    fn receipts(&self) -> Receipts {
        self.members.receipts().unwrap_or_default()
    }

    fn apply_event(&mut self, event: &Event) -> Result<(), TestCaseError> {
        self.inbox.apply(event);
        self.members.apply(event);
        if *event == Event::Resync {
            self.responses.push(Response::Receipts(self.server.receipts_by_reader()));
        }
        let at_end = self.at_end;
        self.change(|loader| drop(loader.apply(event, at_end)))
    }

    fn reconnect(&mut self) -> Result<(), TestCaseError> {
        self.events.clear();
        self.apply_event(&Event::Resync)
    }

    /// Changes the loaded messages, and checks the position from which dropped ones are loaded again.
    fn change(&mut self, change: impl FnOnce(&mut Loader)) -> Result<(), TestCaseError> {
        let (followed, end) = (self.loader.follows(), self.count_to_end());
        change(&mut self.loader);
        let dropped_newest = (followed && !self.loader.follows()) || self.count_to_end() < end;
        prop_assert!(
            !dropped_newest || self.timeline().last_seq() > 0,
            "the messages after a legacy message are never asked for by time"
        );
        Ok(())
    }

    fn pull_inbox(&mut self, merged: Merged) {
        if self.inbox.is_incomplete() && !self.is_pending(|response| matches!(response, Response::Inbox(..))) {
            let pull = self.inbox.pull();
            self.responses.push(Response::Inbox(pull, self.server.inbox(pull.depth, merged)));
        }
    }

    fn pull_older_inbox(&mut self, merged: Merged) {
        if let Some(pull) = self.inbox.pull_older()
            && !self.is_pending(|response| matches!(response, Response::OlderInbox(..)))
        {
            let page = self.server.inbox_before(&pull.cursor, merged);
            self.responses.push(Response::OlderInbox(pull, page));
        }
    }

    fn pull_newer(&mut self) {
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

    fn pull_older(&mut self) -> Result<(), TestCaseError> {
        if let Some(cursor) = self.timeline().older().cloned()
            && !self.is_pending(|response| matches!(response, Response::Older(..)))
        {
            let page = self.server.page_before(&cursor)?;
            let last = self.server.messages()[..self.count_before()].last();
            prop_assert!(
                page.items.last() == last,
                "{cursor} does not ask for the messages right before the loaded ones"
            );
            self.responses.push(Response::Older(cursor, page));
        }
        Ok(())
    }

    fn pull_newest(&mut self) {
        if !self.loader.follows() && !self.is_pending(|response| matches!(response, Response::Newest(..))) {
            self.responses.push(Response::Newest(self.timeline().pull(), self.server.newest_page()));
        }
    }

    fn is_pending(&self, is_wanted: impl Fn(&Response) -> bool) -> bool {
        self.responses.iter().any(is_wanted)
    }

    fn apply_response(&mut self, response: Response) -> Result<(), TestCaseError> {
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
            Response::Newest(pull, page) => self.loader.replace(&pull, page),
            Response::Receipts(receipts) => self.members.refresh(receipts),
        }
        Ok(())
    }

    /// Returns the number of messages before the loaded ones.
    fn count_before(&self) -> usize {
        let first = self.timeline().messages().first().map(|message| &message.sent_at);
        self.server.messages().partition_point(|message| Some(&message.sent_at) < first)
    }

    /// Returns the number of messages up to the last loaded one.
    fn count_to_end(&self) -> usize {
        self.count_before() + self.timeline().messages().len()
    }

    /// Checks the part of the law that holds at any time. `known` are the receipts before the last step.
    fn check(&self, known: Receipts) -> Result<(), TestCaseError> {
        let (shown, before) = (self.timeline().messages(), self.count_before());
        let stored = self.server.messages().get(before..before + shown.len());
        let seqs = || shown.iter().map(|message| message.seq).collect::<Vec<_>>();
        prop_assert!(stored == Some(shown), "in order, without repeats and gaps: {:?}", seqs());
        prop_assert_eq!(self.timeline().older().is_some(), before > 0, "the page knows if there are older messages");
        prop_assert!(self.timeline().latest_seq() >= self.timeline().last_seq(), "loaded messages are known messages");
        let excess = shown.len().saturating_sub(SHOWN_MAX);
        // Legacy messages are kept: they cannot be asked for by time.
        prop_assert!(excess == 0 || shown[excess].seq == 0, "{} messages are too many", shown.len());
        let (now, stored) = (self.receipts(), self.server.receipts());
        prop_assert!(known.delivered <= now.delivered && now.delivered <= stored.delivered, "{now:?} of {stored:?}");
        prop_assert!(known.read <= now.read && now.read <= stored.read, "{now:?} of {stored:?}");
        Ok(())
    }

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

    /// Makes all requests that a page makes by itself, and checks that the page then equals the server.
    pub(super) fn settle(&mut self) -> Result<(), TestCaseError> {
        let requests = [Step::PullInbox { merged: Merged::default() }, Step::PullNewer];
        let is_incomplete =
            |it: &Self| it.inbox.is_incomplete() || (it.loader.follows() && !it.timeline().is_at_newest());
        self.pull_while(is_incomplete, &requests)?;
        let truth = self.server.inbox(self.inbox.rows().len(), Merged::default());
        prop_assert_eq!(self.inbox.rows(), &truth.items[..]);
        prop_assert_eq!(self.receipts(), self.server.receipts());
        prop_assert!(
            !self.loader.follows() || self.ends_with_newest(),
            "a page that follows ends with the newest message"
        );
        Ok(())
    }

    /// Loads older messages up to the beginning of the conversation. [`Simulation::check`] verifies that it is one.
    pub(super) fn load_to_beginning(&mut self) -> Result<(), TestCaseError> {
        self.pull_while(|it| it.timeline().older().is_some(), &[Step::PullOlder])
    }

    pub(super) fn load_to_end(&mut self) -> Result<(), TestCaseError> {
        self.pull_while(|it| !it.timeline().is_at_newest(), &[Step::PullNewer])?;
        prop_assert!(self.ends_with_newest(), "a page without newer messages ends with the newest message");
        Ok(())
    }

    fn ends_with_newest(&self) -> bool {
        self.timeline().messages().last() == self.server.messages().last()
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
