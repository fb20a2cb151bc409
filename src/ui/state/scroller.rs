//! The scroll position in a conversation, which scrolls from the bottom up.

use leptos::html::Div;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, HtmlElement};

/// Distance from the end of the messages, in pixels, that still counts as the end.
const END_PX: i32 = 40;

/// Space, in pixels, between the top of the view and an element that is scrolled to.
const MARGIN_PX: f64 = 8.0;

/// Distance, in pixels, that a user may scroll without leaving the message to which a link has led.
const REST_PX: f64 = 4.0;

/// The part of the page in which messages scroll.
#[derive(Clone, Copy)]
pub struct Scroller {
    /// The scrolling element.
    pub node: NodeRef<Div>,
    /// True if the end of the messages is in view.
    pub at_end: RwSignal<bool>,
    /// The element that is put back into its position in the next frame.
    anchor: StoredValue<Option<Anchor>>,
    /// The element to which a link has led. `None` once the user has scrolled.
    rest: StoredValue<Option<Rest>>,
    /// Id of the first message in view when the user last stopped scrolling.
    place: StoredValue<Option<String>>,
}

struct Anchor {
    id: String,
    /// Distance of the text from the top of the window.
    top_px: f64,
}

/// Place of an element that rests in the view.
struct Rest {
    anchor: Anchor,
    /// Scroll position at which the element rests.
    scroll_top: i32,
    /// Distance that the user has scrolled since the link was opened.
    scrolled_px: f64,
}

impl Rest {
    /// Returns where the element is now, unless the user has scrolled. Scrolling changes the element's place by as much
    /// as the scroll position. A part of the page beside the scroller changes only the place, and new messages below
    /// only the scroll position, apart from a fraction of a pixel.
    fn unless_scrolled(self, scroller: &Element) -> Option<Self> {
        let element = document().get_element_by_id(&self.anchor.id)?;
        let (top_px, scroll_top) = (top_of_text(&element), scroller.scroll_top());
        let moved_px = (top_px - self.anchor.top_px).abs().min(f64::from((scroll_top - self.scroll_top).abs()));
        let scrolled_px = self.scrolled_px + if moved_px < 1.0 { 0.0 } else { moved_px };
        let anchor = Anchor { top_px, ..self.anchor };
        (scrolled_px <= REST_PX).then_some(Self { anchor, scroll_top, scrolled_px })
    }
}

impl Scroller {
    /// Creates a scroller that has not been drawn yet.
    pub fn new(at_end: bool) -> Self {
        Self {
            node: NodeRef::new(),
            at_end: RwSignal::new(at_end),
            anchor: StoredValue::new(None),
            rest: StoredValue::new(None),
            place: StoredValue::new(None),
        }
    }

    /// Reads the scroll position. Returns the distances to the beginning and to the end of the messages, in pixels.
    pub fn observe(&self) -> Option<(i32, i32)> {
        // A scroller that is leaving the page shows nothing.
        let scroller = self.node.try_get_untracked().flatten().filter(|scroller| scroller.is_connected())?;
        // The position counts from the end, and is therefore negative.
        let to_end = -scroller.scroll_top();
        let at_end = to_end <= END_PX;
        if !self.is_anchored() {
            self.rest.try_update_value(|rest| *rest = rest.take().and_then(|rest| rest.unless_scrolled(&scroller)));
        }
        if self.at_end.try_get_untracked()? != at_end {
            self.at_end.set(at_end);
        }
        Some((scroller.scroll_height() - scroller.client_height() - to_end, to_end))
    }

    /// Scrolls to the end of the messages.
    pub fn scroll_to_end(&self) {
        if let Some(Some(scroller)) = self.node.try_get_untracked() {
            self.anchor.set_value(None);
            self.rest.set_value(None);
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

    /// Scrolls an element to the middle of the view, unless it is in view already. Until the user scrolls, the position
    /// rests there.
    pub fn rest_at(&self, id: &str) {
        let Some(Some(scroller)) = self.node.try_get_untracked() else { return };
        let Some(element) = document().get_element_by_id(id) else { return };
        self.anchor.set_value(None);
        let (space, height) = (f64::from(scroller.client_height()), bottom(&element) - top(&element));
        let below_top = top(&element) - top(&scroller);
        if below_top < 0.0 || below_top + height > space {
            shift(&scroller, below_top - ((space - height) / 2.0).max(MARGIN_PX));
        }
        let anchor = Anchor { id: id.to_owned(), top_px: top_of_text(&element) };
        self.rest.set_value(Some(Rest { anchor, scroll_top: scroller.scroll_top(), scrolled_px: 0.0 }));
    }

    /// Returns whether the position rests at the element to which a link has led.
    pub fn is_resting(&self) -> bool {
        self.rest.try_with_value(Option::is_some).unwrap_or(false)
    }

    /// Notes where the user has stopped scrolling.
    pub fn note_place(&self) {
        let first = self.node.try_get_untracked().flatten().and_then(|node| first_in_view(&node));
        let _ = self.place.try_set_value(first.map(|message| message.id()));
    }

    /// Returns the id of the message that was noted last, unless the end of the messages is in view.
    pub fn place(&self) -> Option<String> {
        let is_above = self.at_end.try_get_untracked() == Some(false);
        self.place.try_get_value().flatten().filter(|_| is_above)
    }

    /// Returns whether the start of an element is in view.
    pub fn shows_start_of(&self, selector: &str) -> bool {
        let Some(Some(scroller)) = self.node.try_get_untracked() else { return false };
        let element = scroller.query_selector(selector).ok().flatten();
        element.is_some_and(|element| top(&element) >= top(&scroller))
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
            self.anchor.set_value(Some(Anchor { id: element.id(), top_px: top_of_text(&element) }));
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
        if let Some(Some(anchor)) = self.anchor.try_update_value(Option::take) {
            self.shift_to(&anchor.id, anchor.top_px, top_of_text);
        }
    }

    /// Scrolls until an element is this number of pixels below the top of the window.
    pub fn put(self, id: &str, top_px: f64) {
        self.shift_to(id, top_px, top);
    }

    fn shift_to(self, id: &str, top_px: f64, top: impl Fn(&Element) -> f64) {
        if let Some(Some(scroller)) = self.node.try_get_untracked()
            && let Some(element) = document().get_element_by_id(id)
        {
            shift(&scroller, top(&element) - top_px);
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

/// Returns the top of a message's text: the name of the author above it comes and goes with the message before.
fn top_of_text(message: &Element) -> f64 {
    let text = message.query_selector(".message__body").ok().flatten();
    top(text.as_ref().unwrap_or(message))
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
