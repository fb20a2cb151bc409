//! Typing signals to the other members while the user types.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api;
use crate::domain::conversation;

/// Shortest interval between two signals to the other members.
const NOTIFY_INTERVAL: Duration = Duration::from_secs(3);

/// Sender of the typing signals of one conversation.
#[derive(Clone, Copy)]
pub struct TypingNotifier {
    conversation: conversation::Id,
    /// True if the other members have been notified within [`NOTIFY_INTERVAL`].
    notified: StoredValue<bool>,
}

impl TypingNotifier {
    /// Creates a notifier that has sent no signal yet.
    pub fn new(conversation: conversation::Id) -> Self {
        Self { conversation, notified: StoredValue::new(false) }
    }

    /// Notifies the other members that the user is typing, at most once per [`NOTIFY_INTERVAL`].
    pub fn notify_others(self) {
        if self.notified.try_get_value() == Some(false) {
            self.notified.set_value(true);
            let again = move || {
                let _ = self.notified.try_set_value(false);
            };
            set_timeout(again, NOTIFY_INTERVAL);
            // A late signal is worth nothing: a failure is not retried.
            spawn_local(async move { drop(api::typing(self.conversation).await) });
        }
    }

    /// Notes that the user has sent the message: the first key of the next one notifies them at once.
    pub fn message_sent(self) {
        let _ = self.notified.try_set_value(false);
    }
}
