//! Focus of the page's heading after a navigation of the router.

use leptos::html::H1;
use leptos::prelude::*;
use leptos::web_sys::HtmlElement;
use leptos_router::hooks::use_location;
use leptos_router::location::Location;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ui::state::focus::focus_is_free;
use crate::ui::state::page_resource::PageResource;
use crate::ui::state::reactive::effect;

/// State of the heading's focus across navigations of the router.
#[derive(Clone, Copy)]
pub struct HeadingFocus {
    /// Address whose heading was focused last. At first it is the address for which the document was loaded.
    focused_address: StoredValue<String>,
    /// True if the next navigation is not the user's.
    is_automatic: StoredValue<bool>,
}

impl HeadingFocus {
    /// Announces a navigation that the user has not requested. The focus then stays where it is, unless the focused
    /// element goes away with the old page.
    pub fn expect_automatic_navigation(&self) {
        self.is_automatic.set_value(true);
    }

    /// Announces that the page will be drawn anew at the same address, on behalf of the user. The focused element goes
    /// away with the old one.
    pub fn expect_new_page(&self) {
        self.focused_address.set_value(String::new());
    }

    /// Focuses the heading of the page at `here`, unless it was focused before at the same address.
    fn take(&self, heading: &HtmlElement, here: String) {
        if self.focused_address.get_value() == here {
            return;
        }
        self.focused_address.set_value(here);
        // Without the focus a screen reader would not announce the new page.
        if self.is_automatic.try_update_value(std::mem::take) != Some(true) || focus_is_free() {
            let _ = heading.focus();
        }
    }
}

/// Provides [`HeadingFocus`]. The address of the loaded document counts as focused: the browser sets the focus there.
pub fn provide_heading_focus() {
    let focused_address = StoredValue::new(address(&use_location()));
    provide_context(HeadingFocus { focused_address, is_automatic: StoredValue::new(false) });
}

/// Returns a function that loads a page beside the list again. If the focused element goes away with the old page, the
/// heading takes the focus.
pub fn load_again<T>(page: PageResource<T>) -> impl Fn() + Copy + Send + Sync + 'static
where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    let focus = use_context::<HeadingFocus>();
    move || {
        let focused = document().active_element();
        let is_on_page = focused.is_some_and(|it| matches!(it.closest(".panes__content"), Ok(Some(_))));
        if let Some(focus) = focus.filter(|_| is_on_page) {
            focus.expect_new_page();
        }
        page.refetch();
    }
}

/// Gives the focus to a page's heading once it is on the page.
pub fn focus_after_navigation(heading: NodeRef<H1>) {
    let focus = use_context::<HeadingFocus>();
    let location = use_location();
    effect(move || {
        if let (Some(heading), Some(focus)) = (heading.get(), focus) {
            focus.take(&heading, address(&location));
        }
    });
}

/// Path and query: another part of a conversation counts as another page.
fn address(location: &Location) -> String {
    untrack(|| format!("{}?{}", location.pathname.get(), location.search.get()))
}
