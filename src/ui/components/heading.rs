//! Page heading. It takes the focus after a navigation of the router.

use leptos::html::H1;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use leptos_router::location::Location;

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
}

/// Provides [`HeadingFocus`]. The address of the loaded document counts as focused: the browser sets the focus there.
pub fn provide_heading_focus() {
    let focused_address = StoredValue::new(address(&use_location()));
    provide_context(HeadingFocus { focused_address, is_automatic: StoredValue::new(false) });
}

/// Returns true if no element has the focus, or only the heading of a page.
pub fn focus_is_free() -> bool {
    document().active_element().is_none_or(|it| it.tag_name() == "BODY" || it.class_list().contains("heading"))
}

/// Path and query: another part of a conversation counts as another page.
fn address(location: &Location) -> String {
    untrack(|| format!("{}?{}", location.pathname.get(), location.search.get()))
}

/// The page's `h1`, which takes the focus after a navigation.
#[component]
pub fn Heading(
    /// Id for the `aria-labelledby` of a region.
    #[prop(default = "heading")]
    id: &'static str,
    children: Children,
) -> impl IntoView {
    let heading = NodeRef::<H1>::new();
    let focus = use_context::<HeadingFocus>();
    let location = use_location();
    Effect::new(move |_| {
        let (Some(heading), Some(HeadingFocus { focused_address, is_automatic })) = (heading.get(), focus) else {
            return;
        };
        let here = address(&location);
        if focused_address.get_value() != here {
            focused_address.set_value(here);
            // Without the focus a screen reader would not announce the new page.
            if is_automatic.try_update_value(std::mem::take) != Some(true) || focus_is_free() {
                let _ = heading.focus();
            }
        }
    });
    view! { <h1 class="heading" id=id node_ref=heading tabindex="-1">{children()}</h1> }
}
