//! Cross-origin access to the API (Fetch, section 3.3). By default no other origin has access.

use std::str::FromStr;
use std::time::Duration;

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, LINK, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::response::Response;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::server::http::json_api::new_message::IDEMPOTENCY_KEY;

/// Time for which a browser caches a preflight response. Chromium caps it at two hours, Firefox at a day.
const MAX_AGE: Duration = Duration::from_secs(3600);

/// Allowed origins, in the form that browsers send, such as `https://app.example.com`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins(Vec<HeaderValue>);

/// Error for a configured text that is not an origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not an origin as browsers write it: scheme, host, port if it is unusual, nothing else; https://app.example.com"
)]
pub struct InvalidOrigin(String);

impl FromStr for Origins {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let texts = text.split(',').map(str::trim).filter(|text| !text.is_empty());
        texts
            .map(|text| parse_origin(text).ok_or_else(|| InvalidOrigin(text.to_owned())))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// Parses an origin. Only the exact form that browsers send is accepted, because another form would never match.
fn parse_origin(text: &str) -> Option<HeaderValue> {
    let url = reqwest::Url::parse(text).ok()?;
    // The URL parser accepts `*` as part of a host name.
    let is_web = matches!(url.scheme(), "https" | "http") && !text.contains('*');
    if is_web && url.origin().ascii_serialization() == text { HeaderValue::try_from(text).ok() } else { None }
}

/// Allows scripts of these origins to call the API with a token and to read the responses, but not to use cookies:
/// `Access-Control-Allow-Credentials` is never sent. `Cross-Origin-Resource-Policy` keeps its value, because it applies
/// only to requests without CORS.
pub fn layer(origins: &Origins) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.0.clone()))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE, HeaderName::from_static(IDEMPOTENCY_KEY)])
        .expose_headers([LINK, RETRY_AFTER, WWW_AUTHENTICATE])
        .max_age(MAX_AGE)
}

/// Strips the remaining CORS headers for disallowed origins. They grant nothing, but reveal our configuration.
pub async fn strip_for_disallowed_origins(mut response: Response) -> Response {
    let headers = response.headers_mut();
    if !headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
        for name in [
            header::ACCESS_CONTROL_ALLOW_METHODS,
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            header::ACCESS_CONTROL_MAX_AGE,
        ] {
            headers.remove(name);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_parsed_in_the_form_that_browsers_send() {
        let both = Origins(["https://a.example", "http://localhost:3000"].map(HeaderValue::from_static).to_vec());
        assert_eq!("https://a.example, http://localhost:3000,".parse(), Ok(both));
        assert_eq!("".parse(), Ok(Origins::default()));
    }

    #[test]
    fn a_text_that_no_browser_sends_is_not_an_origin() {
        for text in [
            "*",
            "null",
            "a.example",
            "https://a.example/",
            "https://a.example:443",
            "https://A.example",
            "https://*.example",
            "https://a.example/path",
            "https://me@a.example",
            "https://münchen.example",
            "file:///",
            "data:text/plain,a",
        ] {
            assert_eq!(
                text.parse::<Origins>(),
                Err(InvalidOrigin(text.split(',').next().unwrap_or_default().to_owned()))
            );
        }
    }
}
