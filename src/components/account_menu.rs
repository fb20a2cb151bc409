//! Who is signed in, and the way out.

use leptos::html::Details;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Event, Node};

use crate::components::avatar::Avatar;
use crate::user::User;

/// Opens and closes without WASM; with it, also closes on Escape and when something else is pressed.
#[component]
pub fn AccountMenu(
    /// Who is signed in.
    user: User,
) -> impl IntoView {
    let menu = NodeRef::<Details>::new();
    close_when_left(menu);
    view! {
        <details class="account" node_ref=menu>
            <summary class="account__summary">
                <Avatar user=user.clone()/>
                <span class="account__name"><bdi>{user.display_name.to_string()}</bdi></span>
                <span class="visually-hidden">"Account"</span>
            </summary>
            <div class="account__menu">
                <p class="account__who">
                    <bdi>{user.display_name.to_string()}</bdi>
                    <span class="account__handle">"@" <bdi>{user.handle.to_string()}</bdi></span>
                </p>
                // Plain forms on purpose: after them a document is loaded in any case.
                <form method="post" action="/signout">
                    <button class="button" type="submit">"Sign out"</button>
                </form>
                <form method="post" action="/signout-everywhere">
                    <button class="button" type="submit">"Sign out everywhere"</button>
                </form>
            </div>
        </details>
    }
}

fn close_when_left(menu: NodeRef<Details>) {
    Effect::new(move |_| {
        let escape = window_event_listener(leptos::ev::keydown, move |event| {
            if let (Some(menu), "Escape") = (menu.get_untracked(), event.key().as_str())
                && menu.open()
            {
                menu.set_open(false);
                if let Ok(Some(summary)) = menu.query_selector("summary") {
                    let _ = summary.unchecked_into::<leptos::web_sys::HtmlElement>().focus();
                }
            }
        });
        let outside = window_event_listener(leptos::ev::click, move |event| close_unless_inside(menu, &event));
        on_cleanup(move || {
            escape.remove();
            outside.remove();
        });
    });
}

fn close_unless_inside(menu: NodeRef<Details>, event: &Event) {
    let target = event.target().and_then(|target| target.dyn_into::<Node>().ok());
    if let Some(menu) = menu.get_untracked()
        && !menu.contains(target.as_ref())
    {
        menu.set_open(false);
    }
}
