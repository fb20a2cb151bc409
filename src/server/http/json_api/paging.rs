//! Long lists, as programs page through them: a body as it always was, and a `Link` header that says where it goes on.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use serde::Deserialize;

use crate::domain::page::{Cursor, Page};
use crate::server::http::json_api::code::Code;
use crate::server::http::json_api::refusal::Refusal;

/// The place in a list that `?cursor=` names; the newest entries without one.
pub struct Place(pub Option<Cursor>);

#[derive(Deserialize)]
struct Parameters {
    cursor: Option<Cursor>,
}

impl<S: Sync> FromRequestParts<S> for Place {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        // Only two cursors at once cannot be read.
        let parameters = Query::<Parameters>::try_from_uri(&parts.uri);
        parameters.map(|Query(it)| Self(it.cursor)).map_err(|_| Refusal::Invalid(vec![Code::CursorInvalid]))
    }
}

/// The ways on from a page of the list at `path` (RFC 8288): `next` to what is older, `prev` to what is newer.
pub fn links<T>(path: &str, page: &Page<T>) -> HeaderMap {
    let ways = [("next", &page.older), ("prev", &page.newer)];
    let links: Vec<_> = ways.into_iter().filter_map(|(rel, cursor)| link(path, rel, cursor.as_ref()?)).collect();
    links.into_iter().map(|link| (header::LINK, link)).collect()
}

/// Nothing in a cursor or in our paths needs escaping.
fn link(path: &str, rel: &str, cursor: &Cursor) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("<{path}?cursor={cursor}>; rel=\"{rel}\"")).ok()
}
