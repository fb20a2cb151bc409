//! Middleware: security headers, origin check, timeout and sign-in redirects.

use std::panic::AssertUnwindSafe;

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use futures::FutureExt;
use leptos::nonce::Nonce;
use tokio::time::timeout;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;

use crate::domain::error::AppError;
use crate::server::accounts;
use crate::server::http::error_page;
use crate::server::http::error_response::error_response;
use crate::server::http::request_limits::{BODY_BYTES_MAX, REQUEST_TIMEOUT};
use crate::server::http::session::Resolved;
use crate::server::http::session::sealed_cookie::SIGN_IN;
use crate::server::state::AppState;

/// Security headers with the same value on every response.
const CONSTANT_HEADERS: [(HeaderName, HeaderValue); 7] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    // Not `no-referrer`: plain forms of this site would then send `Origin: null`.
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"),
    ),
    (HeaderName::from_static("origin-agent-cluster"), HeaderValue::from_static("?1")),
];

/// Returns the compression of responses. The default level makes a page of 60 kB 5 % smaller than this one, and takes
/// more than twice the time.
pub fn compression() -> CompressionLayer {
    CompressionLayer::new().quality(CompressionLevel::Precise(3))
}

/// Adds the security headers to the response, and to the request the nonce that pages put on their scripts.
pub async fn security_headers(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let nonce = Nonce::new();
    let policy = content_security_policy(&nonce, &state);
    request.extensions_mut().insert(nonce);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in CONSTANT_HEADERS {
        headers.insert(name, value);
    }
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if state.config.public_origin.as_deref().is_some_and(|origin| origin.starts_with("https://")) {
        let two_years = HeaderValue::from_static("max-age=63072000; includeSubDomains; preload");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, two_years);
    }
    // A page contains a nonce and private messages, so no cache may keep it. Static files have set their own value
    // before.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Builds the policy: only files of this site and scripts with this response's nonce; WebAssembly, but no `eval`; no
/// inline style.
fn content_security_policy(nonce: &Nonce, state: &AppState) -> String {
    // During development cargo-leptos reloads the page through a separate WebSocket.
    let reload = match std::env::var_os("LEPTOS_WATCH") {
        Some(_) => format!(" ws://{}:{}", state.options.site_addr.ip(), state.options.reload_port),
        None => String::new(),
    };
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'{reload}; manifest-src 'self'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'; object-src 'none'",
        nonce = nonce.as_inner()
    )
}

/// Rejects cross-site request forgery. A request that may change state must come from a page of this site, according to
/// `Sec-Fetch-Site`, or to `Origin` in browsers that do not send it (Fetch metadata, W3C; ASVS 5.0, 3.5.1 and 3.5.3).
/// Programs send neither header, and have no cookie that another site could abuse.
pub async fn same_origin(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || is_same_origin(request.headers(), state.config.public_origin.as_deref()) {
        next.run(request).await
    } else {
        error_page::for_path(request.uri().path(), &AppError::Forbidden)
    }
}

fn is_same_origin(headers: &HeaderMap, public_origin: Option<&str>) -> bool {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let fetch_site = text(&HeaderName::from_static("sec-fetch-site"));
    let origin_is_ours = |origin: &str| match public_origin {
        Some(ours) => origin.eq_ignore_ascii_case(ours.trim_end_matches('/')),
        None => origin.split_once("://").is_some_and(|(_, host)| Some(host) == text(&header::HOST)),
    };
    match (fetch_site, text(&header::ORIGIN)) {
        // "none" is a URL that the user typed or opened. "same-site" is another port or subdomain, and is rejected.
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => origin_is_ours(origin),
        (None, None) => !headers.contains_key(header::COOKIE),
    }
}

/// Builds the response to a request that its handler did not answer, from the path of the request.
#[derive(Clone, Copy)]
pub struct ErrorResponse(pub fn(&str, &AppError) -> Response);

/// Answers requests that exceed [`REQUEST_TIMEOUT`] with 503. Not tower-http's `TimeoutLayer`: its response has no
/// body, and could not be told from a handler's own 503.
pub async fn request_timeout(
    State(ErrorResponse(respond)): State<ErrorResponse>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path().to_owned();
    timeout(REQUEST_TIMEOUT, next.run(request)).await.unwrap_or_else(|_| respond(&path, &AppError::Unavailable))
}

/// Answers with 500 if a handler panics. Not tower-http's `CatchPanicLayer`: it makes its response without the request,
/// whose path decides between a page and JSON.
pub async fn catch_panic(
    State(ErrorResponse(respond)): State<ErrorResponse>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path().to_owned();
    AssertUnwindSafe(next.run(request)).catch_unwind().await.unwrap_or_else(|_| {
        // The panic hook has printed message and location; this line adds the request's span.
        tracing::error!("handler panicked");
        respond(&path, &AppError::Unexpected)
    })
}

