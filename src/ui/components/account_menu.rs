//! Menu of the signed-in user: settings and sign-out.

use leptos::html::Details;
use leptos::prelude::*;

use crate::domain::user::User;
use crate::ui::components::avatar::Avatar;
use crate::ui::components::error_note::ErrorNote;
use crate::ui::components::form::PageUserField;
use crate::ui::components::show::Show;
use crate::ui::state::disclosure::{close, close_when_left};
use crate::ui::state::own_profile::follow_changes;
use crate::ui::state::shortcuts::Shortcuts;
use crate::ui::state::sign_out::SignOut;

/// Account menu. It opens and closes without WASM; with WASM it also closes on Escape and on a click outside.
#[component]
pub fn AccountMenu(user: User) -> impl IntoView {
    let menu = NodeRef::<Details>::new();
    close_when_left(menu);
    let (sign_out, me) = (SignOut::new(user.id), user.id.to_string());
    let user = follow_changes(user);
    let name = move || user.read().display_name.to_string();
    view! {
        <details class="disclosure account" node_ref=menu>
            <summary class="disclosure__summary account__summary">
                {move || view! { <Avatar user=user.get()/> }}
                <span class="account__name" translate="no"><bdi>{name}</bdi></span>
                <span class="visually-hidden">"Account"</span>
            </summary>
            <div class="disclosure__panel account__menu">
                <p class="account__who" translate="no">
                    <bdi class="account__full-name">{name}</bdi>
                    <span class="account__handle">"@" <bdi>{move || user.read().handle_text().to_owned()}</bdi></span>
                </p>
                {use_context::<Shortcuts>().map(|shortcuts| view! { <ShortcutsButton shortcuts menu/> })}
                <a class="button" href="/settings">"Settings"</a>
                {move || sign_out.error.get().map(|error| view! { <ErrorNote error/> })}
                // Without WASM these are plain forms, and the browser keeps no texts.
                <form method="post" action="/signout" on:submit=move |event| sign_out.submit(event, false)>
                    <PageUserField/>
                    <input type="hidden" name="of" value=me.clone()/>
                    <button class="button" type="submit">"Sign out"</button>
                </form>
                <form method="post" action="/signout-everywhere" on:submit=move |event| sign_out.submit(event, true)>
                    <PageUserField/>
                    <input type="hidden" name="of" value=me/>
                    <button class="button" type="submit">"Sign out everywhere"</button>
                </form>
            </div>
        </details>
    }
}

/// Button that opens the list of shortcuts, for users who do not know its key.
#[component]
fn ShortcutsButton(shortcuts: Shortcuts, menu: NodeRef<Details>) -> impl IntoView {
    let show = move |_| {
        if let Some(menu) = menu.get_untracked() {
            // The dialog returns the focus to the element that has it when it opens.
            close(&menu);
        }
        shortcuts.show();
    };
    view! {
        <Show when=move || shortcuts.hydrated.get()>
            <button class="button" type="button" on:click=show>"Keyboard shortcuts"</button>
        </Show>
    }
}
