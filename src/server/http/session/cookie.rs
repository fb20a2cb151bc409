//! Session cookie: 256 random bits and nothing else.

use axum::http::{HeaderMap, HeaderValue, header};
use axum_extra::extract::cookie::{Cookie, SameSite};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use time::Duration;

use crate::server::store::postgres::sessions::Id;

/// Name of the cookie. Browsers accept a cookie with the prefix `__Host-` only with `Secure`, `Path=/` and no `Domain`,
/// so that no other host can set it.
pub const NAME: &str = "__Host-session";

/// Lifetime of the cookie in the browser. The store decides when the session itself ends.
const MAX_AGE: Duration = Duration::days(30);

/// Session cookie that a request presents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented {
    None,
    /// A malformed cookie, or two session cookies: a server that reads only one of two can be tricked with the other.
    Invalid,
    /// Id of a session, which may have expired.
    Session(Id),
}

/// Secret of a new session. Only the browser stores it.
pub struct Secret([u8; 32]);

impl Secret {
    /// Generates a random secret.
    pub fn new() -> Self {
        let mut bytes = [0; 32];
        aws_lc_rs::rand::fill(&mut bytes).expect("the random generator of AWS-LC does not fail");
        Self(bytes)
    }

    /// Id of the session in the store: a hash, from which the secret cannot be derived.
    pub fn id(&self) -> Id {
        id_of(&self.0)
    }

    /// `Set-Cookie` header that gives the secret to the browser.
    pub fn set_cookie(&self) -> HeaderValue {
        set_cookie(NAME, URL_SAFE_NO_PAD.encode(self.0), MAX_AGE)
    }
}

impl Default for Secret {
    fn default() -> Self {
        Self::new()
    }
}

/// `Set-Cookie` header that removes the cookie from the browser.
pub fn expire_cookie() -> HeaderValue {
    set_cookie(NAME, String::new(), Duration::ZERO)
}

/// Returns true if a `Set-Cookie` header gives a session to the browser.
pub fn is_session(set_cookie: &HeaderValue) -> bool {
    let value = set_cookie.as_bytes().strip_prefix(NAME.as_bytes()).and_then(|rest| rest.strip_prefix(b"="));
    value.is_some_and(|value| !value.starts_with(b";"))
}

/// Reads the session cookie of a request.
pub fn presented(headers: &HeaderMap) -> Presented {
    let mut values = values(headers, NAME);
    match (values.next(), values.next()) {
        (None, _) => Presented::None,
        (Some(value), None) => decode(value).map_or(Presented::Invalid, Presented::Session),
        (Some(_), Some(_)) => Presented::Invalid,
    }
}

/// Returns the values of the cookies with this name. Each pair is read by itself and as bytes (RFC 6265, section 5.4):
/// browsers send the cookies of other apps on the same host along, with any characters, and none of them must hide
/// ours.
pub(super) fn values<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a [u8]> {
    let pairs = headers.get_all(header::COOKIE).iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    pairs.filter_map(move |pair| value(pair, name))
}

/// Returns the value of a pair, if it has this name.
fn value<'a>(pair: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let split = pair.iter().position(|byte| *byte == b'=')?;
    let (found, value) = (pair[..split].trim_ascii(), pair[split + 1..].trim_ascii());
    // Some proxies and clients quote values, which belongs to the syntax of the header and not to the value.
    let unquoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
    (found == name.as_bytes()).then_some(unquoted.unwrap_or(value))
}

fn decode(value: &[u8]) -> Option<Id> {
    let mut bytes = [0; 32];
    // The length is checked first, because the cost of decoding grows with the input. 43 characters hold 32 bytes.
    let decoded = (value.len() == 43).then(|| URL_SAFE_NO_PAD.decode_slice(value, &mut bytes).ok())??;
    (decoded == 32).then(|| id_of(&bytes))
}

fn id_of(secret: &[u8; 32]) -> Id {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, secret);
    Id(hash.as_ref().try_into().expect("SHA-256 has 32 bytes"))
}

/// `Set-Cookie` header of a cookie for this host only, out of reach of scripts. The value is visible ASCII.
pub(super) fn set_cookie(name: &'static str, value: String, max_age: Duration) -> HeaderValue {
    let cookie = Cookie::build((name, value))
        .path("/")
        .secure(true)
        .http_only(true)
        // Not `Strict`: a user who follows a link in an e-mail must arrive signed in.
        .same_site(SameSite::Lax)
        .max_age(max_age);
    HeaderValue::from_str(&cookie.to_string()).expect("name, value and attributes are visible ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (header::COOKIE, HeaderValue::from_str(line).expect("a header"))).collect()
    }

    #[test]
    fn a_cookie_that_was_set_is_read_back_as_its_session() {
        let secret = Secret::new();
        let set = secret.set_cookie();
        let set = set.to_str().expect("ASCII");
        let (pair, attributes) = set.split_once("; ").expect("attributes");
        assert_eq!(attributes, "HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=2592000");
        assert_eq!(presented(&headers(&[&format!("theme=dark; {pair}")])), Presented::Session(secret.id()));
        assert!(is_session(&secret.set_cookie()) && !is_session(&expire_cookie()));
        assert!(!pair.contains(&URL_SAFE_NO_PAD.encode(secret.id().0)), "the session's id is no valid cookie");
    }

    #[test]
    fn two_secrets_are_different() {
        assert_ne!(Secret::new().id(), Secret::new().id());
    }

    #[test]
    fn a_foreign_or_malformed_cookie_names_no_session() {
        let good = "A".repeat(43);
        assert_eq!(presented(&headers(&["theme=dark", "session=1"])), Presented::None);
        for value in [
            "",
            "x",
            &"A".repeat(42),
            &"A".repeat(44),
            &"=".repeat(43),
            &"é".repeat(21),
            &format!("{}B", "A".repeat(42)),
        ] {
            let headers = headers(&[&format!("{NAME}={value}")]);
            assert_ne!(presented(&headers), Presented::Session(id_of(&[0; 32])), "{value}");
        }
        assert_eq!(presented(&headers(&[&format!("{NAME}={good}; {NAME}={good}")])), Presented::Invalid);
        assert_eq!(presented(&headers(&[&format!("{NAME}={good}"), &format!("{NAME}={good}")])), Presented::Invalid);
    }

    // F23
    #[test]
    fn the_cookies_of_other_apps_hide_no_session() {
        let secret = Secret::new();
        let ours = format!("{NAME}={}", URL_SAFE_NO_PAD.encode(secret.0));
        let quoted = format!("{NAME}=\"{}\"", URL_SAFE_NO_PAD.encode(secret.0));
        for line in [
            format!("name=Zo\u{eb}; {ours}"),
            format!("{ours}; name=Zo\u{eb}"),
            format!(";;{ours};; ="),
            format!("\t{ours} ;a"),
            quoted,
        ] {
            let value = HeaderValue::from_bytes(line.as_bytes()).expect("a header");
            let headers = [(header::COOKIE, value)].into_iter().collect();
            assert_eq!(presented(&headers), Presented::Session(secret.id()), "{line}");
        }
    }

    #[test]
    fn an_expired_cookie_keeps_every_attribute_of_the_one_it_replaces() {
        assert_eq!(expire_cookie(), format!("{NAME}=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0"));
    }
}
