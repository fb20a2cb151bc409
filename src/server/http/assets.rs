//! The files that pages are made of.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, VARY};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use leptos::prelude::LeptosOptions;
use tower::ServiceBuilder;
use tower_http::services::{ServeDir, fs::ServeFileSystemResponseBody};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::server::state::AppState;

/// What `public/` holds.
pub const PUBLIC_FILES: [&str; 3] = ["favicon-unread.svg", "favicon.svg", "robots.txt"];

/// What the addresses of this build's style and code begin with: nothing, or a folder that no other build has.
///
/// cargo-leptos names a file by what is in it. Where it splits the code, it writes those names into other files once these
/// have theirs: two builds can have the same name for what is not the same, and a browser that keeps files would mix them.
pub fn root(options: &LeptosOptions) -> String {
    let program = std::env::current_exe().unwrap_or_default();
    let hashes = match options.hash_files {
        true => std::fs::read_to_string(program.with_file_name(&*options.hash_file)).unwrap_or_default(),
        false => String::new(),
    };
    let hash = |of: &str| hashes.lines().find_map(|line| line.strip_prefix(of)?.strip_prefix(": "));
    match (hash("split"), hash("wasm")) {
        (Some(parts), Some(wasm)) => format!("/build/{wasm}{parts}"),
        _ => String::new(),
    }
}

/// Those under the package folder carry a hash in their name and may be kept for ever, others for an hour.
pub fn routes(state: &AppState) -> Router<AppState> {
    let hashed = state.options.hash_files;
    let root = &*state.options.site_root;
    let package = format!("/{}", state.options.site_pkg_dir);
    let keep = move |seconds_if_hashed: &'static str| {
        SetResponseHeaderLayer::if_not_present(
            CACHE_CONTROL,
            move |response: &Response<ServeFileSystemResponseBody>| {
                // A 404 must not be kept: the file may come with the deploy that is under way.
                let found = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
                found.then(|| HeaderValue::from_static(if hashed { seconds_if_hashed } else { "no-cache" }))
            },
        )
    };
    let files = |folder: &str, keep_for: &'static str| {
        ServiceBuilder::new()
            .layer(keep(keep_for))
            .layer(SetResponseHeaderLayer::appending(VARY, HeaderValue::from_static("accept-encoding")))
            .service(
                ServeDir::new(folder).append_index_html_on_directories(false).precompressed_br().precompressed_gzip(),
            )
    };
    let mut router = Router::new().nest_service(
        &format!("{}{package}", state.assets),
        files(&format!("{root}{package}"), "public, max-age=31536000, immutable"),
    );
    for name in PUBLIC_FILES {
        router = router.route_service(&format!("/{name}"), files(root, "public, max-age=3600"));
    }
    router
}
