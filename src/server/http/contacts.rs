//! Contacts for reports of weaknesses, as they are configured.

use std::str::FromStr;

use url::Url;

/// Schemes by which a person can be reached.
const SCHEMES: [&str; 3] = ["https", "mailto", "tel"];

/// Contacts, the preferred one first, such as `mailto:security@example.com`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contacts(Vec<String>);

/// Error for a configured text that is not a contact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a contact: a URL that begins with mailto:, https:// or tel:, such as mailto:security@example.com"
)]
pub struct InvalidContact(String);

impl Contacts {
    /// Returns the contacts, the preferred one first.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl FromStr for Contacts {
    type Err = InvalidContact;

    fn from_str(text: &str) -> Result<Self, InvalidContact> {
        let texts = text.split(',').map(str::trim).filter(|text| !text.is_empty());
        let contact =
            |text: &str| if is_contact(text) { Ok(text.to_owned()) } else { Err(InvalidContact(text.to_owned())) };
        texts.map(contact).collect::<Result<_, _>>().map(Self)
    }
}

/// True for a URL of one line. The URL parser itself skips line breaks, and each line of the file is a statement.
fn is_contact(text: &str) -> bool {
    let is_one_line = text.chars().all(|it| it.is_ascii_graphic());
    is_one_line && Url::parse(text).is_ok_and(|url| SCHEMES.contains(&url.scheme()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contacts_are_urls_by_which_a_person_can_be_reached() {
        let both = Contacts(["mailto:security@example.com", "https://example.com/report"].map(str::to_owned).to_vec());
        assert_eq!("mailto:security@example.com, https://example.com/report,".parse(), Ok(both));
        assert_eq!("".parse(), Ok(Contacts::default()));
        for text in
            ["security@example.com", "http://example.com", "javascript:alert(1)", "mailto:a@b.c\nExpires: never"]
        {
            assert_eq!(text.parse::<Contacts>(), Err(InvalidContact(text.to_owned())), "{text}");
        }
    }
}
