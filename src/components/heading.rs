//! The page's heading, which takes the focus when the router has changed the page.

use leptos::html::H1;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use leptos_router::location::Location;

/// The address whose heading last had the focus, or that the document was loaded for.
#[derive(Clone, Copy)]
struct Arrived(StoredValue<String>);

/// Remembers where the document was loaded: there the browser has placed the focus.
pub fn provide_arrival() {
    provide_context(Arrived(StoredValue::new(address(&use_location()))));
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
    let arrived = use_context::<Arrived>();
    let location = use_location();
    Effect::new(move |_| {
        let (Some(heading), Some(Arrived(last))) = (heading.get(), arrived) else { return };
        let here = address(&location);
        // Without this a screen reader would say nothing when a link has been followed.
        if last.get_value() != here {
            last.set_value(here);
            let _ = heading.focus();
        }
    });
    view! { <h1 class="heading" id=id node_ref=heading tabindex="-1">{children()}</h1> }
}
