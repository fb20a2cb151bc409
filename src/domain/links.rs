//! Links in what people write. Nothing fetches what is linked.

use leptos::web_sys::js_sys::JsString;
use linkify::{LinkFinder, LinkKind};

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// As it was written.
    Text(String),
    /// A link.
    Link {
        /// Where it leads: `http` or `https`.
        href: String,
        /// What is shown of it: the same, as it was written, but for the host.
        shown: String,
    },
}

/// The links in a text and what is between them. A host with letters beyond ASCII is shown, and gone to, in Punycode
/// (RFC 3492): it may look like another that people trust.
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

/// A link, if the address is one that people can judge by its looks.
fn link(written: &str) -> Option<Part> {
    let (scheme, rest) = written.split_once("://")?;
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return None;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    // What stands before an @ is no host, and looks like one.
    if authority.is_empty() || authority.contains(['@', '\\', '%']) {
        return None;
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, format!(":{port}")),
        _ => (authority, String::new()),
    };
    let shown = format!("{}://{}{port}{path}", scheme.to_ascii_lowercase(), in_ascii(host)?);
    Some(Part::Link { href: shown.clone(), shown })
}

fn in_ascii(host: &str) -> Option<String> {
    let labels: Option<Vec<_>> = host.split(['.', '。']).map(label_in_ascii).collect();
    labels.map(|labels| labels.join("."))
}

fn label_in_ascii(label: &str) -> Option<String> {
    if label.is_ascii() {
        return Some(label.to_owned());
    }
    // A browser has the table of small letters already.
    let label = match cfg!(feature = "hydrate") {
        true => JsString::from(label).to_lower_case().into(),
        false => label.to_lowercase(),
    };
    punycode::encode(&label).ok().map(|code| format!("xn--{code}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(text: &str) -> String {
        let draw = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Link { href, shown } if href == shown => format!("[{href}]"),
            Part::Link { href, shown } => format!("[{shown}]({href})"),
        };
        parts(text).iter().map(draw).collect()
    }

    #[test]
    fn addresses_are_links_and_what_is_around_them_is_not() {
        assert_eq!(drawn("see https://example.com/a?b=c#d, or not"), "see [https://example.com/a?b=c#d], or not");
        assert_eq!(drawn("(HTTP://example.com:8080/x)"), "([http://example.com:8080/x])");
        assert_eq!(
            drawn("no link here: example.com, a://b, me@example.com"),
            "no link here: example.com, a://b, me@example.com"
        );
        assert_eq!(drawn(""), "");
    }

    #[test]
    fn only_the_web_is_linked() {
        for text in ["javascript://%0aalert(1)", "data://text/html,x", "file:///etc/passwd", "ftp://example.com"] {
            assert_eq!(drawn(text), text);
        }
    }

    #[test]
    fn a_host_that_looks_like_another_is_shown_for_what_it_is() {
        assert_eq!(drawn("https://аpple.com/login"), "[https://xn--pple-43d.com/login]");
        assert_eq!(drawn("https://bücher.example/ä"), "[https://xn--bcher-kva.example/ä]");
    }

    #[test]
    fn an_address_with_a_name_before_its_host_is_no_link() {
        assert_eq!(drawn("https://bank.example@evil.example/"), "https://bank.example@evil.example/");
    }

    #[test]
    fn a_text_with_links_is_shown_whole() {
        for text in ["a https://x.test b http://y.test/ c", "https://x.test", "\n https://x.test \n"] {
            let whole: String = parts(text)
                .into_iter()
                .map(|part| match part {
                    Part::Text(text) | Part::Link { shown: text, .. } => text,
                })
                .collect();
            assert_eq!(whole, text);
        }
    }
}
