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
}

/// Step of a history. `conversation` is an index; conversation 0 is the open one. `index` selects one of those in
/// flight.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// The user or the peer sends a message. `late`: the user's inbox row and read position do not move yet.
    Send { conversation: usize, mine: bool, late: bool },
    /// A late inbox row moves to the newest message, or to one that is `all_but` messages before it. `read`: so does
    /// the user's read position, if these are the user's own messages.
    MoveInbox { conversation: usize, all_but: usize, read: bool },
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
    /// A response arrives.
    ReceiveResponse { index: usize },
}

pub(super) fn start() -> impl Strategy<Value = Start> {
    let short = (0..4usize, 1..4usize, 0..3usize, 0..4usize);
    let legacy = prop_oneof![4 => Just(0_usize), 1 => 0..12usize, 1 => SHOWN_MAX - 4..SHOWN_MAX + 8];
    let long = (0..8usize, SHOWN_MAX - 3..SHOWN_MAX + 1, 0..5usize, legacy);
    let part = prop_oneof![LONG_IN - 1 => short, 1 => long];
    (part, any::<bool>()).prop_map(|((before, shown, after, legacy), at_end)| Start {
        before,
        shown,
        after,
        legacy: legacy.min(before + shown + after),
        at_end,
    })
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![8 => server_step(), 6 => event_step(), 10 => page_step()]
}

/// Changes of the stored data.
fn server_step() -> impl Strategy<Value = Step> {
    let conversation = prop_oneof![2 => Just(0_usize), 3 => 1..CONVERSATIONS];
    prop_oneof![
        4 => (conversation.clone(), any::<bool>(), any::<bool>())
            .prop_map(|(conversation, mine, late)| Step::Send { conversation, mine, late }),
        2 => (conversation.clone(), 0..3usize, any::<bool>())
            .prop_map(|(conversation, all_but, read)| Step::MoveInbox { conversation, all_but, read }),
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
        4 => (0..3usize).prop_map(|index| Step::ReceiveResponse { index }),
    ]
}

/// None or some conversations: the answering server may be one through which nothing was sent.
fn merged() -> impl Strategy<Value = Merged> {
    prop_oneof![Just(Merged::default()), any::<Merged>()]
}
