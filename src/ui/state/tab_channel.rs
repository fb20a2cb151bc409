//! Channel between the tabs of a browser. Runs in the browser only.

use leptos::wasm_bindgen::JsCast;
use leptos::wasm_bindgen::closure::Closure;
use leptos::web_sys::{BroadcastChannel, MessageEvent};

use crate::ui::state::stream_news::TabMessage;

/// Open channel, closed when dropped. A tab does not get its own messages.
pub(super) struct TabChannel {
    channel: BroadcastChannel,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

impl TabChannel {
    /// Joins the channel of this name. `None` if the browser has no such channels.
    pub(super) fn join(name: &str, on_message: impl Fn(TabMessage) + 'static) -> Option<Self> {
        let channel = BroadcastChannel::new(name).ok()?;
        let handle = Closure::new(move |event: MessageEvent| {
            if let Some(message) = event.data().as_string().and_then(|text| TabMessage::decode(&text)) {
                on_message(message);
            }
        });
        channel.set_onmessage(Some(handle.as_ref().unchecked_ref()));
        Some(Self { channel, _on_message: handle })
    }

    /// Sends a message to the other tabs.
    pub(super) fn post(&self, message: &TabMessage) {
        let _ = self.channel.post_message(&message.encode().into());
    }
}

impl Drop for TabChannel {
    fn drop(&mut self) {
        self.channel.set_onmessage(None);
        self.channel.close();
    }
}
