//! Which other sites' scripts may read the API's answers (Fetch, section 3.3). None, unless they are configured.

use std::str::FromStr;
use std::time::Duration;

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, LINK, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::response::Response;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::server::http::json_api::new_message::IDEMPOTENCY_KEY;

/// How long a browser need not ask again. Chromium's maximum is two hours, Firefox's a day.
const MAX_AGE: Duration = Duration::from_secs(3600);

/// Origins as browsers write them, such as `https://app.example.com`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins(Vec<HeaderValue>);

/// What is configured is no origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not an origin as browsers write it: scheme, host, port if it is unusual, nothing else; https://app.example.com"
)]
pub struct InvalidOrigin(String);

impl FromStr for Origins {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let texts = text.split(',').map(str::trim).filter(|text| !text.is_empty());
        texts.map(|text| origin(text).ok_or_else(|| InvalidOrigin(text.to_owned()))).collect::<Result<_, _>>().map(Self)
    }
}

/// An origin that is spelled in another way would never be the one that a browser sends.
fn origin(text: &str) -> Option<HeaderValue> {
    let url = reqwest::Url::parse(text).ok()?;
    // A wildcard is a host's name to the parser, and none to anybody else.
    let is_web = matches!(url.scheme(), "https" | "http") && !text.contains('*');
    if is_web && url.origin().ascii_serialization() == text { HeaderValue::try_from(text).ok() } else { None }
}

/// Lets scripts of these origins call with a token and read the answers. No cookies: `Access-Control-Allow-Credentials`
/// is never sent. `Cross-Origin-Resource-Policy` may stay as it is elsewhere, since it only concerns what is loaded
/// without CORS.
pub fn layer(origins: &Origins) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.0.clone()))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE, HeaderName::from_static(IDEMPOTENCY_KEY)])
        .expose_headers([LINK, RETRY_AFTER, WWW_AUTHENTICATE])
        .max_age(MAX_AGE)
}

/// Takes the rest of the CORS headers from an answer whose origin may not read it. They would allow nothing, but tell.
pub async fn nothing_for_others(mut response: Response) -> Response {
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
    fn origins_are_read_as_browsers_write_them() {
        let both = Origins(["https://a.example", "http://localhost:3000"].map(HeaderValue::from_static).to_vec());
        assert_eq!("https://a.example, http://localhost:3000,".parse(), Ok(both));
        assert_eq!("".parse(), Ok(Origins::default()));
    }

    #[test]
    fn what_no_browser_sends_is_no_origin() {
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
