//! The layer of a message that is open, as soon as its code is loaded.

use leptos::prelude::*;

use crate::domain::message::Message;
use crate::ui::components::on_demand::{Layer, OnDemand, prepare_layers_later};
use crate::ui::state::message_menu::{self as menu, MessageMenu, Note};

/// The open layer, if there is one, and the note that something has been copied, or that a layer could not be loaded.
#[component]
pub fn MessageLayer(menu: MessageMenu) -> impl IntoView {
    prepare_layers_later();
    let fail = Callback::new(move |()| menu.fail());
    let draw = move |(layer, message): (menu::Layer, Message)| {
        let layer = match layer {
            menu::Layer::Menu => Layer::Menu(menu, Box::new(message)),
            menu::Layer::Delete => Layer::DeleteQuestion(menu),
            menu::Layer::Emoji => Layer::EmojiPicker {
                pick: Callback::new(move |emoji| menu.toggle(&message, emoji)),
                close: Callback::new(move |()| menu.close()),
            },
        };
        view! { <OnDemand layer fail/> }
    };
    view! {
        {move || menu.open.get().map(|opened| draw(opened).into_any())}
        <p class="thread__note" role="status" translate="no">{move || note(menu)}</p>
    }
}

fn note(menu: MessageMenu) -> Option<&'static str> {
    menu.note.get().map(|note| match note {
        Note::Copied => "Copied",
        Note::NotCopied => "This couldn't be copied.",
        Note::LayerMissing => "This couldn't be loaded. Try again.",
    })
}
