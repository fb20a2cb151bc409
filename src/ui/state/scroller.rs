//! Where one is in a conversation, which scrolls from the bottom up.

use leptos::html::Div;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, HtmlElement};

/// So many pixels from the end of what is shown count as its end.
const END_PX: i32 = 40;

/// So far from the end, or below the top of the view, something is shown that is scrolled to.
const MARGIN_PX: f64 = 8.0;

/// The part of the page in which messages scroll.
#[derive(Clone, Copy)]
pub struct Scroller {
    /// The element.
    pub node: NodeRef<Div>,
    /// Whether the end of what is shown is in view.
    pub at_end: RwSignal<bool>,
    /// What stays where it is in the next frame.
    held: StoredValue<Option<Held>>,
}

/// An element, and where it is: so many pixels from the top of the window.
struct Held {
    id: String,
    top_px: f64,
}

impl Scroller {
    /// One that has not been drawn yet.
    pub fn new(at_end: bool) -> Self {
        Self { node: NodeRef::new(), at_end: RwSignal::new(at_end), held: StoredValue::new(None) }
    }

    /// Takes note of where one is. Answers with how many pixels it is to the beginning and to the end of what is shown.
    pub fn look(&self) -> Option<(i32, i32)> {
        // One that is leaving the page shows nothing.
        let scroller = self.node.try_get_untracked().flatten().filter(|scroller| scroller.is_connected())?;
        // Counted from the end, and so below zero.
        let to_end = -scroller.scroll_top();
        let at_end = to_end <= END_PX;
        if self.at_end.try_get_untracked()? != at_end {
            self.at_end.set(at_end);
        }
        Some((scroller.scroll_height() - scroller.client_height() - to_end, to_end))
    }

    /// Scrolls to the end of what is shown.
    pub fn show_end(&self) {
        if let Some(Some(scroller)) = self.node.try_get_untracked() {
            self.held.set_value(None);
            scroller.set_scroll_top(0);
        }
    }

    /// Scrolls until an element stands at the top of the view.
    pub fn show(&self, selector: &str) {
        if let Some(Some(scroller)) = self.node.try_get_untracked()
            && let Ok(Some(element)) = scroller.query_selector(selector)
        {
            // What was read until now is not what is read next.
            self.held.set_value(None);
            shift(&scroller, top(&element) - top(&scroller) - MARGIN_PX);
        }
    }

    /// Whether the end of an element is in view or above it; none where the element is not there.
    pub fn has_shown_end_of(&self, id: &str) -> Option<bool> {
        let scroller = self.node.try_get_untracked().flatten()?;
        Some(bottom(&document().get_element_by_id(id)?) <= bottom(&scroller))
    }

    /// Changes what is shown, and leaves where it is on the screen what is being read. Of several changes in one frame, the
    /// first knows where that was.
    pub fn hold(self, change: impl FnOnce()) {
        let is_held = self.held.try_with_value(Option::is_some).unwrap_or(true);
        if !is_held && let Some(element) = self.node.try_get_untracked().flatten().and_then(|it| first_in_view(&it)) {
            self.held.set_value(Some(Held { id: element.id(), top_px: top(&element) }));
            // Before the next frame is painted.
            request_animation_frame(move || self.release());
        }
        change();
    }

    /// Whether what is shown has changed, and has not been put back yet to where it was.
    pub fn is_held(&self) -> bool {
        self.held.try_with_value(Option::is_some).unwrap_or(false)
    }

    fn release(self) {
        if let Some(Some(held)) = self.held.try_update_value(Option::take)
            && let Some(Some(scroller)) = self.node.try_get_untracked()
            && let Some(element) = document().get_element_by_id(&held.id)
        {
            shift(&scroller, top(&element) - held.top_px);
        }
    }
}

/// The first message of which something is in view.
fn first_in_view(scroller: &Element) -> Option<Element> {
    let top_of_view = top(scroller);
    let messages = scroller.query_selector_all(".message[id]").ok()?;
    let all = (0..messages.length()).filter_map(|n| messages.item(n)?.dyn_into::<Element>().ok());
    all.into_iter().find(|message| bottom(message) > top_of_view)
}

fn top(element: &Element) -> f64 {
    element.get_bounding_client_rect().top()
}

fn bottom(element: &Element) -> f64 {
    element.get_bounding_client_rect().bottom()
}

/// Scrolls by so many pixels, to the next whole one.
fn shift(scroller: &HtmlElement, by_px: f64) {
    scroller.set_scroll_top(scroller.scroll_top() + by_px.round() as i32);
}
