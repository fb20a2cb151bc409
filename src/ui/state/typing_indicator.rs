//! The typing indicator: sent to the peer while the user types, and shown for a while when the peer does.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api;
use crate::domain::conversation;

/// Time for which the indicator is shown after the peer's last signal.
const SHOWN: Duration = Duration::from_secs(5);

/// Shortest interval between two signals to the peer.
const NOTIFY_INTERVAL: Duration = Duration::from_secs(3);

/// Typing indicator of a conversation, in both directions.
#[derive(Clone, Copy)]
pub struct TypingIndicator {
    conversation: conversation::Id,
    pub peer_is_typing: RwSignal<bool>,
    /// Number of signals from the peer.
    received: StoredValue<u64>,
    /// True if the peer has been notified within [`NOTIFY_INTERVAL`].
    notified: StoredValue<bool>,
}

impl TypingIndicator {
    /// Creates an indicator that is off in both directions.
    pub fn new(conversation: conversation::Id) -> Self {
        Self {
            conversation,
            peer_is_typing: RwSignal::new(false),
            received: StoredValue::new(0),
            notified: StoredValue::new(false),
        }
    }

    /// Notifies the peer that the user is typing, at most once per [`NOTIFY_INTERVAL`].
    pub fn notify_peer(self) {
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

    /// Notes that the user has sent the message: the first key of the next one notifies the peer at once.
    pub fn message_sent(self) {
        let _ = self.notified.try_set_value(false);
    }

    /// Shows that the peer is typing.
    pub fn peer_started(self) {
        self.peer_is_typing.try_set(true);
        let Some(received) = self.received.try_get_value() else { return };
        let _ = self.received.try_set_value(received + 1);
        let end = move || {
            // A later signal has a timeout of its own.
            if self.received.try_get_value() == Some(received + 1) {
                self.peer_stopped();
            }
        };
        set_timeout(end, SHOWN);
    }

    /// Shows that the peer has sent the message, or stopped typing.
    pub fn peer_stopped(self) {
        self.peer_is_typing.try_set(false);
    }
}
