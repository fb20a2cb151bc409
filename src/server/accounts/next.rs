//! The destination after sign-in: the page that the user asked for before they had to sign in.

/// Destination if no other page was asked for.
pub const HOME: &str = "/messages";

/// Maximum length of a destination, in bytes.
const NEXT_LEN_MAX: usize = 1024;

/// First segments of paths that are no pages.
const NO_PAGES: [&str; 7] = ["api", "build", "events", "healthz", "pkg", "readyz", "rpc"];

/// Returns `next` if it is the path of a page of this site, else [`HOME`]. Strict, because `next` comes from a URL that
/// an attacker can write: some browsers take for a host what others take for a path, and would leave this site.
pub fn destination(next: &str) -> &str {
    let path = next.split(['?', '#']).next().unwrap_or_default();
    let is_path = path.starts_with('/')
        && !path.contains("//")
        && !NO_PAGES.contains(&path.split('/').nth(1).unwrap_or_default())
        && path.split('/').all(|segment| segment != "." && segment != "..");
    let is_plain = next.len() <= NEXT_LEN_MAX && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_path && is_plain { next } else { HOME }
}

/// Returns the [`destination`] with `pair` appended to its query.
pub fn destination_with(next: &str, pair: &str) -> String {
    let (path, fragment) = destination(next).split_once('#').unwrap_or((destination(next), ""));
    let (between, mark) = (if path.contains('?') { '&' } else { '?' }, if fragment.is_empty() { "" } else { "#" });
    format!("{path}{between}{pair}{mark}{fragment}")
}

/// Pair in the query of the first page after a sign-in. If the page is requested with it and without a session, the
/// browser has not kept the cookie.
const SIGNED_IN: &str = "signed_in=true";

/// Returns the destination of a sign-in, marked so that a browser that keeps no cookie is noticed there.
pub fn marked_as_signed_in(destination: &str) -> String {
    destination_with(destination, SIGNED_IN)
}

/// Returns a path and query without the mark of [`marked_as_signed_in`]; `None` if there is none.
pub fn without_mark(path_and_query: &str) -> Option<String> {
    let (path, query) = path_and_query.split_once('?')?;
    let pairs: Vec<&str> = query.split('&').filter(|pair| *pair != SIGNED_IN).collect();
    match pairs.len() {
        kept if kept == query.split('&').count() => None,
        0 => Some(path.to_owned()),
        _ => Some(format!("{path}?{}", pairs.join("&"))),
    }
}

/// Returns `next` as the query value for the following page. Empty for [`HOME`], which is the default there anyway.
pub fn to_forward(next: &str) -> &str {
    match destination(next) {
        HOME => "",
        next => next,
    }
}

/// Returns the [`destination`] in the query of a page. Used if a signed-in user opens a page for signing in.
pub fn destination_in(query: Option<&str>) -> String {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query.unwrap_or_default()).unwrap_or_default();
    let next = pairs.iter().rfind(|(name, _)| name == "next").map_or("", |(_, next)| next.as_str());
    destination(next).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_this_site_is_kept() {
        for next in ["/messages", "/", "/messages/new/ana?x=1#y", "/messages/0198?next=//evil.example"] {
            assert_eq!((destination(next), to_forward(next)), (next, if next == HOME { "" } else { next }));
        }
    }

    #[test]
    fn a_pair_is_appended_to_the_query_of_the_destination() {
        for (next, expected) in [
            ("", "/messages?done=1"),
            ("/messages/new/ana", "/messages/new/ana?done=1"),
            ("/messages/new?q=ana", "/messages/new?q=ana&done=1"),
            ("/messages?before=x#y", "/messages?before=x&done=1#y"),
            ("//evil.example", "/messages?done=1"),
        ] {
            assert_eq!(destination_with(next, "done=1"), expected, "{next}");
        }
    }

    // F24
    #[test]
    fn the_mark_of_a_sign_in_is_taken_off_again() {
        for next in ["/messages", "/messages/new?q=ana", "/messages/new/ben?handle_changed=true"] {
            assert_eq!(without_mark(&marked_as_signed_in(next)).as_deref(), Some(next));
            assert_eq!(without_mark(next), None);
        }
        assert_eq!(marked_as_signed_in("/messages?before=x#y"), "/messages?before=x&signed_in=true#y");
    }

    #[test]
    fn the_destination_is_read_from_the_query_of_a_page() {
        for (query, expected) in [
            (None, HOME),
            (Some(""), HOME),
            (Some("reset=true"), HOME),
            (Some("reset=true&next=%2Fmessages%2Fnew%3Fq%3D100%2525"), "/messages/new?q=100%25"),
            (Some("next=%2Fsettings"), "/settings"),
            (Some("next=%2F%2Fevil.example"), HOME),
            (Some("next=%FF"), HOME),
        ] {
            assert_eq!(destination_in(query), expected, "{query:?}");
        }
    }

    #[test]
    fn any_other_destination_leads_home() {
        let long = format!("/{}", "a".repeat(NEXT_LEN_MAX));
        for next in [
            "",
            "messages",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "/a\\..\\b",
            "https://evil.example/",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/\n/evil.example",
            " /messages",
            "/..//evil.example",
            "/./messages",
            "/messages\u{0}",
            "/é",
            "/events",
            "/events?after=1",
            "/rpc/sign_out",
            "/api/messages",
            &long,
        ] {
            assert_eq!((destination(next), to_forward(next)), (HOME, ""), "{next:?}");
        }
    }
}
