//! Shared parts of the account pages, such as sign-in and sign-up.

use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_query_map};
use leptos_router::location::Url;

use crate::domain::refused_form::RefusedForm;
use crate::ui::components::header::PlainHeader;
use crate::ui::components::heading::Heading;

/// Layout of an account page: a heading and a form on a card.
#[component]
pub fn AccountPage(heading: &'static str, children: Children) -> impl IntoView {
    view! {
        <PlainHeader/>
        <main class="page" id="main">
            <div class="card">
                <Heading>{heading}</Heading>
                {children()}
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

/// Tells a new user at the first sign-in that the handle is not the requested one.
#[component]
pub fn HandleChanged() -> impl IntoView {
    view! {
        <DoneNote
            query="handle_changed"
            text="The handle you asked for is taken or not allowed. Your account menu shows the one you have."
        />
    }
}

/// Returns the URL's query parameter `name`, unless it is empty.
pub fn query_parameter(name: &'static str) -> Memo<Option<String>> {
    let map = use_query_map();
    Memo::new(move |_| map.read().get(name).filter(|value| !value.is_empty()))
}

/// Returns the path that the user had requested before the sign-in: from the refused form, if there is one, otherwise
/// from `?next=`.
pub fn next_path(refused: StoredValue<Option<RefusedForm>>) -> impl Fn() -> String + Copy + Send + 'static {
    let search = use_location().search;
    move || {
        let requested = search.with(|search| next_in(search));
        refused.with_value(|it| it.as_ref().and_then(|it| it.fields.get("next").cloned())).unwrap_or(requested)
    }
}

/// Decodes `next` from a query string. The router's own map decodes it twice, which would destroy the escapes inside
/// `next`.
fn next_in(search: &str) -> String {
    let value = search.split('&').find_map(|pair| pair.strip_prefix("next=")).unwrap_or_default();
    Url::unescape(&value.replace('+', " "))
}

/// Returns the URL of an account page that leads on to `next`.
pub fn with_next(path: &str, next: &str) -> String {
    match next {
        "" => path.to_owned(),
        next => format!("{path}?next={}", Url::escape(next)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_survives_on_every_account_page() {
        for next in ["", "/messages/new/ben", "/messages/new?q=100%25&x=a+b", "/messages/new?q=%C3%A9"] {
            let address = with_next("/signup", next);
            let search = address.split_once('?').map_or("", |(_, search)| search);
            assert_eq!(next_in(search), next, "{address}");
            assert_eq!(next_in(&format!("email=a%40b.c&{search}")), next, "{address}");
        }
    }
}
