//! Static files: style, code and icons.

use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

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

use crate::domain::emoji::TABLE_FOLDER;
use crate::server::state::AppState;

/// Files of the folder `public/`, without the emoji table.
pub const PUBLIC_FILES: [&str; 4] = ["early.js", "favicon-unread.svg", "favicon.svg", "robots.txt"];

/// Value of `Cache-Control` for a file with a hash in its address.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// Length of a hash in an address: 128 bits in base64.
const HASH_LEN: usize = 22;

/// Routes of the static files. The emoji tables and the files in the package folder carry a hash in their address and
/// may be cached for a year, others for an hour.
pub fn routes(state: &AppState) -> Router<AppState> {
    let root = Path::new(&*state.options.site_root);
    let package = &*state.options.site_pkg_dir;
    let hashed = state.options.hash_files;
    let files = |value_if_hashed, folders, has: fn(&str) -> bool| {
        ServiceBuilder::new()
            .layer(cache_control(if hashed { value_if_hashed } else { "no-cache" }))
            .layer(SetResponseHeaderLayer::appending(VARY, HeaderValue::from_static("accept-encoding")))
            .service_fn(serve_from(folders, has))
    };
    let of_package = files(IMMUTABLE, vec![root.join(package)], |_| true);
    let builds = state.config.builds_folder.clone();
    let with_tables = [Some(root.to_owned()), builds.clone()].into_iter().flatten().collect();
    let mut router = Router::new()
        .nest_service(&format!("{}/{package}", state.files.prefix), of_package)
        .route_service(&format!("/{TABLE_FOLDER}/{{file}}"), files(IMMUTABLE, with_tables, is_table));
    for name in PUBLIC_FILES {
        let file = files("public, max-age=3600", vec![root.to_owned()], |_| true);
        router = router.route_service(&format!("/{name}"), file);
    }
    if let Some(builds) = builds {
        // Pages of another build load their parts from here: those from before a deployment, and those that a server of
        // the next version has rendered.
        let file = files(IMMUTABLE, vec![builds], is_of_a_build);
        router = router.route_service(&format!("/build/{{build}}/{package}/{{*file}}"), file);
    }
    router
}

/// Returns a layer that sets `Cache-Control` for files that exist. A 404 must not be cached: the file may arrive with a
/// deployment that is under way.
fn cache_control(value: &'static str) -> SetResponseHeaderLayer<impl Fn(&Response) -> Option<HeaderValue> + Clone> {
    SetResponseHeaderLayer::if_not_present(CACHE_CONTROL, move |response: &Response| {
        let found = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
        found.then(|| HeaderValue::from_static(value))
    })
}

/// Returns true for the path of an emoji table, whose name is a hash.
fn is_table(path: &str) -> bool {
    path.rsplit('/').next().and_then(|name| name.strip_suffix(".tsv")).is_some_and(|hash| is_hash(hash, HASH_LEN))
}

/// Returns true for the path of a file of a build. The hashes of the build stand for all its files: see
/// [`BuildFiles::prefix`](crate::server::http::build_files::BuildFiles).
fn is_of_a_build(path: &str) -> bool {
    path.split('/').nth(2).is_some_and(|build| is_hash(build, 2 * HASH_LEN))
}

fn is_hash(text: &str, len: usize) -> bool {
    text.len() == len && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Returns a handler that serves the files of the first folder that has them, compressed if there is a compressed file.
/// Paths that `has` does not accept have no file, and neither has one with a slash at the end.
fn serve_from(
    folders: Vec<PathBuf>,
    has: fn(&str) -> bool,
) -> impl Fn(Request) -> BoxFuture<'static, Result<Response, Infallible>> + Clone {
    let files =
        |folder| ServeDir::new(folder).append_index_html_on_directories(false).precompressed_br().precompressed_gzip();
    let all: Vec<_> = folders.into_iter().map(files).collect();
    move |request| {
        let path = request.uri().path();
        let all = if has(path) && !path.ends_with('/') { all.clone() } else { Vec::new() };
        let request = request.map(drop);
        Box::pin(async move {
            let mut response = StatusCode::NOT_FOUND.into_response();
            for mut files in all {
                let served = files.try_call(request.clone()).await;
                response = served.map_or_else(|error| failed(&error), |it| with_charset(it.map(Body::new)));
                if response.status() != StatusCode::NOT_FOUND {
                    break;
                }
            }
            Ok(response)
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
