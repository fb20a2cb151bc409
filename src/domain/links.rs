//! Links in message texts. Nothing fetches a link's target.

use leptos::web_sys::js_sys::JsString;
use linkify::{LinkFinder, LinkKind};

/// Piece of a text: plain text or a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Text(String),
    /// URL with the scheme `http` or `https`, as it was written except for its scheme and host. It is the target of the
    /// link and also its text, so that a link cannot show another address than its own.
    Link(String),
}

/// Splits a text into its links and the text between them. A host with non-ASCII letters is shown and linked in
/// Punycode (RFC 3492), because it may look like a host that the reader trusts.
pub fn parts(text: &str) -> Vec<Part> {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    let mut parts = Vec::new();
    for span in finder.spans(text) {
        match span.kind().and_then(|_| link(span.as_str())) {
            Some(link) => parts.push(link),
            None => match parts.last_mut() {
                Some(Part::Text(before)) => before.push_str(span.as_str()),
                _ => parts.push(Part::Text(span.as_str().to_owned())),
            },
        }
    }
    parts
}

/// Parses a URL that the text contains. `None` if a reader could mistake its host.
///
/// By hand, because the `url` crate would bring `idna` and its Unicode tables into the WASM. A browser parses the URL
/// once more when the user follows the link; here only the host must be found, and whatever could hide it is refused.
fn link(written: &str) -> Option<Part> {
    let (scheme, rest) = written.split_once("://")?;
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return None;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    // The user information before an @ looks like a host but is none.
    if authority.is_empty() || authority.contains(['@', '\\', '%']) {
        return None;
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, format!(":{port}")),
        _ => (authority, String::new()),
    };
    Some(Part::Link(format!("{}://{}{port}{path}", scheme.to_ascii_lowercase(), host_to_ascii(host)?)))
}

fn host_to_ascii(host: &str) -> Option<String> {
    let labels: Option<Vec<_>> = host.split(['.', '。']).map(dns_label_to_ascii).collect();
    labels.map(|labels| labels.join("."))
}

fn dns_label_to_ascii(label: &str) -> Option<String> {
    if label.is_ascii() {
        return Some(label.to_owned());
    }
    // JavaScript's conversion keeps Unicode's lower-case table out of the WASM.
    let label = match cfg!(feature = "hydrate") {
        true => JsString::from(label).to_lower_case().into(),
        false => label.to_lowercase(),
    };
    punycode::encode(&label).ok().map(|code| format!("xn--{code}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(text: &str) -> String {
        let render = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Link(url) => format!("[{url}]"),
        };
        parts(text).iter().map(render).collect()
    }

    #[test]
    fn urls_become_links_and_the_text_around_them_does_not() {
        assert_eq!(rendered("see https://example.com/a?b=c#d, or not"), "see [https://example.com/a?b=c#d], or not");
        assert_eq!(rendered("(HTTP://example.com:8080/x)"), "([http://example.com:8080/x])");
        assert_eq!(
            rendered("no link here: example.com, a://b, me@example.com"),
            "no link here: example.com, a://b, me@example.com"
        );
        assert_eq!(rendered(""), "");
    }

    #[test]
    fn only_http_and_https_urls_are_linked() {
        for text in ["javascript://%0aalert(1)", "data://text/html,x", "file:///etc/passwd", "ftp://example.com"] {
            assert_eq!(rendered(text), text);
        }
    }

    #[test]
    fn a_host_with_non_ascii_letters_is_shown_in_punycode() {
        assert_eq!(rendered("https://аpple.com/login"), "[https://xn--pple-43d.com/login]");
        assert_eq!(rendered("https://bücher.example/ä"), "[https://xn--bcher-kva.example/ä]");
    }

    #[test]
    fn a_url_with_user_information_is_not_linked() {
        assert_eq!(rendered("https://bank.example@evil.example/"), "https://bank.example@evil.example/");
    }

    #[test]
    fn a_text_with_links_keeps_every_character() {
        for text in ["a https://x.test b http://y.test/ c", "https://x.test", "\n https://x.test \n"] {
            let whole: String = parts(text)
                .into_iter()
                .map(|part| match part {
                    Part::Text(text) | Part::Link(text) => text,
                })
                .collect();
            assert_eq!(whole, text);
        }
    }
}
