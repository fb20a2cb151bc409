//! Layers of a message above the page: its menu, and the question before it is deleted.

use leptos::html::{Dialog, Div};
use leptos::prelude::*;

use crate::domain::message::Message;
use crate::ui::components::message_item::{COMMON_EMOJI, EMOJI_ICON};
use crate::ui::state::menu_layer::{handle_menu_key, place, show_when_drawn};
use crate::ui::state::message_command::Command;
use crate::ui::state::message_menu::MessageMenu;
use crate::ui::state::reactive::effect;

/// Commands of the menu, their labels and the keys that give them for a selected message.
const ITEMS: [(Command, &str, &str); 5] = [
    (Command::Reply, "Reply", "R"),
    (Command::Edit, "Edit", "E"),
    (Command::CopyText, "Copy text", ""),
    (Command::CopyLink, "Copy link", "C"),
    (Command::Delete, "Delete", "Delete"),
];

/// Menu of a message.
#[component]
pub fn Menu(menu: MessageMenu, message: Message) -> impl IntoView {
    let node = NodeRef::<Div>::new();
    let (id, page) = (message.id, menu.page_of(&message));
    show_when_drawn(node, menu, move |node| place(node, id));
    let item =
        |(command, label, key): (Command, &'static str, &'static str)| {
            menu.allows(command, &message).then(|| view! {
            <button class="message-menu__item" type="button" role="menuitem" tabindex="-1" data-do=command.name()>
                <span>{label}</span>
                <kbd class="message-menu__key" aria-hidden="true">{key}</kbd>
            </button>
        })
        };
    let emoji = menu.allows(Command::Emoji, &message).then(|| view! { <EmojiRow menu message=message.clone()/> });
    view! {
        <div
            class="message-menu"
            popover="manual"
            role="menu"
            aria-label="Options of the message"
            translate="no"
            node_ref=node
            on:click=move |event| menu.on_layer_click(&event)
            on:keydown=move |event| handle_menu_key(&event, menu)
        >
            {emoji}
            {ITEMS.map(item).collect_view()}
            <a class="message-menu__item" role="menuitem" tabindex="-1" href=page>"Open its page"</a>
        </div>
    }
}

/// Common emoji, and the way to all others.
#[component]
fn EmojiRow(menu: MessageMenu, message: Message) -> impl IntoView {
    let emoji = |emoji: &'static str| {
        let checked = if menu.has_reacted(&message, emoji) { "true" } else { "false" };
        view! {
            <button class="message__act" type="button" role="menuitemcheckbox" tabindex="-1" data-react=emoji aria-checked=checked>
                {emoji}
            </button>
        }
    };
    view! {
        <div class="message-menu__emoji" role="group" aria-label="React">
            {COMMON_EMOJI.map(emoji).collect_view()}
            <button
                class="message__act"
                type="button"
                role="menuitem"
                tabindex="-1"
                aria-label="More emoji"
                data-do=Command::Emoji.name()
            >
                <svg class="icon" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false">
                    <path d=EMOJI_ICON/>
                </svg>
            </button>
        </div>
    }
}

/// Question before a message is deleted.
#[component]
pub fn DeleteQuestion(menu: MessageMenu) -> impl IntoView {
    let node = NodeRef::<Dialog>::new();
    effect(move || {
        if let Some(dialog) = node.get()
            && !dialog.open()
        {
            let _ = dialog.show_modal();
        }
    });
    view! {
        <dialog class="dialog" aria-labelledby="delete-heading" translate="no" node_ref=node on:close=move |_| menu.close()>
            <h2 class="heading" id="delete-heading">"Delete this message?"</h2>
            <p class="dialog__text">"It is deleted for everyone in the conversation. This cannot be undone."</p>
            <div class="dialog__ways">
                <button class="button" type="button" autofocus on:click=move |_| menu.close()>"Cancel"</button>
                <button class="button button--danger" type="button" on:click=move |_| menu.confirm_delete()>"Delete"</button>
            </div>
        </dialog>
    }
}
