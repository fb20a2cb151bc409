//! Random histories: everything that may happen to a page.

use proptest::prelude::*;

use crate::ui::state::timeline::SHOWN_MAX;

/// Number of the user's conversations: more than two pages of the inbox have.
pub(super) const CONVERSATIONS: usize = 5;

/// Number of conversations that do not exist yet when a history begins: the last ones.
pub(super) const NEW_CONVERSATIONS: usize = 2;

/// The conversations whose late rows the server merges into its list, because their messages were sent through it.
pub(super) type Merged = [bool; CONVERSATIONS];

/// One history in this many starts with a full page, which drops a message for each one that comes. Such a history
/// takes many times as long as one of a few messages.
const LONG_IN: u32 = 100;

/// The part of the first conversation that is shown when a history begins, as numbers of messages.
#[derive(Debug, Clone)]
pub(super) struct Start {
    pub(super) before: usize,
    pub(super) shown: usize,
    pub(super) after: usize,
    /// Number of legacy messages among all of these: the oldest.
    pub(super) legacy: usize,
    /// True if the end of the part is in view, rather than the first unread message.
    pub(super) at_end: bool,
    /// True if messages keep coming while the page asks for what it lacks in the end.
    pub(super) busy: bool,
}

/// Selects a message of a conversation: the one that is `back` messages before the newest.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    pub(super) conversation: usize,
    pub(super) back: usize,
}

/// Step of a history. `conversation` is an index; conversation 0 is the open one. `index` selects one of those in
/// flight.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// The user or the peer sends a message. `late`: the user's inbox row and read position do not move yet.
    Send { conversation: usize, mine: bool, late: bool },
    /// The user or the peer answers a message of the open conversation. `behind`: the server has read the head before
    /// the last change.
    Reply { back: usize, mine: bool, behind: bool },
    /// The user or the peer edits a message, if it is their own. `late`: the user's inbox row keeps the old text for
    /// now.
    Edit { target: Target, mine: bool, late: bool },
    /// The user or the peer deletes a message, if it is their own.
    Delete { target: Target, mine: bool },
    /// The user or the peer adds (`on`) or removes a reaction.
    React { target: Target, mine: bool, on: bool },
    /// Revisions expire: those whose bit is set.
    TrimRevs { bits: u32 },
    /// A late inbox row moves to the newest message, or to one that is `all_but` messages before it, or gets its newer
    /// text. `read`: so does the user's read position, if these are the user's own messages. `original`: the row is
    /// moved by a late record, with the text that was sent first.
    MoveInbox { conversation: usize, all_but: usize, read: bool, original: bool },
    /// The user reads a conversation on another page.
    Read { conversation: usize },
    /// The user marks a conversation as unread on another page.
    MarkUnread { conversation: usize },
    /// Messages of the open conversation reach the peer: all but the last few.
    DeliverToPeer { all_but: u64 },
    /// The peer reads them: all but the last few.
    ReadByPeer { all_but: u64 },
    /// An event arrives; `again`: it will arrive once more later.
    ReceiveEvent { index: usize, again: bool },
    /// An event is lost without notice.
    LoseEvent { index: usize },
    /// The stream breaks and is opened again: all events in flight are lost, and the page knows it.
    Reconnect,
    /// The user scrolls to the end of the loaded messages, or away from it.
    Scroll { to_end: bool },
    /// The page pulls its inbox if it is incomplete.
    PullInbox { merged: Merged },
    /// The page loads the conversations after the loaded ones, if there are any.
    PullOlderInbox { merged: Merged },
    /// The page pulls the messages after the loaded ones, if there are any.
    PullNewer,
    /// The page loads the messages before the loaded ones, if there are any.
    PullOlder,
    /// The page loads the newest messages, to show them instead of the loaded ones.
    PullNewest,
    /// The page asks for the changes that it lacks, if there are any.
    AskChanges,
    /// The server reads the messages of a response in flight, or their quotes only, later than the head.
    ReadLate { index: usize, quotes_only: bool },
    /// A response arrives.
    ReceiveResponse { index: usize },
    /// A request fails.
    FailRequest { index: usize },
}

