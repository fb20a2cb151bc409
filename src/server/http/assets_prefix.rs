//! URL prefix of the style and the code.

use leptos::prelude::LeptosOptions;

/// URL prefix of this build's style and code: empty, or a folder name that is unique to the build.
///
/// cargo-leptos names a file by a hash of its content. If it splits the code, it writes those names into other files
/// after these have been hashed. Two builds can therefore have different files of the same name, and a browser with
/// cached files would mix the builds.
pub fn assets_prefix(options: &LeptosOptions) -> String {
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
