//! Dialog that lists the keyboard shortcuts of the message pages.

use leptos::prelude::*;

use crate::ui::state::shortcuts::Shortcuts;

/// Keys and their descriptions.
const SHORTCUTS: [(&str, &str); 7] = [
    ("?", "Show this list"),
    ("F6", "Move to the next area of the page"),
    ("Shift + F6", "Move to the previous area of the page"),
    ("Alt + ↓", "Open the next conversation"),
    ("Alt + ↑", "Open the previous conversation"),
    ("Enter", "Send the message"),
    ("Shift + Enter", "Start a new line"),
];

/// Modal dialog with the list of shortcuts.
#[component]
pub fn ShortcutList(shortcuts: Shortcuts) -> impl IntoView {
    let row = |(keys, action)| view! { <div class="shortcuts__row"><dt><kbd>{keys}</kbd></dt><dd>{action}</dd></div> };
    view! {
        <dialog class="shortcuts" aria-labelledby="shortcuts-heading" node_ref=shortcuts.list>
            <h2 class="heading" id="shortcuts-heading">"Keyboard shortcuts"</h2>
            <dl class="shortcuts__list">{SHORTCUTS.map(row).collect_view()}</dl>
            <form method="dialog"><button class="button button--primary" type="submit">"Close"</button></form>
        </dialog>
    }
}
