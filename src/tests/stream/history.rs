//! What may happen to two conversations of Ana's, whose messages come in one stream.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::wire::{Fault, View};

/// A history: what happens, step by step.
#[derive(Debug, Clone)]
pub(crate) struct History {
    /// Who made the conversations.
    pub(crate) made_by: MadeBy,
    /// What the event source mapping is told.
    pub(crate) batch_max: usize,
    pub(crate) retries_max: u8,
    pub(crate) age_max: usize,
    pub(crate) steps: Vec<Step>,
    /// What the index shows when everything is over but the last deliveries.
    pub(crate) view_at_the_end: View,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MadeBy {
    /// This program.
    Us,
    /// The old app: rows without numbers; it goes on writing beside us.
    OldApp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Ana,
    Other,
}

/// Where somebody writes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// In which of the conversations.
    pub(crate) talk: usize,
    pub(crate) by: Who,
}

#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Somebody sends, by a server that may die on the way, and whose clock may be some milliseconds off.
    Send { place: Place, fault: Fault, view: View, clock_off_ms: i64 },
    /// The last message is sent once more, with the same id.
    SendAgain { fault: Fault, view: View },
    /// Two servers send at once.
    SendAtOnce { talk: usize, view: View, dice: u64 },
    /// The old app stores a message, and leaves the rest to the stream.
    OldAppSends { place: Place },
    /// A row of another conversation of Ana's comes to lie where hers would go next.
    Collide,
    /// The function gets the next batch.
    Deliver { fault: Fault, view: View },
    /// The function gets the next batch while a reader in a web server has it, too.
    DeliverAtOnce { views: (View, View), faults: (Fault, Fault), dice: u64 },
    /// Records from any time before come once more, in any order.
    Late { records: Vec<prop::sample::Index>, view: View },
    /// The mapping begins again a little before where it was.
    Restart { back: usize },
}

/// Any history of at most `steps_max` steps.
pub(crate) fn history(steps_max: usize) -> impl Strategy<Value = History> {
    let made_by = prop_oneof![3 => Just(MadeBy::Us), 1 => Just(MadeBy::OldApp)];
    let mapping = (1..=12_usize, 0..=3_u8, 1..=8_usize);
    let all = (made_by, mapping, vec(step(), 1..=steps_max), view());
    all.prop_map(|(made_by, (batch_max, retries_max, age_max), steps, view_at_the_end)| History {
        made_by,
        batch_max,
        retries_max,
        age_max,
        steps,
        view_at_the_end,
    })
}

fn step() -> impl Strategy<Value = Step> {
    let deliver_at_once = ((view(), view()), (fault(), fault()), dice());
    prop_oneof![
        5 => (place(), fault(), view(), -5..=5_i64)
            .prop_map(|(place, fault, view, clock_off_ms)| Step::Send { place, fault, view, clock_off_ms }),
        1 => (fault(), view()).prop_map(|(fault, view)| Step::SendAgain { fault, view }),
        1 => (talk(), view(), dice()).prop_map(|(talk, view, dice)| Step::SendAtOnce { talk, view, dice }),
        1 => place().prop_map(|place| Step::OldAppSends { place }),
        1 => Just(Step::Collide),
        3 => (fault(), view()).prop_map(|(fault, view)| Step::Deliver { fault, view }),
        1 => deliver_at_once.prop_map(|(views, faults, dice)| Step::DeliverAtOnce { views, faults, dice }),
        1 => (vec(any::<prop::sample::Index>(), 1..6), view()).prop_map(|(records, view)| Step::Late { records, view }),
        1 => (0..8_usize).prop_map(|back| Step::Restart { back }),
    ]
}

fn talk() -> impl Strategy<Value = usize> {
    0..2_usize
}

fn place() -> impl Strategy<Value = Place> {
    (talk(), prop_oneof![Just(Who::Ana), Just(Who::Other)]).prop_map(|(talk, by)| Place { talk, by })
}

/// A send makes one write, then up to three more: two inbox rows and a read cursor. A delivery makes two.
fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        2 => Just(Fault::Nothing),
        3 => (0..5_u8).prop_map(Fault::DiesAfter),
        1 => (0..4_u8).prop_map(Fault::LosesAnswer),
    ]
}

/// Stands for chance.
fn dice() -> impl Strategy<Value = u64> {
    0..1_000_u64
}

/// Mostly late for one query or two; a move asks four times before it asks the table.
fn view() -> impl Strategy<Value = View> {
    let stale = |queries| (queries, dice()).prop_map(|(queries, dice)| View::Stale { queries, dice });
    prop_oneof![3 => Just(View::Fresh), 3 => stale(1..=2_u8), 1 => stale(3..=20_u8)]
}
