//! Simulated page, with the events and responses in flight between it and the server.

use proptest::prelude::*;

use crate::domain::conversation::Receipts;
use crate::domain::event::Event;
use crate::ui::state::law::history::{Merged, Start, Step};
use crate::ui::state::law::response::Response;
use crate::ui::state::law::server::{self, Server};
use crate::ui::state::law::shown_messages::ShownMessages;
use crate::ui::state::law::shown_rows::ShownRows;
use crate::ui::state::open_conversation::loader::Loader;
use crate::ui::state::open_conversation::members_state::MembersState;
use crate::ui::state::timeline::{ChangesPull, SHOWN_MAX};
use crate::ui::state::{InboxRows, Timeline};

/// A page that shows conversation 0, with its event stream and the responses in flight. The plain values of
/// `open_conversation/` decide what it requests and keeps; here, explicit steps take the place of the browser.
pub(super) struct Simulation {
    pub(super) server: Server,
    pub(super) inbox: InboxRows,
    shown_rows: ShownRows,
    shown_messages: ShownMessages,
    pub(super) loader: Loader,
    pub(super) members: MembersState,
    /// True if the end of the loaded messages is in view.
    pub(super) at_end: bool,
    pub(super) events: Vec<Event>,
    pub(super) responses: Vec<Response>,
    /// The last request for changes, if the page has learned nothing else since.
    pub(super) asked: Option<ChangesPull>,
}

impl Simulation {
    pub(super) fn new(start: &Start) -> Self {
        let mut server = Server::new(start);
        let page = server.initial_page(start);
        Self {
            inbox: InboxRows::new(server::me(), server.inbox(0, Merged::default())),
            shown_rows: ShownRows::default(),
            shown_messages: ShownMessages::default(),
            members: MembersState::new(Server::id(0), server::me(), server.receipts_by_reader()),
            at_end: start.at_end,
            loader: Loader::new(Server::id(0), page),
            server,
            events: Vec::new(),
            responses: Vec::new(),
            asked: None,
        }
    }

    /// Executes a step, and checks the law.
    pub(super) fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let known = self.receipts();
        match *step {
            Step::Scroll { to_end } => self.at_end = to_end,
            Step::PullInbox { merged } => self.pull_inbox(merged),
            Step::PullOlderInbox { merged } => self.pull_older_inbox(merged),
            Step::PullNewer => self.pull_newer(),
            Step::PullOlder => self.pull_older()?,
            Step::PullNewest => self.pull_newest(),
            Step::AskChanges => self.ask_changes()?,
            Step::ReceiveEvent { index, again } if index < self.events.len() => {
                let event = if again { self.events[index].clone() } else { self.events.remove(index) };
                self.apply_event(&event)?;
            }
            Step::LoseEvent { index } if index < self.events.len() => drop(self.events.remove(index)),
            Step::Reconnect => self.reconnect()?,
            Step::ReadLate { index, quotes_only } if index < self.responses.len() => {
                self.responses[index].read_late(&self.server, quotes_only);
            }
            Step::ReceiveResponse { index } if index < self.responses.len() => {
                let response = self.responses.remove(index);
                self.apply_response(response)?;
            }
            Step::FailRequest { index } if index < self.responses.len() => {
                let response = self.responses.remove(index);
                self.fail_request(&response);
            }
            _ => {
                let event = self.change_server(step);
                self.events.extend(event);
            }
        }
        self.check(known)?;
        self.shown_messages.check(self.loader.timeline().messages())?;
        self.shown_rows.check(&self.inbox)
    }

    /// Changes the stored data. Returns the event that the server publishes.
    fn change_server(&mut self, step: &Step) -> Option<Event> {
        match *step {
            Step::Send { conversation, mine, late } => {
                let event = self.server.send(conversation, mine, None, false);
                if !late {
                    self.server.move_inbox(conversation, 0, true, false);
                }
                Some(event)
            }
            Step::Reply { back, mine, behind } => {
                let to = self.server.messages().len().checked_sub(back + 1);
                let event = self.server.send(0, mine, to, behind);
                self.server.move_inbox(0, 0, true, false);
                Some(event)
            }
            Step::Edit { target, mine, late } => self.server.edit(target, mine, late),
            Step::Delete { target, mine } => self.server.delete(target, mine),
            Step::React { target, mine, on } => self.server.react(target, mine, on),
            Step::Read { conversation } => Some(self.server.read(conversation)),
            Step::MarkUnread { conversation } => Some(self.server.mark_unread(conversation)),
            Step::DeliverToPeer { all_but } => Some(self.server.deliver_to_peer(all_but)),
            Step::ReadByPeer { all_but } => Some(self.server.read_by_peer(all_but)),
            Step::TrimRevs { bits } => {
                self.server.trim_revs(bits);
                None
            }
            Step::MoveInbox { conversation, all_but, read, original } => {
                self.server.move_inbox(conversation, all_but, read, original);
                None
            }
            // Steps of the page, and of events and responses that do not exist.
            _ => None,
        }
    }

    pub(super) fn timeline(&self) -> &Timeline {
        self.loader.timeline()
    }

    pub(super) fn receipts(&self) -> Receipts {
        self.members.receipts().unwrap_or_default()
    }

    fn apply_event(&mut self, event: &Event) -> Result<(), TestCaseError> {
        self.asked = None;
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
    pub(super) fn change(&mut self, change: impl FnOnce(&mut Loader)) -> Result<(), TestCaseError> {
        let (followed, end) = (self.loader.follows(), self.count_to_end());
        change(&mut self.loader);
        let dropped_newest = (followed && !self.loader.follows()) || self.count_to_end() < end;
        prop_assert!(
            !dropped_newest || self.timeline().last_seq() > 0,
            "the messages after a legacy message are never asked for by time"
        );
        Ok(())
    }

    /// Returns the number of messages before the loaded ones.
    pub(super) fn count_before(&self) -> usize {
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
        let is_run = stored.is_some_and(|stored| stored.iter().zip(shown).all(|(one, other)| one.id == other.id));
        let seqs = || shown.iter().map(|message| message.seq).collect::<Vec<_>>();
        prop_assert!(is_run, "in order, without repeats and gaps: {:?}", seqs());
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
}
