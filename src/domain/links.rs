//! Links in message texts. Nothing fetches a link's target.
//!
//! The finder marks parts of the text and changes none: a link is shown as it was written, and its target is the same
//! text, which the browser reads by the URL standard and UTS 46.

mod host;

use crate::domain::links::host::{host_len, is_joiner, port_len};
use crate::domain::text::{is_mark, is_particle, is_pictograph, is_word_character};

/// Part of a text. The parts in their order are the whole text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    Text(&'a str),
    /// URL with the scheme `http` or `https`.
    Link(&'a str),
}

/// Splits a text into its links and the text between them.
pub fn parts(text: &str) -> Vec<Part<'_>> {
    let (mut parts, mut plain, mut from) = (Vec::new(), 0, 0);
    while let Some(found) = text[from..].find("://") {
        let colon = from + found;
        from = colon + "://".len();
        let Some(start) = scheme_start(&text[plain..colon]).map(|start| plain + start) else { continue };
        let before = text[..start].chars().next_back();
        let Some(len) = link_len(&text[from..], before) else { continue };
        if plain < start {
            parts.push(Part::Text(&text[plain..start]));
        }
        from += len;
        parts.push(Part::Link(&text[start..from]));
        plain = from;
    }
    if plain < text.len() {
        parts.push(Part::Text(&text[plain..]));
    }
    parts
}

/// Returns the host of a link in Punycode (RFC 3492) if it has other letters than ASCII: it may look like a host that
/// the reader trusts.
pub fn ascii_host(link: &str) -> Option<String> {
    let (_, rest) = link.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    if authority.is_ascii() { None } else { host_of(link) }
}

/// The browser has the tables already: those of its own URL parser.
#[cfg(feature = "hydrate")]
fn host_of(link: &str) -> Option<String> {
    leptos::web_sys::Url::new(link).ok().map(|url| url.hostname())
}

#[cfg(not(feature = "hydrate"))]
fn host_of(link: &str) -> Option<String> {
    url::Url::parse(link).ok()?.host_str().map(str::to_owned)
}

/// Returns the start of the scheme at the end of `before`; `None` if it is another scheme.
fn scheme_start(before: &str) -> Option<usize> {
    let is_at = |start: &usize| {
        before.get(*start..).is_some_and(|scheme| {
            (scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http"))
                && !before[..*start].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '+')
        })
    };
    [5, 4].into_iter().filter_map(|len| before.len().checked_sub(len)).find(is_at)
}

/// Returns the length of a link without its scheme; `None` if there is no host, or a reader could mistake it.
fn link_len(rest: &str, before: Option<char>) -> Option<usize> {
    let authority = rest.find(|c: char| matches!(c, '/' | '?' | '#') || c.is_whitespace() || !c.is_ascii());
    // The user information before an @ looks like a host, but is none. A browser reads \ as /, and decodes %.
    if rest[..authority.unwrap_or(rest.len())].contains(['@', '\\', '%']) {
        return None;
    }
    let host = host_len(rest)?;
    let port = port_len(&rest[host..])?;
    let end = host + port;
    let path = if rest[end..].starts_with(['/', '?', '#']) { path_len(&rest[end..], before) } else { 0 };
    if path > 0 {
        return Some(end + path);
    }
    // Without a path, a hyphen or an underscore at the end is punctuation.
    Some(if port > 0 { end } else { rest[..host].trim_end_matches(['-', '_', '.']).len() }).filter(|len| *len > 0)
}

/// Returns the length of path, query and fragment: up to where a reader would end them. `before` is the character
/// before the link.
fn path_len(rest: &str, before: Option<char>) -> usize {
    let (mut open, mut previous, mut end) = (Vec::new(), '/', rest.len());
    for (at, c) in rest.char_indices() {
        let is_end = match c {
            '(' | '[' | '{' => {
                open.push(c);
                false
            }
            ')' => open.pop() != Some('('),
            ']' => open.pop() != Some('['),
            '}' => open.pop() != Some('{'),
            '\'' => before == Some('\''),
            ',' | ';' | '|' => begins_link(&rest[at + 1..]),
            _ => ends_path(c, previous, &rest[at..]),
        };
        if is_end {
            end = at;
            break;
        }
        previous = c;
    }
    let is_trailing = |c: char| {
        matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '|' | '(' | '[' | '{')
            || (c == '_' && before == Some('_'))
    };
    rest[..end].trim_end_matches(is_trailing).len()
}

fn begins_link(rest: &str) -> bool {
    rest.starts_with("http://") || rest.starts_with("https://")
}

/// Returns true if a path ends before `c`, the start of `rest`.
fn ends_path(c: char, previous: char, rest: &str) -> bool {
    match c {
        '<' | '>' | '"' | '`' => true,
        _ if c.is_ascii() => c.is_whitespace() || c.is_control(),
        // Grammar that follows a word of another script without a space.
        _ if is_particle(c) => previous.is_ascii_alphanumeric(),
        _ if is_pictograph(c) && !is_mark(c) => !previous.is_ascii_punctuation() && !is_pictograph(previous),
        _ if is_joiner(c) => !is_word_character(previous) || !rest.chars().nth(1).is_some_and(is_word_character),
        _ => !is_word_character(c),
    }
}

#[cfg(test)]
mod tests;
