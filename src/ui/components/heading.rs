//! Page heading. It takes the focus after a navigation of the router.

use leptos::html::H1;
use leptos::prelude::*;

use crate::ui::state::heading_focus::focus_after_navigation;

/// The page's `h1`, which takes the focus after a navigation.
#[component]
pub fn Heading(
    /// Id for the `aria-labelledby` of a region.
    #[prop(default = "heading")]
    id: &'static str,
    children: Children,
) -> impl IntoView {
    let heading = NodeRef::<H1>::new();
    focus_after_navigation(heading);
    view! { <h1 class="heading" id=id node_ref=heading tabindex="-1">{children()}</h1> }
}
