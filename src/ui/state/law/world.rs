//! A page, and what is on the way between it and the server.

use proptest::prelude::*;

use crate::domain::conversation::{Conversation, Receipts};
use crate::domain::event::Event;
use crate::domain::message::Message;
use crate::domain::page::{Cursor, Page};
use crate::ui::state::law::history::{Start, Step};
use crate::ui::state::law::server::{self, Server};
use crate::ui::state::timeline::SHOWN_MAX;
use crate::ui::state::{Inbox, Timeline, inbox, timeline};

/// More questions than any page has to ask.
const QUESTIONS_MAX: usize = 200;

/// What the server has answered, as it was when it was asked.
enum Answer {
    Inbox(inbox::Pull, Page<Conversation>),
    Newer(timeline::Pull, Page<Message>),
    Older(Cursor, Page<Message>),
    Newest(timeline::Pull, Page<Message>),
    Receipts(Receipts),
}

/// A page that shows the first conversation, with its stream of events and the answers that are on the way. It uses
/// [`Timeline`] and [`Receipts`] as `components/open_thread` does, which itself cannot be had without a browser.
pub(super) struct World {
    server: Server,
    inbox: Inbox,
    timeline: Timeline,
    receipts: Receipts,
    /// Whether the end of what is shown is in view.
    at_end: bool,
    /// Whether what comes is shown. Otherwise one reads elsewhere, and what comes next is asked for by hand.
    follows: bool,
    on_the_way: Vec<Event>,
    answers: Vec<Answer>,
}

impl World {
    pub(super) fn new(start: &Start) -> Self {
        let server = Server::new(start);
        let page = server.opened(start);
        Self {
            inbox: Inbox::new(server::me(), server.inbox(0)),
            receipts: server.receipts(),
            at_end: start.at_end,
            follows: page.newer.is_none(),
            timeline: Timeline::new(Server::id(0), page),
            server,
            on_the_way: Vec::new(),
            answers: Vec::new(),
        }
    }

