//! Words that no user can choose as a handle or a name, because others would take the user for the operator of this
//! site, or for a word of the site.

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

/// Reserved names, without spaces and in lower case. Fewer than handles: some people are called Null.
const RESERVED_NAMES: [&str; 16] = [
    "admin",
    "administrator",
    "cruddur",
    "cruddurmessages",
    "cruddursupport",
    "cruddurteam",
    "deleteduser",
    "helpdesk",
    "moderator",
    "official",
    "security",
    "staff",
    "support",
    "sysadmin",
    "system",
    "you",
];

/// Returns true if a handle is reserved. Separators are ignored, and so is the case: `Ad-Min` looks like `admin`.
pub(super) fn is_reserved_handle(handle: &str) -> bool {
    let letters: String = handle.chars().filter(char::is_ascii_alphanumeric).collect();
    RESERVED.iter().any(|reserved| letters.eq_ignore_ascii_case(reserved))
}

/// Returns true if a name is reserved. Only letters and digits count, in any case.
pub(super) fn is_reserved_name(name: &str) -> bool {
    let letters: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    RESERVED_NAMES.contains(&&*letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reserved_handle_is_recognized_in_every_spelling() {
        for handle in ["admin", "Admin", "_admin_", "ad.min", "no-reply", "cruddur_team"] {
            assert!(is_reserved_handle(handle), "{handle}");
        }
        for handle in ["ana", "admin2", "badminton", "helper", "--"] {
            assert!(!is_reserved_handle(handle), "{handle}");
        }
    }

    #[test]
    fn a_reserved_name_is_recognized_in_every_spelling() {
        for name in ["Deleted user", "deleted  USER", "Cruddur · Support", "You", "(support)", "Ad·min"] {
            assert!(is_reserved_name(name), "{name}");
        }
        for name in ["Ana", "Mx. Null", "Young You", "Support Ana", "نظام", "🎈"] {
            assert!(!is_reserved_name(name), "{name}");
        }
    }
}
