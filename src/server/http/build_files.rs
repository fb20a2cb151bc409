//! Addresses of this build's style and code.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use leptos::prelude::LeptosOptions;

use crate::domain::page_files::PageFiles;

/// Folder of this build's style and code, and its files. Read once at startup: Leptos' own components would read the
/// names of the files from the disk twice for each page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildFiles {
    /// URL prefix of the folder: empty, or a name that is unique to the build.
    ///
    /// cargo-leptos names a file by a hash of its content. If it splits the code, it writes those names into other
    /// files after these have been hashed. Two builds can therefore have different files of the same name, and a
    /// browser with cached files would mix the builds.
    pub prefix: String,
    pub page: Arc<PageFiles>,
    /// True if the build names its files by hashes, and the list of these or the style of the pages cannot be found.
    pub are_missing: bool,
}

/// Problem in `/readyz` and in the log.
pub const MISSING_FILES: &str = "missing_files";

/// Content of the file in which cargo-leptos writes the hashes in the names of the files. Empty if there are none.
struct Hashes(String);

impl BuildFiles {
    /// Reads the names of the files beside the program and in the folder of the site.
    pub fn read(options: &LeptosOptions, is_local: bool) -> Self {
        let hashes = Hashes::read(options);
        let prefix = match (hashes.of("split"), hashes.of("wasm")) {
            (Some(parts), Some(wasm)) => format!("/build/{wasm}{parts}"),
            _ => String::new(),
        };
        let folder = format!("{prefix}/{}", options.site_pkg_dir);
        let file = |name: &str, kind: &str| format!("{folder}/{}", hashes.name(name, kind));
        let parts = hashes.parts(options, &folder);
        let page = PageFiles {
            style: file(&options.output_name, "css"),
            script: file(&options.output_name, "js"),
            wasm: file(&options.output_name, "wasm"),
            loader: (!parts.is_empty()).then(|| format!("{folder}/{}", hashes.loader())),
            parts,
        };
        let style =
            Path::new(&*options.site_root).join(&*options.site_pkg_dir).join(hashes.name(&options.output_name, "css"));
        // On a developer's machine the files may be built after the start, and tests have none.
        let are_missing = match options.hash_files {
            true => hashes.0.is_empty() || !style.exists(),
            false => !is_local && !style.exists(),
        };
        Self { prefix, page: Arc::new(page), are_missing }
    }
}

impl Hashes {
    fn read(options: &LeptosOptions) -> Self {
        let program = std::env::current_exe().unwrap_or_default();
        let file = options.hash_files.then(|| program.with_file_name(&*options.hash_file));
        Self(file.and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default())
    }

    fn of(&self, kind: &str) -> Option<&str> {
        self.0.lines().find_map(|line| line.strip_prefix(kind)?.strip_prefix(": "))
    }

    /// Returns the name of the file of this kind.
    fn name(&self, name: &str, kind: &str) -> String {
        match self.of(kind) {
            Some(hash) => format!("{name}.{hash}.{kind}"),
            None => format!("{name}.{kind}"),
        }
    }

    /// Returns the name of the loader. Without a hash it keeps the room for one.
    fn loader(&self) -> String {
        format!("__wasm_split.{}.js", self.of("split").unwrap_or("______________________"))
    }

    /// Returns the files of each part, if the code is split.
    fn parts(&self, options: &LeptosOptions, folder: &str) -> BTreeMap<String, Vec<String>> {
        let manifest = match self.of("manifest") {
            Some(hash) => format!("__wasm_split_manifest.{hash}.json"),
            None => "__wasm_split_manifest.json".to_owned(),
        };
        let path = Path::new(&*options.site_root).join(&*options.site_pkg_dir).join(manifest);
        let text = std::fs::read(path).unwrap_or_default();
        let names: BTreeMap<String, Vec<String>> = serde_json::from_slice(&text).unwrap_or_default();
        let address = |name: String| format!("{folder}/{name}.wasm");
        names.into_iter().map(|(part, files)| (part, files.into_iter().map(address).collect())).collect()
    }
}
