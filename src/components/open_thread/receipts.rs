//! How far the other person has got: told live, or asked for.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api;
use crate::components::open_thread::OpenThread;
use crate::conversation::Receipts;
use crate::event::Event;

impl OpenThread {
    /// Takes in what an event says of the other person.
    pub(super) fn heed_receipts(self, event: &Event) {
        let (id, me) = (self.id, self.me);
        match event {
            Event::MessagesDelivered { conversation, reader, seq } if *conversation == id && *reader != me => {
                self.raise(Receipts::delivered(*seq));
            }
            Event::ConversationRead { conversation, reader, seq, .. } if *conversation == id && *reader != me => {
                self.raise(Receipts::read(*seq));
            }
            // Who answers has read what was there.
            Event::MessageSent { conversation, message } if *conversation == id && message.author != me => {
                self.raise(Receipts::read(message.seq));
            }
            Event::Resync => self.ask_for_receipts(),
            _ => {}
        }
    }

    fn raise(self, by: Receipts) {
        let raised = self.receipts.try_get_untracked().flatten().map(|known| known.raised(by));
        if raised.is_some() {
            self.receipts.try_set(raised);
        }
    }

    /// What was told while the answer was on its way stays. Who no longer shows receipts sees none.
    fn ask_for_receipts(self) {
        spawn_local(async move {
            let Ok(answer) = api::find_receipts(self.id).await else { return };
            let known = self.receipts.try_get_untracked().flatten().unwrap_or_default();
            self.receipts.try_set(answer.map(|answer| answer.raised(known)));
        });
    }
}
