//! Note about the connection to the server.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::ui::components::show::Show;
use crate::ui::state::location::sign_in_path;
use crate::ui::state::sign_out::PageTexts;
use crate::ui::state::{Drafts, LiveEvents};

/// Note that the page receives no events, because the user is signed out or there is no connection.
#[component]
pub fn ConnectionNote(live: LiveEvents, texts: PageTexts, drafts: Drafts) -> impl IntoView {
    // After a sign-out only the field of this page still has a text. It is kept for the user who signs in from here.
    let promise = move || {
        if drafts.has_unkept() {
            "Sign in here to keep what you wrote. "
        } else if texts.unsent.get() || texts.drafted.get() {
            "What you wrote is kept in this browser. "
        } else {
            ""
        }
    };
    let location = use_location();
    view! {
        <div role="status" translate="no">
            <Show when=move || live.signed_out.get()>
                <p class="connection-note">
                    "You are signed out. " {move || promise()}
                    // A new document, because another user may sign in.
                    <a
                        href=move || {
                            location.pathname.track();
                            location.search.track();
                            sign_in_path()
                        }
                        rel="external"
                        on:click=move |_| drafts.reopen()
                    >
                        "Sign in"
                    </a>
                </p>
            </Show>
            <Show when=move || live.connected.get() == Some(false) && !live.signed_out.get() && !live.gave_way.get()>
                <p class="connection-note">"No connection. Reconnecting…"</p>
            </Show>
            <Show when=move || live.gave_way.get()>
                <p class="connection-note">
                    "New messages come late here, because you have Cruddur open in many other places. "
                    <button class="button" type="button" on:click=move |_| live.take_over()>"Use it here"</button>
                </p>
            </Show>
        </div>
    }
}
