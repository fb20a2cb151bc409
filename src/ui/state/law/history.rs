//! What may happen to a page, at random.

use proptest::prelude::*;

use crate::ui::state::timeline::SHOWN_MAX;

/// How many conversations the person has; a page of the list is shorter.
pub(super) const CONVERSATIONS: usize = 4;

/// One history in so many is that of a page which holds as many messages as it may, and lets go of some for every one
/// that comes. It takes many times as long as one of a few messages.
const LONG_IN: u32 = 100;

/// The part of the first conversation that is shown when a history begins, as a number of messages.
#[derive(Debug, Clone)]
pub(super) struct Start {
    /// How many come before it.
    pub(super) before: usize,
    /// How many it has.
    pub(super) shown: usize,
    /// How many come after it.
    pub(super) after: usize,
    /// How many of all these the old app wrote: the oldest.
    pub(super) old: usize,
    /// Whether its end is in view, rather than where the unread begin.
    pub(super) at_end: bool,
}

/// What may happen.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// One of the two writes into a conversation.
    Send { place: usize, mine: bool },
    /// The person reads a conversation on another page.
    Read { place: usize },
    /// The person marks a conversation as unread on another page.
    Mark { place: usize },
    /// Messages of the first conversation reach a page of the other person: all but the last few.
    Deliver { all_but: u64 },
    /// The other person reads them, but for the last few.
    ReadByOther { all_but: u64 },
    /// An event arrives: this one of those on the way, and whether it comes again later.
    Arrive { which: usize, again: bool },
    /// An event is lost, and nobody says so.
    Lose { which: usize },
    /// The stream breaks and is opened again: what was on the way is lost, and the page knows.
    Reconnect,
    /// The person scrolls to the end of what is shown, or away from it.
    Scroll { to_end: bool },
    /// The page asks for its list, if it lacks something.
    AskInbox,
    /// The page asks for what comes after its messages, if it lacks something.
    AskNewer,
    /// The page asks for what comes before its messages, if something does.
    AskOlder,
    /// The page asks for the newest messages, to show them instead of what it shows.
    AskNewest,
    /// An answer arrives: this one of those on the way.
    Answer { which: usize },
}

pub(super) fn start() -> impl Strategy<Value = Start> {
    let short = (0..4usize, 1..4usize, 0..3usize, 0..4usize);
    let old = prop_oneof![4 => Just(0_usize), 1 => 0..12usize, 1 => SHOWN_MAX - 4..SHOWN_MAX + 8];
    let long = (0..8usize, SHOWN_MAX - 3..SHOWN_MAX + 1, 0..5usize, old);
    let part = prop_oneof![LONG_IN - 1 => short, 1 => long];
    (part, any::<bool>()).prop_map(|((before, shown, after, old), at_end)| Start {
        before,
        shown,
        after,
        old: old.min(before + shown + after),
        at_end,
    })
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![8 => stored(), 6 => told(), 10 => asked()]
}

/// What happens elsewhere, and is stored.
fn stored() -> impl Strategy<Value = Step> {
    let place = prop_oneof![2 => Just(0_usize), 3 => 1..CONVERSATIONS];
    prop_oneof![
        4 => (place.clone(), any::<bool>()).prop_map(|(place, mine)| Step::Send { place, mine }),
        1 => place.clone().prop_map(|place| Step::Read { place }),
        1 => place.prop_map(|place| Step::Mark { place }),
        1 => (0..3u64).prop_map(|all_but| Step::Deliver { all_but }),
        1 => (0..3u64).prop_map(|all_but| Step::ReadByOther { all_but }),
    ]
}

/// What becomes of the events that tell of it.
fn told() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..8usize, any::<bool>()).prop_map(|(which, again)| Step::Arrive { which, again }),
        1 => (0..8usize).prop_map(|which| Step::Lose { which }),
        1 => Just(Step::Reconnect),
    ]
}

/// What the page does.
fn asked() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => any::<bool>().prop_map(|to_end| Step::Scroll { to_end }),
        1 => Just(Step::AskInbox),
        2 => Just(Step::AskNewer),
        2 => Just(Step::AskOlder),
        1 => Just(Step::AskNewest),
        4 => (0..3usize).prop_map(|which| Step::Answer { which }),
    ]
}
