//! Check of a request's line and `Host`, and redirects to the canonical address.

use std::net::Ipv6Addr;

use axum::extract::Request;
use axum::http::header::{ALLOW, HOST};
use axum::http::uri::{Authority, PathAndQuery};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, Version};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use percent_encoding::percent_decode_str;
use uuid::Uuid;

use crate::server::http::json_api::error::ApiError;

/// Methods that some path of the site supports.
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, OPTIONS");

/// Prefixes of addresses for programs and of files, which have a single spelling: others are not found.
const VERBATIM: [&str; 4] = ["/api/", "/rpc/", "/pkg/", "/build/"];

/// Rejects requests whose line or `Host` no browser sends, so that no handler has to be ready for them, and redirects
/// other spellings of an address to the canonical one: a page compares addresses as texts.
pub async fn check(mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let method = request.method();
    // The API answers TRACE itself, with the methods of the path.
    if *method == Method::CONNECT || (*method == Method::TRACE && !is_for_api(&path)) {
        return method_not_allowed(&path);
    }
    if !has_valid_host(request.headers(), request.version()) {
        return bad_request(&path);
    }
    if path == "*" && request.method() == Method::OPTIONS {
        return (StatusCode::NO_CONTENT, [(ALLOW, METHODS)]).into_response();
    }
    if to_origin_form(&mut request).is_none() || has_dot_segment(&path) {
        return bad_request(&path);
    }
    match canonical(&path) {
        Some(canonical) => redirect(canonical, request.uri().query()),
        None => next.run(request).await,
    }
}

/// Answers with 400: in JSON for programs.
fn bad_request(path: &str) -> Response {
    if is_for_api(path) {
        return ApiError::BadRequest.into_response();
    }
    (StatusCode::BAD_REQUEST, "Bad request\n").into_response()
}

fn method_not_allowed(path: &str) -> Response {
    let mut response = match is_for_api(path) {
        true => ApiError::MethodNotAllowed.into_response(),
        false => (StatusCode::METHOD_NOT_ALLOWED, "Method not allowed\n").into_response(),
    };
    response.headers_mut().insert(ALLOW, METHODS);
    response
}

fn is_for_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

/// True if the request has exactly one valid `Host` (RFC 9112, section 3.2). HTTP/1.0 may do without.
fn has_valid_host(headers: &HeaderMap, version: Version) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => version < Version::HTTP_11,
        (Some(host), None) => host.to_str().is_ok_and(|host| parse_authority(host).is_some()),
        (Some(_), Some(_)) => false,
    }
}

/// Parses a host with an optional port, and no user. `Authority` takes some texts that are neither.
fn parse_authority(text: &str) -> Option<Authority> {
    let authority: Authority = text.parse().ok().filter(|_| !text.contains('@'))?;
    let host = authority.host();
    let is_host = match host.strip_prefix('[') {
        Some(address) => address.strip_suffix(']').is_some_and(|it| it.parse::<Ipv6Addr>().is_ok()),
        None => !host.is_empty() && !host.contains([':', ']']),
    };
    let port = text.strip_prefix(host)?;
    let is_port = match port.strip_prefix(':') {
        Some(digits) => {
            digits.bytes().all(|it| it.is_ascii_digit()) && (digits.is_empty() || digits.parse::<u16>().is_ok())
        }
        None => port.is_empty(),
    };
    (is_host && is_port).then_some(authority)
}

/// Reduces the target of a request to path and query. The host of an absolute address replaces the header (RFC 9112,
/// section 3.2.2). `None` for a target that is neither an absolute address nor a path.
fn to_origin_form(request: &mut Request) -> Option<()> {
    let uri = request.uri();
    if let Some(scheme) = uri.scheme_str() {
        let authority = uri.authority().and_then(|it| parse_authority(it.as_str()));
        let host = authority.filter(|_| matches!(scheme, "http" | "https"))?;
        let target = uri.path_and_query().cloned().unwrap_or(PathAndQuery::from_static("/"));
        *request.uri_mut() = Uri::from(target);
        request.headers_mut().insert(HOST, HeaderValue::from_str(host.as_str()).ok()?);
    } else if uri.authority().is_some() || !uri.path().starts_with('/') {
        return None;
    }
    Some(())
}

/// True if a segment is `.` or `..`, also as percent codes. Browsers resolve these before they send an address.
fn has_dot_segment(path: &str) -> bool {
    segments(path).any(|segment| matches!(&*percent_decode_str(segment).collect::<Vec<_>>(), b"." | b".."))
}

/// Returns the segments of a path, without empty ones. A backslash separates segments, as in browsers: otherwise a
/// redirect to `/\host` would lead to another site.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split(['/', '\\']).filter(|segment| !segment.is_empty())
}

/// Returns the canonical spelling of a path, if it is another one: no empty segment, no slash at the end, and ids in
/// lower case with hyphens.
fn canonical(path: &str) -> Option<String> {
    if VERBATIM.iter().any(|prefix| path.starts_with(prefix)) {
        return None;
    }
    let mut canonical = String::with_capacity(path.len());
    let mut before = "";
    for segment in segments(path) {
        canonical.push('/');
        match id(before, segment) {
            Some(id) => canonical.push_str(&id.to_string()),
            None => canonical.push_str(segment),
        }
        before = segment;
    }
    if canonical.is_empty() {
        canonical.push('/');
    }
    (canonical != path).then_some(canonical)
}

/// Parses the id of a conversation or a user in any form that a page would accept.
fn id(before: &str, segment: &str) -> Option<Uuid> {
    let text = percent_decode_str(segment).decode_utf8().ok()?;
    matches!(before, "messages" | "user").then(|| text.parse().ok())?
}

/// Redirects with the same method and body.
fn redirect(path: String, query: Option<&str>) -> Response {
    let target = query.map(|query| format!("{path}?{query}")).unwrap_or(path);
    Redirect::permanent(&target).into_response()
}
