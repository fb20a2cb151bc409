//! Media type of a request's body.

use axum::http::{HeaderMap, header};
use data_url::mime::Mime;

/// Media types that the server reads, in UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaType {
    /// `application/x-www-form-urlencoded`.
    Form,
    /// `application/json`, or another type with the suffix `+json`.
    Json,
}

/// Returns the media type of a request's body (RFC 9110, section 8.3). `None` if the header is missing, repeated or
/// malformed, or if it names another type or charset.
pub fn media_type(headers: &HeaderMap) -> Option<MediaType> {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let mime: Mime = value.to_str().ok()?.parse().ok()?;
    let is_utf8 = |charset: &str| ["utf-8", "utf8"].iter().any(|name| charset.eq_ignore_ascii_case(name));
    if !mime.get_parameter("charset").is_none_or(is_utf8) {
        return None;
    }
    match (&*mime.type_, &*mime.subtype) {
        ("application", "x-www-form-urlencoded") => Some(MediaType::Form),
        ("application", "json") => Some(MediaType::Json),
        (_, subtype) if subtype.ends_with("+json") => Some(MediaType::Json),
        _ => None,
    }
}
