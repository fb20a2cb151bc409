//! What the pages around signing in have in common.

use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_query_map};
use leptos_router::location::Url;

use crate::domain::refused_form::Refused;
use crate::ui::components::header::PlainHeader;
use crate::ui::components::heading::Heading;

/// A heading and a form on a card.
#[component]
pub fn AccountPage(
    /// What the form does.
    heading: &'static str,
    children: Children,
) -> impl IntoView {
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

/// Tells that the step before has been done, where the address says so (`?sent=1`).
#[component]
pub fn Done(
    /// The word in the address.
    query: &'static str,
    /// What has been done.
    says: &'static str,
) -> impl IntoView {
    let done = asked(query);
    view! { {move || done.get().map(|_| view! { <p class="done-note" role="status">{says}</p> })} }
}

/// Tells somebody who has just come in for the first time that they have another handle than they asked for.
#[component]
pub fn HandleChanged() -> impl IntoView {
    view! {
        <Done
            query="handle_changed"
            says="The handle that you asked for is taken or cannot be used. Your menu shows the one you have."
        />
    }
}

/// What the address says after `?`.
pub fn asked(query: &'static str) -> Memo<Option<String>> {
    let map = use_query_map();
    Memo::new(move |_| map.read().get(query).filter(|value| !value.is_empty()))
}

/// Where somebody was going when they were asked to sign in (`?next=`), or what a form says of it that came back.
pub fn going_to(refused: StoredValue<Option<Refused>>) -> impl Fn() -> String + Copy + Send + 'static {
    let search = use_location().search;
    move || {
        let asked = search.with(|search| next_in(search));
        refused.with_value(|it| it.as_ref().and_then(|it| it.fields.get("next").cloned())).unwrap_or(asked)
    }
}

/// `next` in what an address says after `?`. The router's own map reads it twice, and takes from it what is escaped in
/// `next` itself.
fn next_in(search: &str) -> String {
    let value = search.split('&').find_map(|pair| pair.strip_prefix("next=")).unwrap_or_default();
    Url::unescape(&value.replace('+', " "))
}

/// The address of a page around signing in, for somebody who is going to `next`.
pub fn on_the_way(path: &str, next: &str) -> String {
    match next {
        "" => path.to_owned(),
        next => format!("{path}?next={}", Url::escape(next)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_somebody_was_going_is_the_same_on_every_page() {
        for next in ["", "/messages/new/ben", "/messages/new?q=100%25&x=a+b", "/messages/new?q=%C3%A9"] {
            let address = on_the_way("/signup", next);
            let search = address.split_once('?').map_or("", |(_, search)| search);
            assert_eq!(next_in(search), next, "{address}");
            assert_eq!(next_in(&format!("email=a%40b.c&{search}")), next, "{address}");
        }
    }
}
