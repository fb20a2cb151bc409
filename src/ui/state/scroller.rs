//! The scroll position in a conversation, which scrolls from the bottom up.

use leptos::html::Div;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, HtmlElement};

/// Distance from the end of the messages, in pixels, that still counts as the end.
const END_PX: i32 = 40;

/// Space, in pixels, between the top of the view and an element that is scrolled to.
const MARGIN_PX: f64 = 8.0;

/// The part of the page in which messages scroll.
#[derive(Clone, Copy)]
pub struct Scroller {
    /// The scrolling element.
    pub node: NodeRef<Div>,
    /// True if the end of the messages is in view.
    pub at_end: RwSignal<bool>,
    /// The element that is put back into its position in the next frame.
    anchor: StoredValue<Option<Anchor>>,
}

struct Anchor {
    id: String,
    /// Distance from the top of the window.
    top_px: f64,
}

impl Scroller {
    /// Creates a scroller that has not been drawn yet.
    pub fn new(at_end: bool) -> Self {
        Self { node: NodeRef::new(), at_end: RwSignal::new(at_end), anchor: StoredValue::new(None) }
    }

    /// Reads the scroll position. Returns the distances to the beginning and to the end of the messages, in pixels.
    pub fn observe(&self) -> Option<(i32, i32)> {
        // A scroller that is leaving the page shows nothing.
        let scroller = self.node.try_get_untracked().flatten().filter(|scroller| scroller.is_connected())?;
        // The position counts from the end, and is therefore negative.
        let to_end = -scroller.scroll_top();
        let at_end = to_end <= END_PX;
        if self.at_end.try_get_untracked()? != at_end {
            self.at_end.set(at_end);
        }
        Some((scroller.scroll_height() - scroller.client_height() - to_end, to_end))
    }

    /// Scrolls to the end of the messages.
    pub fn scroll_to_end(&self) {
        if let Some(Some(scroller)) = self.node.try_get_untracked() {
            self.anchor.set_value(None);
            scroller.set_scroll_top(0);
        }
    }

    /// Scrolls an element to the top of the view.
    pub fn scroll_to(&self, selector: &str) {
        if let Some(Some(scroller)) = self.node.try_get_untracked()
            && let Ok(Some(element)) = scroller.query_selector(selector)
        {
            // The user reads on at the element, no longer at the anchor.
            self.anchor.set_value(None);
            shift(&scroller, top(&element) - top(&scroller) - MARGIN_PX);
        }
    }

    /// Returns whether the end of an element is in view or above it; `None` if the element is not on the page.
    pub fn has_shown_end_of(&self, id: &str) -> Option<bool> {
        let scroller = self.node.try_get_untracked().flatten()?;
        Some(bottom(&document().get_element_by_id(id)?) <= bottom(&scroller))
    }

    /// Changes the messages, and keeps the one that the user is reading where it is on the screen. If there are several
    /// changes in one frame, the position before the first counts.
    pub fn keep_position(self, change: impl FnOnce()) {
        let is_anchored = self.anchor.try_with_value(Option::is_some).unwrap_or(true);
        if !is_anchored && let Some(element) = self.node.try_get_untracked().flatten().and_then(|it| first_in_view(&it))
        {
            self.anchor.set_value(Some(Anchor { id: element.id(), top_px: top(&element) }));
            // Before the next frame is painted, so that the user does not see the messages jump.
            request_animation_frame(move || self.restore_position());
        }
        change();
    }

    /// Returns whether the messages have changed and the position has not been restored yet.
    pub fn is_anchored(&self) -> bool {
        self.anchor.try_with_value(Option::is_some).unwrap_or(false)
    }

    fn restore_position(self) {
        if let Some(Some(anchor)) = self.anchor.try_update_value(Option::take)
            && let Some(Some(scroller)) = self.node.try_get_untracked()
            && let Some(element) = document().get_element_by_id(&anchor.id)
        {
            shift(&scroller, top(&element) - anchor.top_px);
        }
    }
}

/// Returns the first message of which a part is in view.
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

/// Scrolls by a number of pixels, rounded to a whole one.
fn shift(scroller: &HtmlElement, by_px: f64) {
    scroller.set_scroll_top(scroller.scroll_top() + by_px.round() as i32);
}
