//! Status label of one of the user's own messages.

use leptos::prelude::*;

use crate::domain::message;
use crate::ui::state::receipt_marks::ReceiptMarks;

/// Status label of a message, if the message carries one.
#[component]
pub fn Receipt(message: message::Id, marks: Memo<ReceiptMarks>) -> impl IntoView {
    let label = Memo::new(move |_| marks.read().label_of(message));
    move || label.get().map(|label| view! { <span class="message__receipt" translate="no">{label}</span> })
}
