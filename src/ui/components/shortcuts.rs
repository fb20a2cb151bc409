//! Dialog that lists the keyboard shortcuts of the message pages.

use leptos::prelude::*;

use crate::ui::state::shortcuts::Shortcuts;

/// Keys and their descriptions.
const SHORTCUTS: [(&str, &str); 15] = [
    ("?", "Show this list"),
    ("F6", "Move to the next area of the page"),
    ("Shift + F6", "Move to the previous area of the page"),
    ("Alt + ↓", "Open the next conversation"),
    ("Alt + ↑", "Open the previous conversation"),
    ("Enter", "Send the message"),
    ("Shift + Enter", "Start a new line"),
    ("↑ or ↓", "Select a message, from the area of messages"),
    ("Home or End", "Select the first or last message"),
    ("Enter", "Open the options of the selected message"),
    ("R", "Reply to it"),
    ("E", "Edit it"),
    ("+", "React to it"),
    ("C", "Copy its link"),
    ("Delete", "Delete it"),
];

/// Modal dialog with the list of shortcuts.
#[component]
pub fn ShortcutList(shortcuts: Shortcuts) -> impl IntoView {
    let row = |(keys, action)| view! { <div class="shortcuts__row"><dt><kbd>{keys}</kbd></dt><dd>{action}</dd></div> };
    view! {
        <dialog class="shortcuts" aria-labelledby="shortcuts-heading" node_ref=shortcuts.list>
            // The dialog would give the focus to the check box at its end, and scroll there.
            <h2 class="heading" id="shortcuts-heading" tabindex="-1" autofocus>"Keyboard shortcuts"</h2>
            <dl class="shortcuts__list">{SHORTCUTS.map(row).collect_view()}</dl>
            <label class="check-box">
                <input
                    class="check-box__input"
                    type="checkbox"
                    prop:checked=move || shortcuts.single_keys.get()
                    on:change=move |event| shortcuts.use_single_keys(event_target_checked(&event))
                />
                <span>"Use the keys ?, R, E, + and C"</span>
            </label>
            <form method="dialog"><button class="button button--primary" type="submit">"Close"</button></form>
        </dialog>
    }
}
