//! New users: the handle and the name that a user gets at the first sign-in.

use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

use crate::domain::text;
use crate::domain::user::{DISPLAY_NAME_LEN_MAX, HANDLE_LEN_MAX, Handle, User};
use crate::server::reserved_words::{choose_handle, choose_name};

/// Attributes of a user in the user pool, as of the sign-in.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The user's id in the pool.
    pub sub: Uuid,
    /// In lower case.
    pub email: String,
    /// True if the user has proved to own the mailbox.
    pub email_verified: bool,
    /// Name as entered.
    pub name: Option<String>,
    /// Requested handle as entered.
    pub handle: Option<String>,
}

/// A user who has signed in.
#[derive(Debug, Clone)]
pub struct SignedInUser {
    pub user: User,
    /// True if this was the first sign-in and the row has another handle than the requested one.
    pub handle_changed: bool,
}

impl NewUser {
    /// Returns the e-mail if the user has proved to own the mailbox. Any other claims nothing.
    pub(super) fn verified_email(&self) -> Option<&str> {
        self.email_verified.then_some(self.email.as_str())
    }

    /// Returns true if the user requested a handle other than `assigned`.
    pub(super) fn requested_other_than(&self, assigned: &str) -> bool {
        let requested = self.handle.as_deref().filter(|text| !text::is_blank(text));
        requested.is_some_and(|text| !Handle::parse(text).is_ok_and(|handle| handle.as_str() == assigned))
    }

    /// Returns handles to try, best first: the requested handle or the most similar valid one, else one derived from
    /// the name or the mailbox; then the same with numbers; last with a random suffix, which no other user has.
    pub(super) fn handle_candidates(&self) -> Vec<String> {
        let stem = self.handle_stem();
        let numbered = (2..=20).map(|number| with_suffix(&stem, &number.to_string()));
        let random = with_suffix(&stem, &Uuid::new_v4().simple().to_string()[..8]);
        std::iter::once(stem.clone()).chain(numbered).chain([random]).collect()
    }

    /// Returns the display name: the entered name without invalid characters, or else the handle.
    pub(super) fn display_name(&self, handle: &str) -> String {
        let valid: String = self
            .name
            .iter()
            .flat_map(|name| name.nfc())
            .filter(|c| !text::is_forbidden_in_names(*c))
            .take(DISPLAY_NAME_LEN_MAX)
            .collect();
        choose_name(&valid).map_or_else(|_| handle.to_owned(), |name| name.as_str().to_owned())
    }

    fn handle_stem(&self) -> String {
        let mailbox = self.email.split('@').next();
        let sources = [self.handle.as_deref(), self.name.as_deref(), mailbox];
        let mut handles = sources.into_iter().flatten().filter_map(similar_handle);
        handles.next().unwrap_or_else(|| "friend".to_owned())
    }
}

/// Converts a text to a similar handle, if enough of its characters are allowed: `Ana Lúcia` becomes `ana.lcia`.
fn similar_handle(text: &str) -> Option<String> {
    let words = text.split_whitespace().collect::<Vec<_>>().join(".");
    let letters: String = words
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
        .take(HANDLE_LEN_MAX)
        .collect();
    choose_handle(letters.trim_matches('.')).ok().map(|handle| handle.as_str().to_owned())
}

/// Appends a suffix, and truncates the stem to the maximum length of a handle.
fn with_suffix(stem: &str, suffix: &str) -> String {
    // Slicing by bytes cannot split a character: handles are ASCII.
    let kept = stem.len().min(HANDLE_LEN_MAX - suffix.len());
    format!("{}{suffix}", &stem[..kept])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new_user(handle: Option<&str>, name: Option<&str>, email: &str) -> NewUser {
        NewUser {
            sub: Uuid::nil(),
            email: email.to_owned(),
            email_verified: true,
            name: name.map(str::to_owned),
            handle: handle.map(str::to_owned),
        }
    }

    fn first_handle(handle: Option<&str>, name: Option<&str>, email: &str) -> String {
        new_user(handle, name, email).handle_candidates().swap_remove(0)
    }

    #[test]
    fn a_handle_comes_from_the_requested_handle_then_the_name_then_the_mailbox() {
        assert_eq!(first_handle(Some("Ana"), Some("Bea"), "cy@example.com"), "ana");
        assert_eq!(first_handle(Some("a b!"), Some("Ana Lima"), "cy@example.com"), "a.b");
        assert_eq!(first_handle(Some("安娜"), Some("Ana Lima"), "cy@example.com"), "ana.lima");
        assert_eq!(first_handle(None, Some("安娜"), "cy+tag@example.com"), "cytag");
        assert_eq!(first_handle(None, None, "é@example.com"), "friend");
        assert_eq!(first_handle(Some("admin"), Some("Ana Lima"), "support@example.com"), "ana.lima", "a reserved one");
    }

    #[test]
    fn every_candidate_is_a_handle_and_no_two_are_the_same() {
        let candidates = new_user(Some(&"a".repeat(HANDLE_LEN_MAX)), None, "a@example.com").handle_candidates();
        assert!(candidates.iter().all(|candidate| Handle::parse(candidate).is_ok_and(|h| h.as_str() == candidate)));
        let distinct: std::collections::HashSet<_> = candidates.iter().collect();
        assert_eq!(distinct.len(), candidates.len());
    }

    #[test]
    fn a_name_that_cannot_be_shown_is_replaced_by_the_handle() {
        assert_eq!(new_user(None, Some(" \u{0} "), "a@example.com").display_name("ana"), "ana");
        assert_eq!(new_user(None, Some("A\u{7}na"), "a@example.com").display_name("ana"), "Ana");
        assert_eq!(new_user(None, Some(&"é".repeat(99)), "a@example.com").display_name("ana").chars().count(), 64);
    }
}
