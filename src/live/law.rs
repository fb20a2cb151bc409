//! The law, over random histories: state + events + the pulls that are asked for = what the server would answer.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use uuid::Uuid;

use crate::components::samples;
use crate::conversation::{self, Conversation};
use crate::event::Event;
use crate::live::{Inbox, Timeline, inbox, timeline};
use crate::message::{self, Message, SentAt};
use crate::page::{Cursor, Page};
use crate::user;

/// How many histories are lived through.
const HISTORIES: u32 = 100_000;

/// How many conversations the person has; a page of the list is shorter.
const CONVERSATIONS: usize = 4;

/// How many rows or messages a page has here: few, so that whatever happens at the end of one happens often.
const PAGE: usize = 2;

/// What may happen.
#[derive(Debug, Clone)]
enum Step {
    /// One of the two writes into a conversation.
    Send { place: usize, mine: bool },
    /// The person reads a conversation on another page.
    Read { place: usize },
    /// The person marks a conversation as unread on another page.
    Mark { place: usize },
    /// An event arrives: this one of those on the way, and whether it comes again later.
    Arrive { which: usize, again: bool },
    /// An event is lost, and nobody says so.
    Lose { which: usize },
    /// The stream breaks and is opened again: what was on the way is lost, and the page knows.
    Reconnect,
    /// The page asks for its list, if it lacks something.
    AskInbox,
    /// The page asks for what comes after its messages, if it lacks something.
    AskTimeline,
    /// The answers arrive.
    Answer,
}

fn step() -> impl Strategy<Value = Step> {
    let place = 0..CONVERSATIONS;
    prop_oneof![
        4 => (place.clone(), any::<bool>()).prop_map(|(place, mine)| Step::Send { place, mine }),
        1 => place.clone().prop_map(|place| Step::Read { place }),
        1 => place.prop_map(|place| Step::Mark { place }),
        4 => (0..8usize, any::<bool>()).prop_map(|(which, again)| Step::Arrive { which, again }),
        1 => (0..8usize).prop_map(|which| Step::Lose { which }),
        1 => Just(Step::Reconnect),
        1 => Just(Step::AskInbox),
        1 => Just(Step::AskTimeline),
        2 => Just(Step::Answer),
    ]
}

fn me() -> user::Id {
    samples::user(1, "ana").id
}

fn ben() -> user::Id {
    samples::user(2, "ben").id
}

/// What is stored: the truth.
#[derive(Default)]
struct Server {
    /// The messages of each conversation.
    talks: [Vec<Message>; CONVERSATIONS],
    read: [u64; CONVERSATIONS],
    marked: [u64; CONVERSATIONS],
    unmarked: [u64; CONVERSATIONS],
    clock: u64,
}

impl Server {
    fn id(place: usize) -> conversation::Id {
        conversation::Id(Uuid::from_u128(place as u128))
    }

    fn send(&mut self, place: usize, mine: bool) -> Event {
        self.clock += 1;
        let talk = &mut self.talks[place];
        let message = Message {
            id: message::Id(Uuid::from_u128(self.clock.into())),
            author: if mine { me() } else { ben() },
            body: format!("message {}", self.clock),
            sent_at: SentAt::stored(format!("{:06}", self.clock)),
            seq: talk.len() as u64 + 1,
        };
        talk.push(message.clone());
        if mine {
            self.read[place] = message.seq;
        }
        Event::MessageSent { conversation: Self::id(place), message }
    }

    fn read(&mut self, place: usize) -> Event {
        self.read[place] = self.talks[place].len() as u64;
        self.unmarked[place] = self.marked[place];
        let (seq, unmarked) = (self.read[place], self.unmarked[place]);
        Event::ConversationRead { conversation: Self::id(place), reader: me(), seq, unmarked }
    }

    fn mark(&mut self, place: usize) -> Event {
        self.marked[place] = self.unmarked[place] + 1;
        Event::ConversationMarked { conversation: Self::id(place), marked: self.marked[place] }
    }

    fn inbox(&self, depth: usize) -> Page<Conversation> {
        let mut rows: Vec<_> =
            self.talks.iter().enumerate().filter_map(|(n, talk)| self.row(n, talk.last()?)).collect();
        rows.sort_by(|a, b| b.last_sent_at.cmp(&a.last_sent_at));
        let older = (rows.len() > depth.max(PAGE)).then(|| Cursor("older".to_owned()));
        rows.truncate(depth.max(PAGE));
        Page { items: rows, older, newer: None }
    }

    fn row(&self, place: usize, last: &Message) -> Option<Conversation> {
        Some(Conversation {
            id: Self::id(place),
            with: samples::user(2, "ben"),
            preview: last.body.clone(),
            last_sent_at: last.sent_at.clone(),
            last_author: Some(last.author),
            seq: last.seq,
            read: self.read[place],
            marked: self.marked[place],
            unmarked: self.unmarked[place],
        })
    }

