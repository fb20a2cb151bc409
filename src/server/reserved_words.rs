//! Words that no user can choose as a handle or a name, because others would take the user for the operator of this
//! site, or for a word of the site.

use unicode_normalization::UnicodeNormalization;
use unicode_security::skeleton;

use crate::domain::text::{is_mark, is_word_character};
use crate::domain::user::{DisplayName, Handle, InvalidDisplayName, InvalidHandle};

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

/// Validates a handle that a user wants to have.
pub(super) fn choose_handle(text: &str) -> Result<Handle, InvalidHandle> {
    let handle = Handle::parse(text)?;
    if is_reserved_handle(handle.as_str()) { Err(InvalidHandle::Reserved) } else { Ok(handle) }
}

/// Validates a name that a user wants to have. Accents are composed, so that a name has one form however it was typed.
pub(super) fn choose_name(text: &str) -> Result<DisplayName, InvalidDisplayName> {
    let name = DisplayName::parse(&text.nfc().collect::<String>())?;
    if is_reserved_name(name.as_str()) { Err(InvalidDisplayName::Reserved) } else { Ok(name) }
}

/// Returns true if a handle is reserved. Separators are ignored, and so is the case: `Ad-Min` looks like `admin`.
fn is_reserved_handle(handle: &str) -> bool {
    let letters: String = handle.chars().filter(char::is_ascii_alphanumeric).collect();
    RESERVED.iter().any(|reserved| letters.eq_ignore_ascii_case(reserved))
}

/// Returns true if a name looks like a reserved one. Only letters, digits and their marks count, in any case, and those
/// of other scripts or styles count as the letters that they look like (Unicode Technical Standard 39, section 4).
/// Marks over and under letters do not count.
fn is_reserved_name(name: &str) -> bool {
    let letters: String = name.nfkd().filter(|c| is_word_character(*c) && !is_mark(*c)).collect();
    // A capital letter may look like another one than its lower case does: `I` like `l`.
    let shapes = [shape(&letters.to_lowercase()), shape(&letters)];
    RESERVED_NAMES.iter().map(|reserved| shape(reserved)).any(|reserved| shapes.contains(&reserved))
}

fn shape(letters: &str) -> String {
    skeleton(letters).flat_map(char::to_lowercase).collect()
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
        let lookalikes = [
            "Deleted\u{3164}user",
            "Ａdmin",
            "Ｙｏｕ",
            "𝐃eleted user",
            "Admın",
            "Сruddur",
            "Dеleted user",
            "DeIeted user",
            "Déleted user",
            "DELETED USEŔ",
            "crüddur",
            "A\u{338}dmin",
            "S\u{323}u\u{308}pport",
        ];
        for name in lookalikes {
            assert!(is_reserved_name(name), "{name}");
        }
        for name in ["Ana", "Mx. Null", "Young You", "Support Ana", "نظام", "🎈", "Юля", "Μαρία", "山田"]
        {
            assert!(!is_reserved_name(name), "{name}");
        }
    }
}
