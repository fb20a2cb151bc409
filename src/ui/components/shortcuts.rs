//! What the keyboard can do on every page of messages, and the list of it.

use leptos::html::Dialog;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, HtmlElement, KeyboardEvent};

/// Keys, and what they do.
const SHORTCUTS: [(&str, &str); 7] = [
    ("?", "Show this list"),
    ("F6", "Go to the next part of the page"),
    ("Shift + F6", "Go to the part before"),
    ("Alt + ↓", "Open the next conversation"),
    ("Alt + ↑", "Open the conversation before"),
    ("Enter", "Send the message"),
    ("Shift + Enter", "Begin a new line"),
];

/// The parts of a page, and what in them takes the focus.
const REGIONS: [(&str, &str); 5] = [
    (".header", ".header__link"),
    (".panes__list", ".conversation[aria-current], .conversation, a, h1, h2"),
    (".thread__scroller", ".thread__scroller"),
    (".composer", ".composer__field"),
    (".panes__content > :not(.thread)", "input, a, h1"),
];

/// The way to the list from elsewhere on the page.
#[derive(Clone, Copy)]
pub struct Shortcuts {
    list: NodeRef<Dialog>,
    /// Whether the page has been taken over.
    pub alive: RwSignal<bool>,
}

impl Shortcuts {
    /// Begins to listen once the page is alive.
    pub fn start() -> Self {
        let shortcuts = Self { list: NodeRef::new(), alive: RwSignal::new(false) };
        Effect::new(move |_| {
            shortcuts.alive.set(true);
            let keys = window_event_listener(leptos::ev::keydown, move |event| shortcuts.heed(&event));
            on_cleanup(move || keys.remove());
        });
        shortcuts
    }

    /// Shows the list.
    pub fn show(&self) {
        if let Some(Some(list)) = self.list.try_get_untracked()
            && !list.open()
        {
            let _ = list.show_modal();
        }
    }

    fn heed(self, event: &KeyboardEvent) {
        let bare = !(event.ctrl_key() || event.meta_key() || event.alt_key());
        let with_alt = event.alt_key() && !(event.ctrl_key() || event.meta_key() || event.shift_key());
        match event.key().as_str() {
            "F6" if bare => go_to_region(event.shift_key()),
            "?" if bare && !is_typed(event) => self.show(),
            "ArrowDown" if with_alt => open_conversation(1),
            "ArrowUp" if with_alt => open_conversation(-1),
            _ => return,
        }
        event.prevent_default();
    }
}

/// The list, which opens above the page.
#[component]
pub fn ShortcutList(
    /// Where it is opened from.
    shortcuts: Shortcuts,
) -> impl IntoView {
    let draw = |(keys, does)| view! { <div class="shortcuts__row"><dt><kbd>{keys}</kbd></dt><dd>{does}</dd></div> };
    view! {
        <dialog class="shortcuts" aria-labelledby="shortcuts-heading" node_ref=shortcuts.list>
            <h2 class="heading" id="shortcuts-heading">"Keyboard shortcuts"</h2>
            <dl class="shortcuts__list">{SHORTCUTS.map(draw).collect_view()}</dl>
            <form method="dialog"><button class="button button--primary" type="submit">"Close"</button></form>
        </dialog>
    }
}

/// Whether a key is part of a text that is being written.
fn is_typed(event: &KeyboardEvent) -> bool {
    let element = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    element.is_some_and(|element| element.matches("input, textarea, select").unwrap_or(false))
}

/// Moves the focus to the next part of the page that there is, or to the one before.
fn go_to_region(backwards: bool) {
    let find = |selector| document().query_selector(selector).ok().flatten().filter(is_shown);
    let active = document().active_element();
    let holds_focus = |region: &Element| region.contains(active.as_ref().map(AsRef::as_ref));
    let regions: Vec<_> = REGIONS.iter().filter_map(|(region, target)| Some((find(region)?, *target))).collect();
    let count = regions.len();
    let now = regions.iter().position(|(region, _)| holds_focus(region));
    let order = (1..=count).map(|step| match (now, backwards) {
        (Some(now), false) => (now + step) % count,
        (Some(now), true) => (now + count - step) % count,
        (None, false) => step - 1,
        (None, true) => count - step,
    });
    for (region, target) in order.filter_map(|n| regions.get(n)) {
        let itself = region.matches(target).unwrap_or(false).then(|| region.clone());
        let target = itself.or_else(|| region.query_selector(target).ok().flatten()).filter(is_shown);
        if let Some(target) = target.and_then(|target| target.dyn_into::<HtmlElement>().ok()) {
            let _ = target.focus();
            return;
        }
    }
}

fn is_shown(element: &Element) -> bool {
    element.get_bounding_client_rect().width() > 0.0
}

/// Opens the conversation that stands so many rows below the one that is open; the first where none is.
fn open_conversation(rows_below: i32) {
    let Ok(rows) = document().query_selector_all(".conversation") else { return };
    let rows: Vec<_> = (0..rows.length()).filter_map(|n| rows.item(n)?.dyn_into::<HtmlElement>().ok()).collect();
    let now = rows.iter().position(|row| row.has_attribute("aria-current"));
    let next = now.map_or(Some(0), |now| usize::try_from(now as i32 + rows_below).ok());
    if let Some(row) = next.and_then(|next| rows.get(next)) {
        row.click();
    }
}
