//! Sign-out of a user who has unsent messages.

use leptos::prelude::*;
use leptos::web_sys::SubmitEvent;

use crate::ui::state::Outbox;

/// Question before a sign-out that would lose unsent messages.
const UNSENT: &str = "Some messages have not been sent yet. Sign out and discard them?";

/// Returns the handler of a sign-out form. It asks the user first if there are unsent messages.
pub fn ask_before_sign_out() -> impl Fn(SubmitEvent) + Copy + 'static {
    let outbox = use_context::<Outbox>();
    move |event| {
        let unsent = outbox.is_some_and(|outbox| !outbox.is_empty());
        if unsent && window().confirm_with_message(UNSENT) != Ok(true) {
            event.prevent_default();
        }
    }
}