    /// Does what is to happen, and looks whether the law holds.
    pub(super) fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let known = self.receipts;
        match *step {
            Step::Send { place, mine } => self.on_the_way.push(self.server.send(place, mine)),
            Step::Read { place } => self.on_the_way.push(self.server.read(place)),
            Step::Mark { place } => self.on_the_way.push(self.server.mark(place)),
            Step::Deliver { all_but } => self.on_the_way.push(self.server.deliver(all_but)),
            Step::ReadByOther { all_but } => self.on_the_way.push(self.server.read_by_other(all_but)),
            Step::Arrive { which, again } if which < self.on_the_way.len() => {
                let event = if again { self.on_the_way[which].clone() } else { self.on_the_way.remove(which) };
                self.tell(&event)?;
            }
            Step::Lose { which } if which < self.on_the_way.len() => drop(self.on_the_way.remove(which)),
            Step::Answer { which } if which < self.answers.len() => {
                let answer = self.answers.remove(which);
                self.take(answer)?;
            }
            Step::Arrive { .. } | Step::Lose { .. } | Step::Answer { .. } => {}
            Step::Reconnect => self.reconnect()?,
            Step::Scroll { to_end } => self.at_end = to_end,
            Step::AskInbox => self.ask_inbox(),
            Step::AskNewer => self.ask_newer(),
            Step::AskOlder => self.ask_older()?,
            Step::AskNewest => self.ask_newest(),
        }
        self.check(known)
    }

    fn tell(&mut self, event: &Event) -> Result<(), TestCaseError> {
        self.inbox.apply(event);
        self.timeline.apply(event);
        if let Some(receipts) = event.receipts(Server::id(0), server::me()) {
            self.receipts = self.receipts.raised(receipts);
        }
        if *event == Event::Resync {
            self.answers.push(Answer::Receipts(self.server.receipts()));
        }
        self.forget()
    }

    fn reconnect(&mut self) -> Result<(), TestCaseError> {
        self.on_the_way.clear();
        self.tell(&Event::Resync)
    }

    /// Lets go of what is furthest from where one reads.
    fn forget(&mut self) -> Result<(), TestCaseError> {
        if self.at_end {
            self.timeline.forget_oldest();
            return Ok(());
        }
        self.forget_newest()
    }

    fn forget_newest(&mut self) -> Result<(), TestCaseError> {
        if self.timeline.forget_newest() {
            self.follows = false;
            prop_assert!(self.timeline.last_seq() > 0, "what comes after an old message is not asked for by time");
        }
        Ok(())
    }

    fn ask_inbox(&mut self) {
        if self.inbox.is_incomplete() && !self.awaits(|answer| matches!(answer, Answer::Inbox(..))) {
            let pull = self.inbox.pull();
            self.answers.push(Answer::Inbox(pull, self.server.inbox(pull.depth)));
        }
    }

    fn ask_newer(&mut self) {
        if !self.timeline.is_at_newest() && !self.awaits(|answer| matches!(answer, Answer::Newer(..))) {
            let pull = self.timeline.pull();
            let page = self.server.after(pull.after.as_ref());
            self.answers.push(Answer::Newer(pull, page));
        }
    }

    fn ask_older(&mut self) -> Result<(), TestCaseError> {
        if let Some(cursor) = self.timeline.older().cloned()
            && !self.awaits(|answer| matches!(answer, Answer::Older(..)))
        {
            let page = self.server.before(&cursor)?;
            let last = self.server.talk()[..self.before()].last();
            prop_assert!(page.items.last() == last, "{cursor} does not ask for what comes right before");
            self.answers.push(Answer::Older(cursor, page));
        }
        Ok(())
    }

    fn ask_newest(&mut self) {
        if !self.follows && !self.awaits(|answer| matches!(answer, Answer::Newest(..))) {
            self.answers.push(Answer::Newest(self.timeline.pull(), self.server.newest()));
        }
    }

    fn awaits(&self, is_asked: impl Fn(&Answer) -> bool) -> bool {
        self.answers.iter().any(is_asked)
    }

    fn take(&mut self, answer: Answer) -> Result<(), TestCaseError> {
        match answer {
            Answer::Inbox(pull, page) => self.inbox.refresh(&pull, page),
            Answer::Newer(pull, page) => {
                self.timeline.extend(&pull, page);
                if self.follows {
                    self.forget()?;
                } else {
                    self.timeline.forget_oldest();
                    self.follows = self.timeline.is_at_newest();
                }
            }
            Answer::Older(cursor, page) => {
                self.timeline.prepend(&cursor, page);
                self.forget_newest()?;
            }
            Answer::Newest(pull, page) => {
                self.timeline.begin_anew(&pull, page);
                self.follows = true;
            }
            Answer::Receipts(answer) => self.receipts = answer.raised(self.receipts),
        }
        Ok(())
    }

    /// How many messages come before those shown.
    fn before(&self) -> usize {
        let first = self.timeline.messages().first().map(|message| &message.sent_at);
        self.server.talk().partition_point(|message| Some(&message.sent_at) < first)
    }

    /// What holds at any time. `known` are the receipts that were known before.
    fn check(&self, known: Receipts) -> Result<(), TestCaseError> {
        let (shown, before) = (self.timeline.messages(), self.before());
        let stored = self.server.talk().get(before..before + shown.len());
        let seqs = || shown.iter().map(|message| message.seq).collect::<Vec<_>>();
        prop_assert!(stored == Some(shown), "in order, once, without a hole: {:?}", seqs());
        prop_assert_eq!(self.timeline.older().is_some(), before > 0, "whether something comes before");
        prop_assert!(self.timeline.heard() >= self.timeline.last_seq(), "what is shown has been heard of");
        let excess = shown.len().saturating_sub(SHOWN_MAX);
        // Messages of the old app are kept: they would have to be asked for by time.
        prop_assert!(excess == 0 || shown[excess].seq == 0, "{} messages are too many", shown.len());
        let (now, stored) = (self.receipts, self.server.receipts());
        prop_assert!(known.delivered <= now.delivered && now.delivered <= stored.delivered, "{now:?} of {stored:?}");
        prop_assert!(known.read <= now.read && now.read <= stored.read, "{now:?} of {stored:?}");
        Ok(())
    }

    /// All that is on the way arrives.
    pub(super) fn hear_all(&mut self) -> Result<(), TestCaseError> {
        while !self.on_the_way.is_empty() {
            self.step(&Step::Arrive { which: 0, again: false })?;
        }
        Ok(())
    }

    /// Asks for all that a page asks for by itself.
    pub(super) fn settle(&mut self) -> Result<(), TestCaseError> {
        let questions = [Step::AskInbox, Step::AskNewer];
        let lacks = |world: &Self| world.inbox.is_incomplete() || (world.follows && !world.timeline.is_at_newest());
        self.ask_while(lacks, &questions)?;
        let truth = self.server.inbox(self.inbox.rows().len());
        prop_assert_eq!(self.inbox.rows(), &truth.items[..]);
        prop_assert_eq!(self.receipts, self.server.receipts());
        prop_assert!(!self.follows || self.ends_with_newest(), "it follows, and does not end with the newest");
        Ok(())
    }

    /// Goes to where nothing comes before, if [`World::check`] is right.
    pub(super) fn go_to_beginning(&mut self) -> Result<(), TestCaseError> {
        self.ask_while(|world| world.timeline.older().is_some(), &[Step::AskOlder])
    }

    pub(super) fn go_to_end(&mut self) -> Result<(), TestCaseError> {
        self.ask_while(|world| !world.timeline.is_at_newest(), &[Step::AskNewer])?;
        prop_assert!(self.ends_with_newest(), "where nothing comes after is not the newest");
        Ok(())
    }

    fn ends_with_newest(&self) -> bool {
        self.timeline.messages().last() == self.server.talk().last()
    }

    /// Asks, and takes all answers, as long as something is lacking.
    fn ask_while(&mut self, lacks: impl Fn(&Self) -> bool, questions: &[Step]) -> Result<(), TestCaseError> {
        for _ in 0..QUESTIONS_MAX {
            while !self.answers.is_empty() {
                self.step(&Step::Answer { which: 0 })?;
            }
            if !lacks(self) {
                return Ok(());
            }
            for question in questions {
                self.step(question)?;
            }
        }
        Err(TestCaseError::fail("it asks without end"))
    }
}
