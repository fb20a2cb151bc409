//! Random histories: everything that may happen to what a user writes.

use proptest::prelude::*;

/// Number of pages.
pub(super) const PAGES: usize = 2;

/// Number of conversations.
pub(super) const CONVERSATIONS: usize = 2;

/// Emoji of the reactions.
pub(super) const EMOJI: [&str; 2] = ["🎈", "🚀"];

/// Fate of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Answered,
    /// The server stores the message, and its answer is lost.
    AnswerLost,
    /// The request does not arrive.
    Lost,
    Refused,
}

/// Step of a history.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// The user types a word.
    Type {
        page: usize,
    },
    /// The user presses the button.
    Send {
        page: usize,
    },
    /// The user adds a word to the last message that is shown, or to the last one that is still in the outbox.
    Edit {
        page: usize,
    },
    EditUnsent {
        page: usize,
    },
    /// The user adds or removes a reaction to the last message that is shown.
    React {
        page: usize,
        emoji: usize,
        on: bool,
    },
    /// The user deletes the last message that is shown.
    Delete {
        page: usize,
    },
    /// The user edits the last message of a conversation on another device.
    EditElsewhere {
        conversation: usize,
    },
    /// A page hears of the current messages.
    See {
        page: usize,
    },
    /// A notice reaches a page.
    Notice {
        page: usize,
    },
    /// A page sends what is due.
    Pump {
        page: usize,
    },
    /// A request of a page ends.
    End {
        page: usize,
        fate: Fate,
    },
    /// The user discards or retries the first message that a page shows.
    Discard {
        page: usize,
    },
    Retry {
        page: usize,
    },
    /// The user loads a page again, or goes to the other conversation there.
    Load {
        page: usize,
        conversation: usize,
    },
    /// The storage is wiped. `told`: the pages get notice.
    Wipe {
        told: bool,
    },
    /// The storage becomes full, or has room again.
    Fill {
        full: bool,
    },
    SignOut {
        page: usize,
    },
    SignIn {
        page: usize,
    },
    /// Time passes, and the clock of the device is set.
    Wait {
        secs: u64,
        clock_secs: i64,
    },
}

/// Everything that may happen.
pub(super) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![12 => orderly_step(), 4 => rare_step()]
}

/// Steps after which messages arrive in the order of writing.
pub(super) fn orderly_step() -> impl Strategy<Value = Step> {
    let page = 0..PAGES;
    let fate = prop_oneof![3 => Just(Fate::Answered), 1 => Just(Fate::AnswerLost), 1 => Just(Fate::Lost)];
    prop_oneof![
        5 => page.clone().prop_map(|page| Step::Type { page }),
        4 => page.clone().prop_map(|page| Step::Send { page }),
        3 => page.clone().prop_map(|page| Step::Edit { page }),
        2 => page.clone().prop_map(|page| Step::EditUnsent { page }),
        3 => (page.clone(), 0..EMOJI.len(), any::<bool>()).prop_map(|(page, emoji, on)| Step::React { page, emoji, on }),
        3 => page.clone().prop_map(|page| Step::See { page }),
        6 => page.clone().prop_map(|page| Step::Notice { page }),
        5 => page.clone().prop_map(|page| Step::Pump { page }),
        4 => (page.clone(), fate).prop_map(|(page, fate)| Step::End { page, fate }),
        2 => (page, 0..CONVERSATIONS).prop_map(|(page, conversation)| Step::Load { page, conversation }),
        2 => (0..400_u64, -7200..7200_i64).prop_map(|(secs, clock_secs)| Step::Wait { secs, clock_secs }),
    ]
}

fn rare_step() -> impl Strategy<Value = Step> {
    let page = 0..PAGES;
    prop_oneof![
        page.clone().prop_map(|page| Step::End { page, fate: Fate::Refused }),
        page.clone().prop_map(|page| Step::Discard { page }),
        page.clone().prop_map(|page| Step::Delete { page }),
        (0..CONVERSATIONS).prop_map(|conversation| Step::EditElsewhere { conversation }),
        page.clone().prop_map(|page| Step::Retry { page }),
        any::<bool>().prop_map(|told| Step::Wipe { told }),
        any::<bool>().prop_map(|full| Step::Fill { full }),
        page.clone().prop_map(|page| Step::SignOut { page }),
        page.prop_map(|page| Step::SignIn { page }),
    ]
}
