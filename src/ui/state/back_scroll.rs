//! Scroll positions of pages to which the browser's Back leads. The browser itself restores only that of the document.

use leptos::ev::popstate;
use leptos::html;
use leptos::leptos_dom::helpers::window_event_listener;
use leptos::prelude::*;

use crate::domain::sorted::SortedMap;
use crate::ui::state::reactive::effect;

/// Positions of the pages that were left, by their addresses.
#[derive(Clone, Copy)]
pub struct BackScroll {
    tops: StoredValue<SortedMap<String, i32>>,
    /// Address to which Back or Forward has led last.
    returned_to: StoredValue<Option<String>>,
}

/// Scroll position of one page.
#[derive(Clone, Copy)]
pub struct PageScroll {
    all: BackScroll,
    /// Element that scrolls.
    pub node: NodeRef<html::Section>,
}

impl BackScroll {
    /// Provides the positions to the pages below.
    pub fn provide() {
        let all = Self { tops: StoredValue::new(SortedMap::default()), returned_to: StoredValue::new(None) };
        effect(move || {
            let back = window_event_listener(popstate, move |_| all.returned_to.set_value(Some(address())));
            on_cleanup(move || back.remove());
        });
        provide_context(all);
    }

    /// Returns the position of the page that is being drawn.
    pub fn of_page() -> PageScroll {
        PageScroll { all: expect_context(), node: NodeRef::new() }
    }
}

impl PageScroll {
    /// Notes where the user has stopped scrolling.
    pub fn note(self) {
        if let Some(node) = self.node.get_untracked() {
            self.all.tops.update_value(|tops| tops.insert(address(), node.scroll_top()));
        }
    }

    /// Restores the position once the content is drawn, if Back has led to the page.
    pub fn restore(self) {
        effect(move || {
            let Some(node) = self.node.get() else { return };
            let here = address();
            let is_back = self.all.returned_to.try_update_value(Option::take).flatten().as_ref() == Some(&here);
            let top = self.all.tops.with_value(|tops| tops.get(&here).copied()).filter(|_| is_back);
            if let Some(top) = top {
                // After the heading has taken the focus, which scrolls to it.
                request_animation_frame(move || node.set_scroll_top(top));
            }
        });
    }
}

fn address() -> String {
    let location = window().location();
    format!("{}{}", location.pathname().unwrap_or_default(), location.search().unwrap_or_default())
}