    /// A page of the first conversation.
    fn after(&self, after: Option<&SentAt>) -> Page<Message> {
        let mut items: Vec<_> =
            self.talks[0].iter().filter(|message| Some(&message.sent_at) > after).cloned().collect();
        let newer = (items.len() > PAGE).then(|| Cursor("newer".to_owned()));
        items.truncate(PAGE);
        Page { items, older: None, newer }
    }
}

/// A page with its stream of events, and the questions that it has asked.
struct World {
    server: Server,
    inbox: Inbox,
    timeline: Timeline,
    on_the_way: Vec<Event>,
    inbox_answer: Option<(inbox::Pull, Page<Conversation>)>,
    timeline_answer: Option<(timeline::Pull, Page<Message>)>,
}

impl World {
    fn new() -> Self {
        let mut server = Server::default();
        for place in 0..CONVERSATIONS - 1 {
            server.send(place, false);
        }
        Self {
            inbox: Inbox::new(me(), server.inbox(PAGE)),
            timeline: Timeline::new(Server::id(0), server.after(None)),
            server,
            on_the_way: Vec::new(),
            inbox_answer: None,
            timeline_answer: None,
        }
    }

    fn tell(&mut self, event: &Event) {
        self.inbox.apply(event);
        self.timeline.apply(event);
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Send { place, mine } => {
                let event = self.server.send(place, mine);
                self.on_the_way.push(event);
            }
            Step::Read { place } => {
                let event = self.server.read(place);
                self.on_the_way.push(event);
            }
            Step::Mark { place } => {
                let event = self.server.mark(place);
                self.on_the_way.push(event);
            }
            Step::Arrive { which, again } if which < self.on_the_way.len() => {
                let event = if again { self.on_the_way[which].clone() } else { self.on_the_way.remove(which) };
                self.tell(&event);
            }
            Step::Lose { which } if which < self.on_the_way.len() => drop(self.on_the_way.remove(which)),
            Step::Arrive { .. } | Step::Lose { .. } => {}
            Step::Reconnect => {
                self.on_the_way.clear();
                self.tell(&Event::Resync);
            }
            Step::AskInbox => self.ask_inbox(),
            Step::AskTimeline => self.ask_timeline(),
            Step::Answer => self.answer(),
        }
    }

    fn ask_inbox(&mut self) {
        if self.inbox.is_incomplete() && self.inbox_answer.is_none() {
            let pull = self.inbox.pull();
            self.inbox_answer = Some((pull, self.server.inbox(pull.depth)));
        }
    }

    fn ask_timeline(&mut self) {
        if !self.timeline.is_at_newest() && self.timeline_answer.is_none() {
            let pull = self.timeline.pull();
            let answer = self.server.after(pull.after.as_ref());
            self.timeline_answer = Some((pull, answer));
        }
    }

    fn answer(&mut self) {
        if let Some((pull, page)) = self.inbox_answer.take() {
            self.inbox.refresh(&pull, page);
        }
        if let Some((pull, page)) = self.timeline_answer.take() {
            self.timeline.extend(&pull, page);
        }
    }

    /// Pulls until nothing is lacking.
    fn settle(&mut self) -> Result<(), TestCaseError> {
        for _ in 0..200 {
            self.answer();
            if !self.inbox.is_incomplete() && self.timeline.is_at_newest() {
                return Ok(());
            }
            self.ask_inbox();
            self.ask_timeline();
        }
        Err(TestCaseError::fail("it asks without end"))
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let truth = self.server.inbox(self.inbox.rows().len());
        prop_assert_eq!(self.inbox.rows(), &truth.items[..]);
        prop_assert_eq!(self.timeline.messages(), &self.server.talks[0][..]);
        Ok(())
    }
}

fn lives(lossless: bool, steps: impl Strategy<Value = Vec<Step>>) {
    let mut runner = TestRunner::new(Config { cases: HISTORIES / 2, failure_persistence: None, ..Config::default() });
    let life = |steps: Vec<Step>| {
        let mut world = World::new();
        for step in &steps {
            world.step(step);
            let seqs: Vec<_> = world.timeline.messages().iter().map(|message| message.seq).collect();
            let whole: Vec<_> = (1..=seqs.len() as u64).collect();
            prop_assert_eq!(seqs, whole, "in order, once, without a hole, at any time");
        }
        // The last of it: all that is on the way arrives, or the stream is opened again.
        for event in std::mem::take(&mut world.on_the_way) {
            world.tell(&event);
        }
        if !lossless {
            world.step(&Step::Reconnect);
        }
        world.settle()?;
        world.check()
    };
    runner.run(&steps, life).expect("the law holds");
}

#[test]
fn whatever_is_dropped_doubled_or_reordered_a_page_knows_what_is_stored_after_it_has_reconnected() {
    lives(false, vec(step(), 0..30));
}

#[test]
fn a_page_that_loses_nothing_needs_no_reconnect() {
    let kept = step().prop_map(|step| match step {
        Step::Lose { .. } | Step::Reconnect => Step::Answer,
        kept => kept,
    });
    lives(true, vec(kept, 0..30));
}
