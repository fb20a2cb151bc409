//! Shared parts of the account pages, such as sign-in and sign-up.

use leptos::prelude::*;

use crate::ui::components::header::PlainHeader;
use crate::ui::components::heading::Heading;
use crate::ui::state::location::query_parameter;

/// Layout of an account page: a heading and a form on a card, and a link to what the site keeps. That page is no page
/// of the app, so the browser loads it (`external`).
#[component]
pub fn AccountPage(heading: &'static str, children: Children) -> impl IntoView {
    view! {
        <PlainHeader/>
        <main class="page" id="main">
            <div class="card">
                <Heading>{heading}</Heading>
                {children()}
                <p class="card__other"><a href="/privacy" rel="external">"Privacy"</a></p>
            </div>
        </main>
    }
}

/// Confirms that the previous step is done, if the URL has the parameter `query` (such as `?sent=1`).
#[component]
pub fn DoneNote(query: &'static str, text: &'static str) -> impl IntoView {
    let done = query_parameter(query);
    view! { {move || done.get().map(|_| view! { <p class="done-note" role="status">{text}</p> })} }
}

/// Notices after a sign-in: a new user has another handle than the requested one, or the account was to be deleted.
#[component]
pub fn SignInNotes() -> impl IntoView {
    view! {
        <DoneNote query="restored" text="Welcome back. Your account will not be deleted."/>
        <DoneNote
            query="handle_changed"
            text="The handle you asked for is taken or not allowed. Your account menu shows the one you have."
        />
    }
}
