//! Host and port of a link, as the URL standard reads them.

use crate::domain::text::{is_dense, is_pictograph, is_word_character};

/// Returns the length of the host at the start of `rest`.
pub(super) fn host_len(rest: &str) -> Option<usize> {
    if let Some(address) = rest.strip_prefix('[') {
        let end = address.find(']')?;
        let is_address = address[..end].bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'));
        return (is_address && address[..end].matches(':').count() > 1).then_some(end + 2);
    }
    let (mut end, mut in_label) = (0, false);
    for (at, c) in rest.char_indices() {
        let next = rest[at + c.len_utf8()..].chars().next();
        match c {
            // A dot belongs to the host only between two labels. Unicode also has a wide one (UTS 46).
            '.' | '．' if in_label && next.is_some_and(is_in_label) => in_label = false,
            _ if is_joiner(c) && in_label && next.is_some_and(is_in_label) => (),
            _ if is_in_label(c) && !is_joiner(c) => {
                let follows_text = is_dense(c) || is_pictograph(c);
                if follows_text && is_complete(&rest[..at]) && !continues_host(&rest[at..]) {
                    break;
                }
                in_label = true;
                end = at + c.len_utf8();
            }
            _ => break,
        }
    }
    (end > 0).then_some(end)
}

fn is_in_label(c: char) -> bool {
    matches!(c, '-' | '_') || is_word_character(c) || is_pictograph(c)
}

/// Characters that may be between two letters of a host: those of Persian and Catalan, and the soft hyphen.
pub(super) fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{b7}' | '\u{ad}')
}

/// Returns true if a reader takes the host for complete: text of a dense script that follows is not part of it.
fn is_complete(host: &str) -> bool {
    let last = host.rsplit(['.', '．']).next().unwrap_or_default();
    let is_domain = last.len() > 1 && (last.bytes().all(|b| b.is_ascii_alphabetic()) || last.starts_with("xn--"));
    let is_address = host.split('.').count() == 4 && host.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    (host.contains(['.', '．']) && is_domain) || is_address || host.eq_ignore_ascii_case("localhost")
}

/// Returns true if letters outside ASCII are followed by another label in ASCII: they belong to the host, as in
/// `www.例え.jp`.
fn continues_host(rest: &str) -> bool {
    let label = rest.trim_start_matches(|c: char| !c.is_ascii() && is_in_label(c));
    let top = label.strip_prefix('.').map(|top| top.bytes().take_while(u8::is_ascii_alphabetic).count());
    top.is_some_and(|len| len > 1)
}

/// Returns the length of the port; `None` if no browser would accept it.
pub(super) fn port_len(rest: &str) -> Option<usize> {
    let Some(port) = rest.strip_prefix(':') else { return Some(0) };
    let digits = port.bytes().take_while(u8::is_ascii_digit).count();
    match digits {
        0 => Some(0),
        _ => port[..digits].parse::<u16>().is_ok().then_some(digits + 1),
    }
}
