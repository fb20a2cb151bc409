//! Static files: style, code and icons.

use std::convert::Infallible;
use std::io::{self, ErrorKind};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, VARY};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::future::BoxFuture;
use tower::ServiceBuilder;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::domain::emoji::TABLE_FILE;
use crate::server::state::AppState;

/// Files of the folder `public/`.
pub const PUBLIC_FILES: [&str; 4] = ["early.js", "favicon-unread.svg", "favicon.svg", "robots.txt"];

/// Value of `Cache-Control` for a file with a hash in its name.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// Routes of the static files. The emoji table and the files in the package folder carry a hash in their name and may
/// be cached for a year, others for an hour.
pub fn routes(state: &AppState) -> Router<AppState> {
    let hashed = state.options.hash_files;
    let root = &*state.options.site_root;
    let package = format!("/{}", state.options.site_pkg_dir);
    let cache_control = move |value_if_hashed: &'static str| {
        SetResponseHeaderLayer::if_not_present(CACHE_CONTROL, move |response: &Response| {
            // A 404 must not be cached: the file may arrive with a deployment that is under way.
            let found = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
            found.then(|| HeaderValue::from_static(if hashed { value_if_hashed } else { "no-cache" }))
        })
    };
    let files = |folder: &str, value_if_hashed: &'static str| {
        ServiceBuilder::new()
            .layer(cache_control(value_if_hashed))
            .layer(SetResponseHeaderLayer::appending(VARY, HeaderValue::from_static("accept-encoding")))
            .service_fn(serve_from(folder))
    };
    let mut router = Router::new()
        .nest_service(&format!("{}{package}", state.files.prefix), files(&format!("{root}{package}"), IMMUTABLE));
    for name in PUBLIC_FILES {
        router = router.route_service(&format!("/{name}"), files(root, "public, max-age=3600"));
    }
    router.route_service(&format!("/{TABLE_FILE}"), files(root, IMMUTABLE))
}

/// Returns a handler that serves the files of a folder, compressed if there is a compressed file.
fn serve_from(folder: &str) -> impl Fn(Request) -> BoxFuture<'static, Result<Response, Infallible>> + Clone + use<> {
    let files = ServeDir::new(folder).append_index_html_on_directories(false).precompressed_br().precompressed_gzip();
    move |request| {
        let mut files = files.clone();
        Box::pin(async move {
            let served = files.try_call(request).await;
            Ok(served.map_or_else(|error| failed(&error), |response| with_charset(response.map(Body::new))))
        })
    }
}

/// Adds the character set to the type of a text, which `ServeDir` leaves to the guess of the browser.
fn with_charset(mut response: Response) -> Response {
    let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let text = media_type.filter(|it| (it.starts_with("text/") || it.ends_with("+xml")) && !it.contains("charset"));
    if let Some(value) = text.and_then(|it| HeaderValue::try_from(format!("{it}; charset=utf-8")).ok()) {
        response.headers_mut().insert(CONTENT_TYPE, value);
    }
    response
}

/// Answers for a file that cannot be read. Not left to `ServeDir`: it takes a name that no file can have, such as one
/// of 256 bytes, for a failure of the disk.
fn failed(error: &io::Error) -> Response {
    match error.kind() {
        ErrorKind::InvalidFilename | ErrorKind::InvalidInput => StatusCode::NOT_FOUND,
        _ => {
            tracing::error!(cause = %error, "internal error");
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
    .into_response()
}
