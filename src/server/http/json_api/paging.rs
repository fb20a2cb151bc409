//! Pagination of API lists. The old app's response bodies have no room for cursors, so the cursors are in `Link`
//! headers.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use serde::Deserialize;

use crate::domain::page::{Cursor, Page};
use crate::server::http::json_api::error::ApiError;
use crate::server::http::json_api::validation_code::ValidationCode;

/// Page that a request asks for with `?cursor=`; `None` stands for the newest entries.
pub struct PageRequest(pub Option<Cursor>);

#[derive(Deserialize)]
struct Parameters {
    cursor: Option<Cursor>,
}

impl<S: Sync> FromRequestParts<S> for PageRequest {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        // This fails only for two `cursor` parameters. The store rejects an invalid cursor later.
        let parameters = Query::<Parameters>::try_from_uri(&parts.uri);
        parameters.map(|Query(it)| Self(it.cursor)).map_err(|_| ApiError::Invalid(vec![ValidationCode::CursorInvalid]))
    }
}

/// Builds the `Link` headers of a page of the list at `path` (RFC 8288): `next` for older items, `prev` for newer ones.
pub fn links<T>(path: &str, page: &Page<T>) -> HeaderMap {
    let cursors = [("next", &page.older), ("prev", &page.newer)];
    let links: Vec<_> = cursors.into_iter().filter_map(|(rel, cursor)| link(path, rel, cursor.as_ref()?)).collect();
    links.into_iter().map(|link| (header::LINK, link)).collect()
}

/// Formats a link. Cursors and paths contain no characters that need escaping.
fn link(path: &str, rel: &str, cursor: &Cursor) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("<{path}?cursor={cursor}>; rel=\"{rel}\"")).ok()
}
