//! One way to show that something was not done.

use leptos::either::EitherOf3;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_location;
use leptos_router::location::Url;

use crate::domain::error::AppError;
use crate::ui::components::heading::Heading;

/// Says why, beside what was tried.
#[component]
pub fn ErrorNote(
    /// Why.
    error: AppError,
) -> impl IntoView {
    let sign_in = (error == AppError::Unauthenticated).then(|| view! { " " <a href=sign_in_path()>"Sign in"</a> });
    view! { <p class="error-note" role="alert">{error.to_string()}{sign_in}</p> }
}

/// In the place of something that could not be read: leads to the sign-in if that is missing, else says what and why.
#[component]
pub fn Missing(
    /// What could not be read, such as "This conversation".
    what: &'static str,
    /// Why.
    error: AppError,
) -> impl IntoView {
    match error {
        AppError::Unauthenticated => EitherOf3::A(view! { <Redirect path=sign_in_path()/> }),
        AppError::NotFound => EitherOf3::B(view! { <NothingHere/> }),
        error => EitherOf3::C(view! {
            <Title text="Not shown · Cruddur"/>
            <div class="notice">
                <Heading>{what} " cannot be shown"</Heading>
                <ErrorNote error/>
                <TryAgain/>
            </div>
        }),
    }
}

/// Loads the page again.
#[component]
pub fn TryAgain() -> impl IntoView {
    // `external`: the router would not load an address on which it already is.
    view! { <a class="button" href=here() rel="external">"Try again"</a> }
}

/// Not there, or not yours: the two look the same.
#[component]
pub fn NothingHere() -> impl IntoView {
    view! {
        <Title text="Nothing here · Cruddur"/>
        <div class="notice">
            <Heading>"There is nothing here"</Heading>
            <p>"The address may be mistyped, or lead to something that is not yours."</p>
            <a class="button button--primary" href="/messages">"To your messages"</a>
        </div>
    }
}

/// The sign-in that comes back here.
fn sign_in_path() -> String {
    format!("/signin?next={}", Url::escape(&here()))
}

fn here() -> String {
    let location = use_location();
    match location.search.get_untracked() {
        search if search.is_empty() => location.pathname.get_untracked(),
        search => format!("{}?{search}", location.pathname.get_untracked()),
    }
}
