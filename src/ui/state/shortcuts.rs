//! Keyboard shortcuts of the message pages.

use leptos::html::Dialog;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, HtmlElement, KeyboardEvent};

use crate::ui::state::hydrated::use_hydrated;
use crate::ui::state::local_store::{browser_setting, keep_browser_setting};
use crate::ui::state::reactive::effect;

/// Selectors of the page's regions in the order of F6, each with a selector of the element in it that takes the focus.
const REGIONS: [(&str, &str); 5] = [
    (".header", ".header__link"),
    (".panes__list", ".conversation[aria-current], .conversation, a, h1, h2"),
    (".thread__scroller", ".thread__scroller"),
    (".composer", ".composer__field"),
    (".panes__content > :not(.thread, .thread__back)", "input, a, h1"),
];

/// Name of the browser's setting for the keys of a single character.
const SINGLE_KEYS: &str = "single-keys";

/// Value of the setting if the keys are turned off.
const OFF: &str = "off";

/// Handler of the shortcuts, and handle to their dialog.
#[derive(Clone, Copy)]
pub struct Shortcuts {
    /// The dialog that lists the shortcuts.
    pub list: NodeRef<Dialog>,
    pub hydrated: ReadSignal<bool>,
    /// True if keys of a single character are shortcuts. Speech input and a slip of the hand can press them unintended
    /// (WCAG 2.1.4), so they can be turned off.
    pub single_keys: RwSignal<bool>,
}

impl Shortcuts {
    /// Listens to the keyboard from hydration on.
    pub fn start() -> Self {
        let shortcuts = Self { list: NodeRef::new(), hydrated: use_hydrated(), single_keys: RwSignal::new(true) };
        effect(move || {
            shortcuts.single_keys.set(browser_setting(SINGLE_KEYS).as_deref() != Some(OFF));
            let keys = window_event_listener(leptos::ev::keydown, move |event| shortcuts.handle(&event));
            on_cleanup(move || keys.remove());
        });
        shortcuts
    }

    /// Turns the keys of a single character on or off, in this browser.
    pub fn use_single_keys(&self, on: bool) {
        self.single_keys.set(on);
        keep_browser_setting(SINGLE_KEYS, if on { "on" } else { OFF });
    }

    /// Opens the dialog.
    pub fn show(&self) {
        if let Some(Some(list)) = self.list.try_get_untracked()
            && !list.open()
        {
            let _ = list.show_modal();
        }
    }

    fn handle(self, event: &KeyboardEvent) {
        if event.default_prevented() || event.is_composing() || is_overlay_open() {
            return;
        }
        let unmodified = !(event.ctrl_key() || event.meta_key() || event.alt_key());
        let with_alt = event.alt_key() && !(event.ctrl_key() || event.meta_key() || event.shift_key());
        match event.key().as_str() {
            "F6" if unmodified => focus_region(event.shift_key()),
            "?" if unmodified && !is_for_field(event) && self.single_keys.get_untracked() => self.show(),
            // In fields these keys have meanings of their own, such as opening the calendar of a date field.
            "ArrowDown" if with_alt && !is_for_field(event) => open_conversation(1),
            "ArrowUp" if with_alt && !is_for_field(event) => open_conversation(-1),
            _ => return,
        }
        event.prevent_default();
    }
}

/// Returns true if the key goes into a form field or other editable text, even inside an extension's shadow tree.
fn is_for_field(event: &KeyboardEvent) -> bool {
    let element = event.composed_path().get(0).dyn_into::<HtmlElement>();
    element.is_ok_and(|it| it.is_content_editable() || it.matches("input, textarea, select").unwrap_or(false))
}

/// Returns true if a dialog or a menu is open: until it is closed, all keys are its own.
fn is_overlay_open() -> bool {
    matches!(document().query_selector("dialog[open], .disclosure[open], [popover]"), Ok(Some(_)))
}

/// Moves the focus to the next visible region of the page, or to the previous one.
fn focus_region(backwards: bool) {
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

/// Opens the conversation `rows_below` the open one in the list, or the first one if none is open.
fn open_conversation(rows_below: i32) {
    let Ok(rows) = document().query_selector_all(".conversation") else { return };
    let rows: Vec<_> = (0..rows.length()).filter_map(|n| rows.item(n)?.dyn_into::<HtmlElement>().ok()).collect();
    let now = rows.iter().position(|row| row.has_attribute("aria-current"));
    let next = now.map_or(Some(0), |now| usize::try_from(now as i32 + rows_below).ok());
    if let Some(row) = next.and_then(|next| rows.get(next)) {
        row.click();
    }
}
