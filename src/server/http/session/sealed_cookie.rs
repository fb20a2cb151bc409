//! Cookies in which a browser keeps a secret of this site for some minutes, sealed, so that any server can go on with
//! it.

use axum::http::{HeaderMap, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::server::http::session::cookie::{set_cookie, values};
use crate::server::store::postgres::seal::{Seal, Sealed};

/// Lifetime of the cookies: the longest time for which the user pool waits for the answer to a challenge.
const MAX_AGE: Duration = Duration::minutes(15);

/// A sealed cookie. Its name is sealed, too, so that none passes for another, or for a refresh token, which the same
/// keys seal. The prefix `__Host-` keeps other hosts from setting it.
#[derive(Debug, Clone, Copy)]
pub struct SealedCookie {
    pub name: &'static str,
}

/// A sign-in that waits for a further step.
pub const SIGN_IN: SealedCookie = SealedCookie { name: "__Host-sign-in" };

/// A key for an authenticator app that is being set up.
pub const AUTHENTICATOR_KEY: SealedCookie = SealedCookie { name: "__Host-authenticator-key" };

#[derive(Serialize, Deserialize)]
struct Contents<T> {
    /// Seconds since 1970. The browser drops the cookie by then, but a copy may stay.
    ends_at: i64,
    value: T,
}

impl SealedCookie {
    /// Returns the `Set-Cookie` header that keeps a value in the browser.
    pub fn set(&self, value: &impl Serialize, seal: &Seal, now: OffsetDateTime) -> HeaderValue {
        let contents = Contents { ends_at: (now + MAX_AGE).unix_timestamp(), value };
        let text = serde_json::to_string(&contents).expect("a struct of texts and numbers is JSON");
        let Sealed { bytes, key_id } = seal.seal(&SecretString::from(text), self.name.as_bytes());
        set_cookie(self.name, format!("{key_id}.{}", URL_SAFE_NO_PAD.encode(bytes)), MAX_AGE)
    }

    /// Returns the `Set-Cookie` header that removes the cookie from the browser.
    pub fn expire(&self) -> HeaderValue {
        set_cookie(self.name, String::new(), Duration::ZERO)
    }

    /// Returns true if a request presents the cookie, whatever is in it.
    pub fn is_presented(&self, headers: &HeaderMap) -> bool {
        values(headers, self.name).any(|value| !value.is_empty())
    }

    /// Reads the value that a request presents. `None` if there is none, or if it has expired or was not sealed by this
    /// site.
    pub fn read<T: DeserializeOwned>(&self, headers: &HeaderMap, seal: &Seal, now: OffsetDateTime) -> Option<T> {
        let mut values = values(headers, self.name);
        let (value, None) = (values.next()?, values.next()) else { return None };
        let (key_id, bytes) = std::str::from_utf8(value).ok()?.split_once('.')?;
        let sealed = Sealed { bytes: URL_SAFE_NO_PAD.decode(bytes).ok()?, key_id: key_id.to_owned() };
        let opened = seal.open(&sealed, self.name.as_bytes())?;
        let contents: Contents<T> = serde_json::from_str(opened.expose_secret()).ok()?;
        (now.unix_timestamp() < contents.ends_at).then_some(contents.value)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header;

    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn seal(fill: char) -> Seal {
        Seal::parse(&format!("a random text of thirty-two characters {fill}").into()).expect("a key")
    }

    fn headers(line: &str) -> HeaderMap {
        [(header::COOKIE, HeaderValue::from_str(line).expect("a header"))].into_iter().collect()
    }

    fn pair(set: &HeaderValue) -> &str {
        set.to_str().expect("ASCII").split_once(';').expect("attributes").0
    }

    #[test]
    fn a_value_comes_back_until_it_expires() {
        let set = SIGN_IN.set(&"a secret", &seal('a'), NOW);
        let text = set.to_str().expect("ASCII");
        assert!(text.ends_with("; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=900"), "{text}");
        assert!(!text.contains("a secret") && !text.contains(&URL_SAFE_NO_PAD.encode("a secret")), "{text}");
        let sent = headers(&format!("theme=dark; {}", pair(&set)));
        let read = |key, now| SIGN_IN.read::<String>(&sent, &seal(key), now);
        assert_eq!(read('a', NOW + Duration::minutes(14)).as_deref(), Some("a secret"));
        assert_eq!(read('a', NOW + MAX_AGE), None);
        assert_eq!(read('b', NOW), None, "sealed by another site");
    }

    #[test]
    fn a_value_under_another_name_one_of_two_and_a_removed_one_are_not_read() {
        let set = SIGN_IN.set(&"a secret", &seal('a'), NOW);
        let (good, renamed) = (pair(&set), pair(&set).replace(SIGN_IN.name, AUTHENTICATOR_KEY.name));
        assert_eq!(AUTHENTICATOR_KEY.read::<String>(&headers(&renamed), &seal('a'), NOW), None);
        for line in [&format!("{good}; {good}"), &format!("{good}A"), "__Host-sign-in=a.b", "theme=dark"] {
            assert_eq!(SIGN_IN.read::<String>(&headers(line), &seal('a'), NOW), None, "{line}");
        }
        let removed = SIGN_IN.expire();
        assert!(!SIGN_IN.is_presented(&headers(pair(&removed))) && SIGN_IN.is_presented(&headers(good)));
    }
}
