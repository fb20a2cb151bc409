//! A person who signs in for the first time: the name and the handle that they get.

use uuid::Uuid;

use crate::domain::user::{DISPLAY_NAME_LEN_MAX, DisplayName, HANDLE_LEN_MAX, Handle, User};

/// What the user pool says of somebody who has signed in.
#[derive(Debug, Clone)]
pub struct Newcomer {
    /// The pool's own id of them.
    pub sub: Uuid,
    /// Lower case.
    pub email: String,
    /// Whether they have proved that the mailbox is theirs.
    pub email_verified: bool,
    /// The name they gave, as it is.
    pub name: Option<String>,
    /// The handle they asked for, as it is.
    pub handle: Option<String>,
}

/// A person who has signed in.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Their row.
    pub user: User,
    /// Whether they have just got another handle than the one they asked for.
    pub handle_changed: bool,
}

impl Newcomer {
    /// Whether they asked for a handle and got another one.
    pub(super) fn lacks(&self, got: &Handle) -> bool {
        let asked = self.handle.as_deref().filter(|text| !text.trim().is_empty());
        asked.is_some_and(|text| Handle::parse(text).as_ref() != Ok(got))
    }

    /// Handles to try, best first: the one asked for, or the nearest to it, else one made of the name or of the mailbox;
    /// then with numbers; at last with a random ending, which nobody has.
    pub(super) fn handle_candidates(&self) -> Vec<String> {
        let stem = self.handle_stem();
        let numbered = (2..=20).map(|number| with_ending(&stem, &number.to_string()));
        let random = with_ending(&stem, &Uuid::new_v4().simple().to_string()[..8]);
        std::iter::once(stem.clone()).chain(numbered).chain([random]).collect()
    }

    /// The name to show: the one they gave as far as it can be shown, else the handle.
    pub(super) fn display_name(&self, handle: &str) -> String {
        let shown: String = self
            .name
            .iter()
            .flat_map(|name| name.chars())
            .filter(|c| !c.is_control())
            .take(DISPLAY_NAME_LEN_MAX)
            .collect();
        DisplayName::parse(&shown).map_or_else(|_| handle.to_owned(), |name| name.as_str().to_owned())
    }

    fn handle_stem(&self) -> String {
        let mailbox = self.email.split('@').next();
        let sources = [self.handle.as_deref(), self.name.as_deref(), mailbox];
        let mut handles = sources.into_iter().flatten().filter_map(handle_like);
        handles.next().unwrap_or_else(|| "friend".to_owned())
    }
}

/// The nearest handle to a text, if enough of its letters can stand in one: `Ana Lúcia` becomes `ana.lcia`.
fn handle_like(text: &str) -> Option<String> {
    let words = text.split_whitespace().collect::<Vec<_>>().join(".");
    let letters: String = words
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
        .take(HANDLE_LEN_MAX)
        .collect();
    Handle::parse(letters.trim_matches('.')).ok().map(|handle| handle.as_str().to_owned())
}

/// The stem, cut so that the ending fits.
fn with_ending(stem: &str, ending: &str) -> String {
    // Cutting bytes is cutting characters: a handle is ASCII.
    let kept = stem.len().min(HANDLE_LEN_MAX - ending.len());
    format!("{}{ending}", &stem[..kept])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn newcomer(handle: Option<&str>, name: Option<&str>, email: &str) -> Newcomer {
        Newcomer {
            sub: Uuid::nil(),
            email: email.to_owned(),
            email_verified: true,
            name: name.map(str::to_owned),
            handle: handle.map(str::to_owned),
        }
    }

    fn first_handle(handle: Option<&str>, name: Option<&str>, email: &str) -> String {
        newcomer(handle, name, email).handle_candidates().swap_remove(0)
    }

    #[test]
    fn a_handle_comes_from_what_was_asked_for_then_the_name_then_the_mailbox() {
        assert_eq!(first_handle(Some("Ana"), Some("Bea"), "cy@example.com"), "ana");
        assert_eq!(first_handle(Some("a b!"), Some("Ana Lima"), "cy@example.com"), "a.b");
        assert_eq!(first_handle(Some("安娜"), Some("Ana Lima"), "cy@example.com"), "ana.lima");
        assert_eq!(first_handle(None, Some("安娜"), "cy+tag@example.com"), "cytag");
        assert_eq!(first_handle(None, None, "é@example.com"), "friend");
    }

    #[test]
    fn every_candidate_is_a_handle_and_no_two_are_the_same() {
        let candidates = newcomer(Some(&"a".repeat(HANDLE_LEN_MAX)), None, "a@example.com").handle_candidates();
        assert!(candidates.iter().all(|candidate| Handle::parse(candidate).is_ok_and(|h| h.as_str() == candidate)));
        let distinct: std::collections::HashSet<_> = candidates.iter().collect();
        assert_eq!(distinct.len(), candidates.len());
    }

    #[test]
    fn a_name_that_cannot_be_shown_gives_way_to_the_handle() {
        assert_eq!(newcomer(None, Some(" \u{0} "), "a@example.com").display_name("ana"), "ana");
        assert_eq!(newcomer(None, Some("A\u{7}na"), "a@example.com").display_name("ana"), "Ana");
        assert_eq!(newcomer(None, Some(&"é".repeat(99)), "a@example.com").display_name("ana").chars().count(), 64);
    }
}
