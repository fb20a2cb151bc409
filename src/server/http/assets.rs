//! Static files: style, code and icons.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, VARY};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use leptos::prelude::LeptosOptions;
use tower::ServiceBuilder;
use tower_http::services::{ServeDir, fs::ServeFileSystemResponseBody};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::server::state::AppState;

/// Files of the folder `public/`.
pub const PUBLIC_FILES: [&str; 3] = ["favicon-unread.svg", "favicon.svg", "robots.txt"];

/// URL prefix of this build's style and code: empty, or a folder name that is unique to the build.
///
/// cargo-leptos names a file by a hash of its content. If it splits the code, it writes those names into other files
/// after these have been hashed. Two builds can therefore have different files of the same name, and a browser with
/// cached files would mix the builds.
pub fn url_prefix(options: &LeptosOptions) -> String {
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

/// Routes of the static files. Files in the package folder carry a hash in their name and may be cached for a year,
/// others for an hour.
pub fn routes(state: &AppState) -> Router<AppState> {
    let hashed = state.options.hash_files;
    let root = &*state.options.site_root;
    let package = format!("/{}", state.options.site_pkg_dir);
    let cache_control = move |value_if_hashed: &'static str| {
        SetResponseHeaderLayer::if_not_present(
            CACHE_CONTROL,
            move |response: &Response<ServeFileSystemResponseBody>| {
                // A 404 must not be cached: the file may arrive with a deployment that is under way.
                let found = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
                found.then(|| HeaderValue::from_static(if hashed { value_if_hashed } else { "no-cache" }))
            },
        )
    };
    let files = |folder: &str, value_if_hashed: &'static str| {
        ServiceBuilder::new()
            .layer(cache_control(value_if_hashed))
            .layer(SetResponseHeaderLayer::appending(VARY, HeaderValue::from_static("accept-encoding")))
            .service(
                ServeDir::new(folder).append_index_html_on_directories(false).precompressed_br().precompressed_gzip(),
            )
    };
    let mut router = Router::new().nest_service(
        &format!("{}{package}", state.assets_prefix),
        files(&format!("{root}{package}"), "public, max-age=31536000, immutable"),
    );
    for name in PUBLIC_FILES {
        router = router.route_service(&format!("/{name}"), files(root, "public, max-age=3600"));
    }
    router
}
