//! Handles that no user can choose, because others would take their owner for the operator of this site, or for a word
//! of the site.

/// Reserved handles, without separators.
const RESERVED: [&str; 36] = [
    "abuse",
    "account",
    "admin",
    "administrator",
    "all",
    "anonymous",
    "billing",
    "contact",
    "cruddur",
    "cruddurmessages",
    "cruddurteam",
    "deleted",
    "deleteduser",
    "everyone",
    "help",
    "helpdesk",
    "here",
    "hostmaster",
    "info",
    "legal",
    "me",
    "moderator",
    "noreply",
    "null",
    "official",
    "postmaster",
    "privacy",
    "root",
    "security",
    "staff",
    "support",
    "sysadmin",
    "system",
    "team",
    "undefined",
    "webmaster",
];

/// Returns true if a handle is reserved. Separators are ignored, and so is the case: `Ad-Min` looks like `admin`.
pub(super) fn is_reserved(handle: &str) -> bool {
    let letters: String = handle.chars().filter(char::is_ascii_alphanumeric).collect();
    RESERVED.iter().any(|reserved| letters.eq_ignore_ascii_case(reserved))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reserved_handle_is_recognized_in_every_spelling() {
        for handle in ["admin", "Admin", "_admin_", "ad.min", "no-reply", "cruddur_team"] {
            assert!(is_reserved(handle), "{handle}");
        }
        for handle in ["ana", "admin2", "badminton", "helper", "--"] {
            assert!(!is_reserved(handle), "{handle}");
        }
    }
}
