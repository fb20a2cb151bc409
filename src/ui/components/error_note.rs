//! Error messages on pages.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::components::Redirect;

use crate::domain::error::AppError;
use crate::ui::components::heading::Heading;
use crate::ui::components::show::Case;
use crate::ui::state::location::{current_address, sign_in_path};
use crate::ui::wording::sentence;

/// Error message beside the control that failed. Offers the sign-in if the user is signed out.
#[component]
pub fn ErrorNote(error: AppError) -> impl IntoView {
    let sign_in = (error == AppError::Unauthenticated).then(|| view! { " " <a href=sign_in_path()>"Sign in"</a> });
    view! { <p class="error-note" translate="no" role="alert">{sentence(&error)}{sign_in}</p> }
}

/// Replaces content that could not be loaded. Redirects a signed-out user to the sign-in; otherwise shows the error.
#[component]
pub fn LoadError(
    /// The missing content, such as "This conversation".
    subject: &'static str,
    error: AppError,
) -> impl IntoView {
    match error {
        AppError::Unauthenticated => {
            // In place of this page: going back to it would only lead to the sign-in again.
            let options = NavigateOptions { replace: true, ..Default::default() };
            Case::A(view! { <Redirect path=sign_in_path() options/> }.into_any())
        }
        AppError::NotFound => Case::B(view! { <NotFoundNotice/> }.into_any()),
        error => Case::C(
            view! {
                <Title text="Something went wrong · Cruddur"/>
                <div class="notice">
                    <Heading>{subject} " couldn't be loaded"</Heading>
                    <ErrorNote error=error.clone()/>
                    <TryAgain error/>
                </div>
            }
            .into_any(),
        ),
    }
}

/// Link that loads the page again after an error: without the query of its address if the server has refused that.
#[component]
pub fn TryAgain(error: AppError) -> impl IntoView {
    let anew = matches!(error, AppError::Invalid(_));
    let address = current_address();
    let (href, label) = match address.split_once('?') {
        Some((path, _)) if anew => (path.to_owned(), "Start again"),
        _ => (address, "Try again"),
    };
    // `external`: the router does not navigate to the address that it already shows.
    view! { <a class="button" href=href rel="external">{label}</a> }
}

/// Notice for content that does not exist or is not accessible to the user. The two look the same, so that a stranger
/// cannot find out which conversations exist.
#[component]
pub fn NotFoundNotice() -> impl IntoView {
    view! {
        <Title text="Page not found · Cruddur"/>
        <div class="notice">
            <Heading>"Page not found"</Heading>
            <p>"The address may be mistyped, or you may not have access to this page."</p>
            <a class="button button--primary" href="/messages">"Go to your messages"</a>
        </div>
    }
}
