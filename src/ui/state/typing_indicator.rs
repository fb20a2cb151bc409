//! That somebody is writing: said to the other person, and shown for a while.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api;
use crate::domain::conversation;

/// For how long somebody who is writing is said to be, without further word.
const SHOWN: Duration = Duration::from_secs(5);

/// How often that is told while somebody writes on.
const SAID: Duration = Duration::from_secs(3);

/// Both people's writing in one conversation.
#[derive(Clone, Copy)]
pub struct Writing {
    conversation: conversation::Id,
    /// Whether the other person is writing.
    pub theirs: RwSignal<bool>,
    heard: StoredValue<u64>,
    said: StoredValue<bool>,
}

impl Writing {
    /// Nobody is writing.
    pub fn new(conversation: conversation::Id) -> Self {
        Self { conversation, theirs: RwSignal::new(false), heard: StoredValue::new(0), said: StoredValue::new(false) }
    }

    /// Tells the other person that one is writing: at once, then every now and then while it goes on.
    pub fn say(self) {
        if self.said.try_get_value() == Some(false) {
            self.said.set_value(true);
            let again = move || {
                let _ = self.said.try_set_value(false);
            };
            set_timeout(again, SAID);
            // Worth nothing once it is late: a failure is not tried again.
            spawn_local(async move { drop(api::typing(self.conversation).await) });
        }
    }

    /// What one was writing has been sent: the first key of what comes next is told at once, too.
    pub fn sent(self) {
        let _ = self.said.try_set_value(false);
    }

    /// The other person is writing.
    pub fn begins(self) {
        self.theirs.try_set(true);
        let Some(heard) = self.heard.try_get_value() else { return };
        let _ = self.heard.try_set_value(heard + 1);
        let end = move || {
            // Only the last word counts.
            if self.heard.try_get_value() == Some(heard + 1) {
                self.ends();
            }
        };
        set_timeout(end, SHOWN);
    }

    /// The other person has sent it, or stopped.
    pub fn ends(self) {
        self.theirs.try_set(false);
    }
}
