//! Address of the page, and addresses that lead back to it.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use leptos_router::location::Url;

use crate::domain::refused_form::RefusedForm;
use crate::ui::state::reactive::{effect, memo};

/// Replaces the query of the page's address without a navigation, unless the browser has gone to another path
/// meanwhile. A reload then does not repeat what the address has asked for, or repeats what the page shows. Runs in the
/// browser only.
pub fn replace_address(path: &str) {
    let is_here = window().location().pathname().is_ok_and(|here| path.split('?').next() == Some(&*here));
    if !is_here {
        return;
    }
    // Fails only if the page does this hundreds of times.
    let _ = window().history().and_then(|history| history.replace_state_with_url(&history.state()?, "", Some(path)));
}

/// Returns the URL's query parameter `name`, unless it is empty.
pub fn query_parameter(name: &'static str) -> Memo<Option<String>> {
    let search = use_location().search;
    memo(move || search.with(|search| parameter(search, name)).filter(|value| !value.is_empty()))
}

/// Calls `changed` with a parameter of the address whenever another page has another one.
pub fn follow_parameter(parameter: Memo<Option<String>>, mut changed: impl FnMut(Option<&str>) + 'static) {
    let mut shown = parameter.get_untracked();
    effect(move || {
        let now = parameter.get();
        if now != shown {
            changed(now.as_deref());
            shown = now;
        }
    });
}

/// Returns the last segment of the page's path, below `prefix`. While another page is about to open, the segment stays,
/// so that nothing is loaded for it.
pub fn path_parameter(prefix: &'static str) -> Memo<String> {
    let path = use_location().pathname;
    Memo::new(move |before: Option<&String>| {
        let read = path.with(|path| path.strip_prefix(prefix).map(Url::unescape));
        read.unwrap_or_else(|| before.cloned().unwrap_or_default())
    })
}

/// Returns the path that the user had requested before the sign-in: from the refused form, if there is one, otherwise
/// from `?next=`.
pub fn next_path(refused: StoredValue<Option<RefusedForm>>) -> impl Fn() -> String + Copy + Send + 'static {
    let search = use_location().search;
    move || {
        let requested = search.with(|search| parameter(search, "next")).unwrap_or_default();
        refused.with_value(|it| it.as_ref().and_then(|it| it.fields.get("next").cloned())).unwrap_or(requested)
    }
}

/// Decodes a parameter of a query string. The router's own maps, those of the path included, decode twice, which would
/// show another e-mail address for `a%2541@example.com`, and destroy the escapes inside `next`.
fn parameter(search: &str, name: &str) -> Option<String> {
    let decode = |text: &str| Url::unescape(&text.replace('+', " "));
    let mut pairs = search.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.find(|(key, _)| decode(key) == name).map(|(_, value)| decode(value))
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
            for search in [search.to_owned(), format!("email=a%40b.c&{search}")] {
                assert_eq!(parameter(&search, "next").unwrap_or_default(), next, "{address}");
            }
        }
    }

    // F56
    #[test]
    fn a_parameter_is_decoded_once() {
        let search = "email=a%2541%40b.c&%71=x+y%2B&flag&q=second";
        assert_eq!(parameter(search, "email").as_deref(), Some("a%41@b.c"));
        assert_eq!(parameter(search, "q").as_deref(), Some("x y+"));
        assert_eq!(parameter(search, "flag").as_deref(), Some(""));
        assert_eq!(parameter(search, "mail"), None);
    }
}
