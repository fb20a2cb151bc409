//! The page's heading, which takes the focus when the router has changed the page.

use leptos::html::H1;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use leptos_router::location::Location;

/// How the reader came to this page.
#[derive(Clone, Copy)]
pub struct Arrival {
    /// The address whose heading last had the focus, or that the document was loaded for.
    at: StoredValue<String>,
    /// Whether the page is about to change by itself.
    by_itself: StoredValue<bool>,
}

impl Arrival {
    /// The page is about to change though nobody has asked for it: the focus stays where it is, if that stays.
    pub fn comes_by_itself(&self) {
        self.by_itself.set_value(true);
    }
}

/// Remembers where the document was loaded: there the browser has placed the focus.
pub fn provide_arrival() {
    provide_context(Arrival { at: StoredValue::new(address(&use_location())), by_itself: StoredValue::new(false) });
}

/// Whether nothing has the focus, or only the heading of a page that has just come.
pub fn focus_is_free() -> bool {
    document().active_element().is_none_or(|it| it.tag_name() == "BODY" || it.class_list().contains("heading"))
}

/// Path and question: another part of a conversation is another page.
fn address(location: &Location) -> String {
    untrack(|| format!("{}?{}", location.pathname.get(), location.search.get()))
}

/// The one `h1` of a page.
#[component]
pub fn Heading(
    /// The id by which a region is labelled.
    #[prop(default = "heading")]
    id: &'static str,
    children: Children,
) -> impl IntoView {
    let heading = NodeRef::<H1>::new();
    let arrival = use_context::<Arrival>();
    let location = use_location();
    Effect::new(move |_| {
        let (Some(heading), Some(Arrival { at, by_itself })) = (heading.get(), arrival) else { return };
        let here = address(&location);
        if at.get_value() != here {
            at.set_value(here);
            // Without this a screen reader would say nothing when a link has been followed.
            if by_itself.try_update_value(std::mem::take) != Some(true) || focus_is_free() {
                let _ = heading.focus();
            }
        }
    });
    view! { <h1 class="heading" id=id node_ref=heading tabindex="-1">{children()}</h1> }
}
