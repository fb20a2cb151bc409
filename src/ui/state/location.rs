//! Address of the page, and addresses that lead back to it.

use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_query_map};
use leptos_router::location::Url;

use crate::domain::refused_form::RefusedForm;

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

/// Returns the URL of the sign-in that returns to this page.
pub fn sign_in_path() -> String {
    format!("/signin?next={}", Url::escape(&current_address()))
}

/// Returns the path and query of this page.
pub fn current_address() -> String {
    let location = use_location();
    match location.search.get_untracked() {
        search if search.is_empty() => location.pathname.get_untracked(),
        search => format!("{}?{search}", location.pathname.get_untracked()),
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