pub(super) fn start() -> impl Strategy<Value = Start> {
    let short = (0..4usize, 1..4usize, 0..3usize, 0..4usize);
    let legacy = prop_oneof![4 => Just(0_usize), 1 => 0..12usize, 1 => SHOWN_MAX - 4..SHOWN_MAX + 8];
    let long = (0..8usize, SHOWN_MAX - 3..SHOWN_MAX + 1, 0..5usize, legacy);
    let part = prop_oneof![LONG_IN - 1 => short, 1 => long];
    let busy = prop_oneof![7 => Just(false), 1 => Just(true)];
    (part, any::<bool>(), busy).prop_map(|((before, shown, after, legacy), at_end, busy)| Start {
        before,
        shown,
        after,
        legacy: legacy.min(before + shown + after),
        at_end,
        busy,
    })
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![8 => server_step(), 5 => change_step(), 8 => event_step(), 13 => page_step()]
}

/// Changes of messages, and what follows them on the server.
fn change_step() -> impl Strategy<Value = Step> {
    let conversation = prop_oneof![3 => Just(0_usize), 1 => 1..CONVERSATIONS];
    let target = (conversation, 0..8usize).prop_map(|(conversation, back)| Target { conversation, back });
    let target = move || target.clone();
    prop_oneof![
        6 => (target(), any::<bool>(), any::<bool>()).prop_map(|(target, mine, late)| Step::Edit { target, mine, late }),
        2 => (target(), any::<bool>()).prop_map(|(target, mine)| Step::Delete { target, mine }),
        3 => (target(), any::<bool>(), any::<bool>()).prop_map(|(target, mine, on)| Step::React { target, mine, on }),
        3 => (0..8usize, any::<bool>(), any::<bool>())
            .prop_map(|(back, mine, behind)| Step::Reply { back, mine, behind }),
        1 => any::<u32>().prop_map(|bits| Step::TrimRevs { bits }),
    ]
}

/// New messages and what follows them, and reading.
fn server_step() -> impl Strategy<Value = Step> {
    let conversation = prop_oneof![2 => Just(0_usize), 3 => 1..CONVERSATIONS];
    prop_oneof![
        4 => (conversation.clone(), any::<bool>(), any::<bool>())
            .prop_map(|(conversation, mine, late)| Step::Send { conversation, mine, late }),
        2 => (conversation.clone(), 0..3usize, any::<bool>(), any::<bool>()).prop_map(
            |(conversation, all_but, read, original)| Step::MoveInbox { conversation, all_but, read, original }
        ),
        1 => conversation.clone().prop_map(|conversation| Step::Read { conversation }),
        1 => conversation.prop_map(|conversation| Step::MarkUnread { conversation }),
        1 => (0..3u64).prop_map(|all_but| Step::DeliverToPeer { all_but }),
        1 => (0..3u64).prop_map(|all_but| Step::ReadByPeer { all_but }),
    ]
}

/// Fates of the events about them.
fn event_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..8usize, any::<bool>()).prop_map(|(index, again)| Step::ReceiveEvent { index, again }),
        1 => (0..8usize).prop_map(|index| Step::LoseEvent { index }),
        1 => Just(Step::Reconnect),
    ]
}

/// Actions of the page, and the responses to them.
fn page_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => any::<bool>().prop_map(|to_end| Step::Scroll { to_end }),
        2 => merged().prop_map(|merged| Step::PullInbox { merged }),
        1 => merged().prop_map(|merged| Step::PullOlderInbox { merged }),
        2 => Just(Step::PullNewer),
        2 => Just(Step::PullOlder),
        1 => Just(Step::PullNewest),
        3 => Just(Step::AskChanges),
        1 => (0..3usize, any::<bool>()).prop_map(|(index, quotes_only)| Step::ReadLate { index, quotes_only }),
        1 => (0..3usize).prop_map(|index| Step::FailRequest { index }),
        5 => (0..3usize).prop_map(|index| Step::ReceiveResponse { index }),
    ]
}

/// None or some conversations: the answering server may be one through which nothing was sent.
fn merged() -> impl Strategy<Value = Merged> {
    prop_oneof![Just(Merged::default()), any::<Merged>()]
}
