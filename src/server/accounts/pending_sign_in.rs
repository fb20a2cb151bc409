//! A sign-in that waits for a further step. The browser keeps it in a sealed cookie.

use axum::http::HeaderValue;
use axum::http::request::Parts;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::server::cognito::challenge::{Challenge, Step};
use crate::server::http::session::sealed_cookie::SIGN_IN;
use crate::server::store::postgres::seal::Seal;

/// A sign-in that waits for a further step.
#[derive(Debug)]
pub(super) struct PendingSignIn {
    /// E-mail address with which the user signs in, in lower case.
    pub(super) email: String,
    pub(super) challenge: Challenge,
}

/// Contents of the cookie.
#[derive(Serialize, Deserialize)]
struct Kept {
    challenge: String,
    user_name: String,
    session: String,
    email: String,
}

impl PendingSignIn {
    /// Returns the sign-in that a request presents.
    pub(super) fn presented(parts: &Parts, seal: &Seal) -> Option<Self> {
        let Kept { challenge, user_name, session, email } =
            SIGN_IN.read(&parts.headers, seal, OffsetDateTime::now_utc())?;
        let step = Step::of(&challenge)?;
        Some(Self { email, challenge: Challenge { step, user_name, session: session.into() } })
    }

    /// Returns the `Set-Cookie` header that keeps the sign-in in the browser.
    pub(super) fn set_cookie(&self, seal: &Seal) -> HeaderValue {
        let Challenge { step, user_name, session } = &self.challenge;
        let kept = Kept {
            challenge: step.challenge_name().to_owned(),
            user_name: user_name.clone(),
            session: session.expose_secret().to_owned(),
            email: self.email.clone(),
        };
        SIGN_IN.set(&kept, seal, OffsetDateTime::now_utc())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::code_source::CodeSource;

    #[test]
    fn the_longest_sign_in_fits_into_a_cookie() {
        let seal = Seal::parse(&"a random text of thirty-two characters".into()).expect("a key");
        // The limits of Cognito for names and sessions, and ours for addresses.
        let step = Step::Code(CodeSource::App);
        let challenge = Challenge { step, user_name: "u".repeat(128), session: "s".repeat(2048).into() };
        let set = PendingSignIn { email: "e".repeat(254), challenge }.set_cookie(&seal);
        assert!(set.len() < 4096, "browsers drop longer ones: {}", set.len());
    }
}
