//! Possible histories of two of Ana's conversations, whose messages are in one stream.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::in_memory_dynamodb::{Fault, IndexView};

/// A sequence of steps.
#[derive(Debug, Clone)]
pub(crate) struct History {
    pub(crate) created_by: CreatedBy,
    /// Configuration of the event source mapping.
    pub(crate) batch_max: usize,
    pub(crate) retries_max: u8,
    pub(crate) age_max: usize,
    pub(crate) steps: Vec<Step>,
    /// State of the index during the last deliveries.
    pub(crate) view_at_the_end: IndexView,
}

/// App that created the conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CreatedBy {
    /// The current app.
    NewApp,
    /// The old app: rows without sequence numbers.
    OldApp,
}

/// Member of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Member {
    Ana,
    Peer,
}

/// Author of a message: a member of one of the conversations.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Author {
    /// Index of the conversation.
    pub(crate) conversation: usize,
    pub(crate) member: Member,
}

/// Step of a history.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// A user sends, through a server that may die before the end, and whose clock may be some milliseconds off.
    Send { author: Author, fault: Fault, view: IndexView, clock_off_ms: i64 },
    /// The last message is sent again, with the same id.
    SendAgain { fault: Fault, view: IndexView },
    /// Both members send at the same time, through two servers.
    SendAtOnce { conversation: usize, view: IndexView, seed: u64 },
    /// The author of a message edits it, through a server that may die before the end. `picked` selects the message.
    Edit { conversation: usize, picked: prop::sample::Index, fault: Fault, view: IndexView },
    /// The author of a message deletes it, in the same way.
    Delete { conversation: usize, picked: prop::sample::Index, fault: Fault, view: IndexView },
    /// The author of a message edits it through one server and deletes it through another at the same time.
    EditAndDelete { conversation: usize, picked: prop::sample::Index, view: IndexView, seed: u64 },
    /// The old app, which keeps writing, stores a message, and leaves the rest to the stream.
    OldAppSends { author: Author },
    /// A row of another conversation of Ana's takes the key that her next row would get.
    Collide,
    /// The function receives the next batch.
    Deliver { fault: Fault, view: IndexView },
    /// The function receives the next batch while a reader in a web server processes it as well.
    DeliverAtOnce { views: (IndexView, IndexView), faults: (Fault, Fault), seed: u64 },
    /// Earlier records arrive again, in any order.
    Late { records: Vec<prop::sample::Index>, view: IndexView },
    /// The mapping restarts a little before its current position.
    Restart { back: usize },
}

/// Generates histories of at most `steps_max` steps.
pub(crate) fn history(steps_max: usize) -> impl Strategy<Value = History> {
    let created_by = prop_oneof![3 => Just(CreatedBy::NewApp), 1 => Just(CreatedBy::OldApp)];
    let mapping = (1..=12_usize, 0..=3_u8, 1..=8_usize);
    let all = (created_by, mapping, vec(step(), 1..=steps_max), view());
    all.prop_map(|(created_by, (batch_max, retries_max, age_max), steps, view_at_the_end)| History {
        created_by,
        batch_max,
        retries_max,
        age_max,
        steps,
        view_at_the_end,
    })
}

fn step() -> impl Strategy<Value = Step> {
    let deliver_at_once = ((view(), view()), (fault(), fault()), seed());
    prop_oneof![
        5 => (author(), fault(), view(), -5..=5_i64)
            .prop_map(|(author, fault, view, clock_off_ms)| Step::Send { author, fault, view, clock_off_ms }),
        1 => (fault(), view()).prop_map(|(fault, view)| Step::SendAgain { fault, view }),
        1 => (conversation(), view(), seed())
            .prop_map(|(conversation, view, seed)| Step::SendAtOnce { conversation, view, seed }),
        2 => (conversation(), any::<prop::sample::Index>(), fault(), view())
            .prop_map(|(conversation, picked, fault, view)| Step::Edit { conversation, picked, fault, view }),
        2 => (conversation(), any::<prop::sample::Index>(), fault(), view())
            .prop_map(|(conversation, picked, fault, view)| Step::Delete { conversation, picked, fault, view }),
        1 => (conversation(), any::<prop::sample::Index>(), view(), seed())
            .prop_map(|(conversation, picked, view, seed)| Step::EditAndDelete { conversation, picked, view, seed }),
        2 => author().prop_map(|author| Step::OldAppSends { author }),
        1 => Just(Step::Collide),
        3 => (fault(), view()).prop_map(|(fault, view)| Step::Deliver { fault, view }),
        1 => deliver_at_once.prop_map(|(views, faults, seed)| Step::DeliverAtOnce { views, faults, seed }),
        1 => (vec(any::<prop::sample::Index>(), 1..6), view()).prop_map(|(records, view)| Step::Late { records, view }),
        1 => (0..8_usize).prop_map(|back| Step::Restart { back }),
    ]
}

fn conversation() -> impl Strategy<Value = usize> {
    0..2_usize
}

fn author() -> impl Strategy<Value = Author> {
    (conversation(), prop_oneof![Just(Member::Ana), Just(Member::Peer)])
        .prop_map(|(conversation, member)| Author { conversation, member })
}

/// A send makes one write, then up to three more: two inbox rows and a read cursor. A delivery makes two.
fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        2 => Just(Fault::None),
        3 => (0..5_u8).prop_map(Fault::DiesAfter),
        1 => (0..4_u8).prop_map(Fault::LosesAnswer),
    ]
}

/// Seed of random choices.
fn seed() -> impl Strategy<Value = u64> {
    0..1_000_u64
}

/// Usually stale for one or two queries; a move reads the index four times before it reads the table.
fn view() -> impl Strategy<Value = IndexView> {
    let stale = |queries| (queries, seed()).prop_map(|(queries, seed)| IndexView::Stale { queries, seed });
    prop_oneof![3 => Just(IndexView::Fresh), 3 => stale(1..=2_u8), 1 => stale(3..=20_u8)]
}
