//! Link to the list of message requests.

use leptos::prelude::*;

use crate::domain::error::AppError;
use crate::domain::paths::REQUESTS;
use crate::domain::request::REQUESTS_MAX;
use crate::ui::intl::plural;
use crate::ui::state::dry_run::after_dry_run;
use crate::ui::state::page_resource::PageResource;

/// Link with the number of the requests that the user has received, if there are any. Requests are quiet: nothing else
/// on a page tells of them.
#[component]
pub fn RequestsLink(
    /// Number of the requests.
    count: PageResource<Result<u64, AppError>>,
) -> impl IntoView {
    let link = move || {
        Suspend::new(async move {
            // Without an answer there is no link: the list beside it says what is wrong.
            let count = count.await.unwrap_or(0);
            after_dry_run().await;
            (count > 0).then(|| view! { <p class="requests-link"><a href=REQUESTS>{label(count)}</a></p> }.into_any())
        })
    };
    view! { <Transition>{move || link()}</Transition> }
}

fn label(count: u64) -> String {
    let more = if count >= REQUESTS_MAX as u64 { "+" } else { "" };
    format!("{count}{more} message {}", plural(count as i64, "request", "requests"))
}
