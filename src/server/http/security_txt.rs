//! `/.well-known/security.txt`: contact for reports of weaknesses (RFC 9116).

use std::fmt::Write;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, Time};

use crate::server::http::contacts::Contacts;
use crate::server::state::AppState;

/// Path of the file.
pub const PATH: &str = "/.well-known/security.txt";

/// Time for which a contact may be relied upon. The standard advises less than a year. A server that runs renews it by
/// itself, and a copy of the file does not last.
const VALID_FOR: Duration = Duration::days(90);

/// Shows the contacts. Without any there is no such file.
pub async fn show(State(state): State<AppState>) -> Response {
    match file(&state.config.security_contact, state.config.public_origin.as_deref(), OffsetDateTime::now_utc()) {
        Some(text) => text.into_response(),
        None => (StatusCode::NOT_FOUND, "Not found\n").into_response(),
    }
}

/// Writes the file. `None` if there is no contact.
fn file(contacts: &Contacts, origin: Option<&str>, now: OffsetDateTime) -> Option<String> {
    let expires = (now + VALID_FOR).replace_time(Time::MIDNIGHT).format(&Rfc3339).ok()?;
    let mut text: String = contacts.iter().map(|contact| format!("Contact: {contact}\n")).collect();
    if text.is_empty() {
        return None;
    }
    let _ = writeln!(text, "Expires: {expires}");
    text.push_str("Preferred-Languages: en\n");
    if let Some(origin) = origin {
        let _ = writeln!(text, "Canonical: {}{PATH}", origin.trim_end_matches('/'));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_file_has_what_the_standard_requires_and_expires_within_a_year() {
        let contacts: Contacts = "mailto:security@example.com,tel:+1-201-555-0123".parse().expect("contacts");
        let now = datetime!(2026-12-03 04:05:06 UTC);
        let expected = "Contact: mailto:security@example.com\nContact: tel:+1-201-555-0123\n\
                        Expires: 2027-03-03T00:00:00Z\nPreferred-Languages: en\n\
                        Canonical: https://a.example/.well-known/security.txt\n";
        assert_eq!(file(&contacts, Some("https://a.example/"), now).as_deref(), Some(expected));
        assert_eq!(file(&Contacts::default(), Some("https://a.example"), now), None);
        assert!(VALID_FOR < Duration::days(365));
    }
}