/// Redirects signed-out users from private pages to `/signin`, which leads back afterwards, and signed-in users from
/// `/signin` and `/signup` to `next` or their conversations. A page of a further step of the sign-in needs a sign-in
/// that waits for it. A POST goes on to its form, which returns the user's input.
pub async fn require_sign_in(request: Request, next: Next) -> Response {
    let signed_in = match request.extensions().get::<Resolved>() {
        Some(Resolved(Ok(user))) => user.is_some(),
        // PostgreSQL is unavailable: the page answers with 503.
        Some(Resolved(Err(_))) => return next.run(request).await,
        None => false,
    };
    let uri = request.uri();
    let is_page = matches!(*request.method(), Method::GET | Method::HEAD);
    // The first page after a sign-in. Without the cookie the sign-in form would come back without a word.
    let unmarked = uri.path_and_query().filter(|_| is_page).and_then(|it| accounts::next::without_mark(it.as_str()));
    if let Some(path) = unmarked {
        let to = if signed_in { path } else { sign_in_path_with(&[("cookies", "false"), ("next", &path)]) };
        return Redirect::to(&to).into_response();
    }
    match (uri.path(), signed_in) {
        ("/" | "/signin" | "/signup" | "/signin/code" | "/signin/password", true) if is_page => {
            Redirect::to(&accounts::next::destination_in(uri.query())).into_response()
        }
        ("/signin/code" | "/signin/password", false) if is_page && !SIGN_IN.is_presented(request.headers()) => {
            let next = accounts::next::destination_in(uri.query());
            Redirect::to(&sign_in_path_with(&[("expired", "true"), ("next", &next)])).into_response()
        }
        ("/", false) => Redirect::to("/signin").into_response(),
        (path, false) if is_private(path) && request.method() != Method::POST => redirect_to_sign_in(uri),
        _ => next.run(request).await,
    }
}

/// True for pages that only a signed-in user can see.
pub fn is_private(path: &str) -> bool {
    path == "/messages" || path.starts_with("/messages/") || path == "/settings" || path.starts_with("/settings/")
}

/// Redirects to the sign-in page, which leads back to `uri`.
pub fn redirect_to_sign_in(uri: &Uri) -> Response {
    Redirect::to(&sign_in_path(uri)).into_response()
}

/// Path of the sign-in page that leads back to `uri`.
pub fn sign_in_path(uri: &Uri) -> String {
    sign_in_path_with(&[("next", uri.path_and_query().map_or("/messages", |path| path.as_str()))])
}

fn sign_in_path_with(query: &[(&str, &str)]) -> String {
    format!("/signin?{}", serde_urlencoded::to_string(query).unwrap_or_default())
}

/// Sets the status of server functions' errors. Leptos itself answers with 500 if it cannot read the arguments, and
/// redirects clients that accept HTML; the plain forms do not use these paths. Also replaces the response to a body
/// that is too large, for server functions and for forms.
pub async fn server_function_status(mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    if path.starts_with("/rpc/") {
        request.headers_mut().remove(header::ACCEPT);
    }
    let response = next.run(request).await;
    if response.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return error_page::for_path(&path, &AppError::TooLarge);
    }
    let is_500 = response.status() == StatusCode::INTERNAL_SERVER_ERROR;
    if !is_500 || !response.headers().contains_key("serverfnerror") {
        return response;
    }
    let body = axum::body::to_bytes(response.into_body(), BODY_BYTES_MAX).await.unwrap_or_default();
    error_response(&serde_json::from_slice(&body).unwrap_or(AppError::Unexpected))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(k, v)| (HeaderName::from_static(k), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn only_our_own_pages_may_change_state() {
        let cases = [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "same-site"), ("origin", "https://a.test"), ("host", "a.test")], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("origin", "https://a.test"), ("host", "a.test")], true),
            (&[("origin", "https://b.test"), ("host", "a.test")], false),
            (&[("origin", "null"), ("host", "a.test")], false),
            (&[("host", "a.test")], true),
            (&[("host", "a.test"), ("cookie", "__Host-session=x")], false),
        ];
        for (pairs, allowed) in cases {
            assert_eq!(is_same_origin(&headers(pairs), None), allowed, "{pairs:?}");
        }
    }

    #[test]
    fn a_configured_origin_overrides_the_host_header() {
        let spoofed = headers(&[("origin", "https://b.test"), ("host", "b.test")]);
        assert!(!is_same_origin(&spoofed, Some("https://a.test")));
        assert!(is_same_origin(&headers(&[("origin", "https://a.test")]), Some("https://a.test/")));
    }
}
