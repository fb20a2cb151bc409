//! Place of a client, for the list of a user's sessions. CloudFront tells it from the client address
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html>).

use axum::http::{HeaderMap, HeaderName};
use percent_encoding::percent_decode;

use crate::domain::text;
use crate::server::config::Config;

const CITY: HeaderName = HeaderName::from_static("cloudfront-viewer-city");
const COUNTRY: HeaderName = HeaderName::from_static("cloudfront-viewer-country-name");

/// Maximum number of characters of a city or country.
const NAME_LEN_MAX: usize = 64;

/// Returns the city and the country of a request, as far as they are known. `None` if CloudFront is not in front of the
/// server: then the headers would be the client's own words.
pub fn place(headers: &HeaderMap, config: &Config) -> Option<String> {
    if !config.cloudfront {
        return None;
    }
    let names: Vec<_> = [CITY, COUNTRY].iter().filter_map(|header| name(headers, header)).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Reads a name, which may be percent-encoded. Nothing in it may hide or turn the text around it.
fn name(headers: &HeaderMap, header: &HeaderName) -> Option<String> {
    let decoded = percent_decode(headers.get(header)?.as_bytes()).decode_utf8().ok()?;
    let is_shown = |c: &char| *c == ' ' || !c.is_control() && !text::is_invisible(*c);
    let name: String = decoded.chars().filter(is_shown).take(NAME_LEN_MAX).collect();
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn read(value: &[u8]) -> Option<String> {
        name(&HeaderMap::from_iter([(CITY, HeaderValue::from_bytes(value).expect("a value"))]), &CITY)
    }

    #[test]
    fn a_name_is_read_in_every_form_and_cannot_change_the_text_around_it() {
        assert_eq!(read(b"Lisbon").as_deref(), Some("Lisbon"));
        assert_eq!(read(b"S%C3%A3o%20Paulo").as_deref(), Some("São Paulo"));
        assert_eq!(read("São Paulo".as_bytes()).as_deref(), Some("São Paulo"));
        assert_eq!(read("%E2%80%AEnobsiL\u{202e}%0A".as_bytes()).as_deref(), Some("nobsiL"));
        for unreadable in ["", " ", "%E2%80%8B", "%FF%FE"] {
            assert_eq!(read(unreadable.as_bytes()), None, "{unreadable}");
        }
        assert_eq!(read("é".repeat(500).as_bytes()).map(|name| name.chars().count()), Some(NAME_LEN_MAX));
    }
}
