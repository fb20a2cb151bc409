//! Imports between the modules of `src/`: which rooms may know which, and where a circle would begin.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};

use super::sources;

/// The rooms, and those that each may import.
const ROOMS: [(&str, &[&str]); 4] =
    [("domain", &[]), ("server", &["domain"]), ("api", &["domain", "server"]), ("ui", &["domain", "api"])];

/// Edges that run back because Leptos works that way: the server renders the app, and a plain form post deserializes
/// the argument types that `#[server]` makes.
const EDGES_BACK: [(&str, &str); 8] = [
    ("server::http::router", "ui::app"),
    ("server::http::render", "ui::app"),
    ("server::http::forms", "api"),
    ("server::http::forms::messages", "api"),
    ("server::http::forms::reports", "api"),
    ("server::http::forms::requests", "api"),
    ("server::http::forms::settings", "api"),
    ("server::http::forms::sign_in_steps", "api"),
];

/// Folders in which no chain of imports leads back to where it began.
const WITHOUT_CYCLES: [&str; 4] = ["domain", "server", "ui::components", "ui::state"];

/// Folders that the store may not know: they are built on it.
const ABOVE_THE_STORE: [&str; 5] =
    ["server::http", "server::stream", "server::live", "server::messaging", "server::accounts"];

/// Words that begin a definition, which has no place in a `mod.rs`.
const DEFINITIONS: [&str; 9] = ["fn", "struct", "enum", "trait", "impl", "const", "static", "type", "macro_rules"];

/// Imports of each module, by path: `server::store::dynamodb::send`.
struct Imports {
    files: BTreeMap<String, PathBuf>,
    /// Full paths behind the names that a `mod.rs` re-exports.
    reexports: BTreeMap<String, String>,
    edges: BTreeMap<String, BTreeSet<String>>,
}

impl Imports {
    /// Reads the package's own modules, without tests.
    fn read() -> Self {
        let mut imports = Self { files: files(), reexports: BTreeMap::new(), edges: BTreeMap::new() };
        for (module, path) in imports.files.clone() {
            if path.ends_with("mod.rs") {
                imports.read_reexports(&module, &path);
            }
        }
        for (module, path) in imports.files.clone() {
            if !path.ends_with("mod.rs") {
                let mut paths = Vec::new();
                collect(tokens(&path), &mut paths);
                let targets = paths.iter().filter_map(|path| imports.resolve(path)).filter(|target| *target != module);
                let targets = targets.collect();
                imports.edges.insert(module, targets);
            }
        }
        imports
    }

    fn read_reexports(&mut self, module: &str, path: &Path) {
        let tokens: Vec<_> = tokens(path).into_iter().collect();
        let is_word = |at: usize, word: &str| matches!(tokens.get(at), Some(TokenTree::Ident(it)) if *it == word);
        for at in (0..tokens.len()).filter(|at| is_word(*at, "use")) {
            let mut paths = Vec::new();
            match is_word(at + 1, "crate") {
                true => drop(read_tree(&tokens, at + 2, "", &mut paths)),
                false => drop(read_tree(&tokens, at + 1, module, &mut paths)),
            }
            for path in paths {
                let name = path.rsplit("::").next().unwrap_or_default();
                self.reexports.insert(format!("{module}::{name}"), path.clone());
            }
        }
    }

    /// The module that defines what a path names.
    fn resolve(&self, path: &str) -> Option<String> {
        let mut path = path.to_owned();
        // Bounded: a re-export of a re-export is as deep as it gets.
        for _ in 0..4 {
            let Some((prefix, full)) = prefixes(&path).find_map(|it| Some((it.len(), self.reexports.get(it)?))) else {
                break;
            };
            path = format!("{full}{}", &path[prefix..]);
        }
        prefixes(&path).find(|prefix| self.files.contains_key(*prefix)).map(str::to_owned)
    }

    /// A chain of imports inside `folder` that ends where it begins, if there is one.
    fn cycle_in(&self, folder: &str) -> Option<Vec<String>> {
        let mut done = BTreeSet::new();
        let inside = self.edges.keys().filter(|module| is_in(module, folder));
        inside.into_iter().find_map(|module| self.follow(module, folder, &mut Vec::new(), &mut done))
    }

    fn follow(
        &self,
        module: &str,
        folder: &str,
        chain: &mut Vec<String>,
        done: &mut BTreeSet<String>,
    ) -> Option<Vec<String>> {
        if let Some(begin) = chain.iter().position(|earlier| earlier == module) {
            return Some(chain[begin..].to_vec());
        }
        if !done.insert(module.to_owned()) {
            return None;
        }
        chain.push(module.to_owned());
        let next = self.edges.get(module).into_iter().flatten().filter(|target| is_in(target, folder));
        let found = next.into_iter().find_map(|target| self.follow(target, folder, chain, done));
        chain.pop();
        found
    }
}

/// The path itself, then the paths of its parents.
fn prefixes(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| path.rsplit_once("::").map(|(parent, _)| parent))
}

fn is_in(module: &str, folder: &str) -> bool {
    module == folder || module.strip_prefix(folder).is_some_and(|rest| rest.starts_with("::"))
}

/// Modules of the library and their files. What only tests use is left out.
fn files() -> BTreeMap<String, PathBuf> {
    let is_code = |path: &PathBuf| {
        let is_for_tests = ["src/bin", "src/tests", "src/ui/state/law", "src/ui/components/tests.rs"];
        !is_for_tests.iter().any(|it| path.starts_with(it)) && !path.ends_with("lib.rs") && !path.ends_with("main.rs")
    };
    let module = |path: &Path| {
        let path = path.strip_prefix("src").expect("a file in src").with_extension("");
        let names: Vec<_> = path.iter().filter_map(|name| name.to_str()).filter(|name| *name != "mod").collect();
        names.join("::")
    };
    sources(Path::new("src")).into_iter().filter(is_code).map(|path| (module(&path), path)).collect()
}

fn tokens(path: &Path) -> TokenStream {
    let text = fs::read_to_string(path).expect("a source file");
    text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every path that begins with `crate`, in imports and in code, but not in a test module.
fn collect(tokens: TokenStream, paths: &mut Vec<String>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token {
            TokenTree::Ident(word) if *word == "crate" => at = read_tree(&tokens, at, "", paths),
            TokenTree::Ident(word) if *word == "mod" && tokens.get(at).is_some_and(|it| it.to_string() == "tests") => {
                at += 2;
            }
            TokenTree::Group(group) => collect(group.stream(), paths),
            _ => {}
        }
    }
}

/// Reads a path or a tree of paths such as `a::{b, c::d}`, with or without `::` before it. Returns the position behind
/// it.
fn read_tree(tokens: &[TokenTree], mut at: usize, prefix: &str, paths: &mut Vec<String>) -> usize {
    let mut path = prefix.to_owned();
    loop {
        while matches!(tokens.get(at), Some(TokenTree::Punct(it)) if it.as_char() == ':') {
            at += 1;
        }
        match tokens.get(at) {
            Some(TokenTree::Ident(name)) => {
                if *name != "self" {
                    path = if path.is_empty() { name.to_string() } else { format!("{path}::{name}") };
                }
                at += 1;
                if !matches!(tokens.get(at), Some(TokenTree::Punct(it)) if it.as_char() == ':') {
                    break;
                }
            }
            Some(TokenTree::Group(group)) => {
                let inner: Vec<_> = group.stream().into_iter().collect();
                let is_comma = |it: &TokenTree| matches!(it, TokenTree::Punct(it) if it.as_char() == ',');
                for tree in inner.split(is_comma).filter(|tree| !tree.is_empty()) {
                    read_tree(tree, 0, &path, paths);
                }
                return at + 1;
            }
            _ => break,
        }
    }
    paths.push(path);
    at
}

#[test]
fn imports_between_rooms_go_one_way() {
    let room = |module: &str| module.split("::").next().unwrap_or_default().to_owned();
    for (module, targets) in Imports::read().edges {
        let (_, allowed) = ROOMS.into_iter().find(|(name, _)| *name == room(&module)).expect("a room");
        for target in targets {
            let is_allowed = room(&target) == room(&module) || allowed.contains(&room(&target).as_str());
            let runs_back = EDGES_BACK.contains(&(module.as_str(), target.as_str()));
            assert!(is_allowed || runs_back, "{module} imports {target}");
        }
    }
}

#[test]
fn no_chain_of_imports_is_a_circle() {
    let imports = Imports::read();
    for folder in WITHOUT_CYCLES {
        assert_eq!(imports.cycle_in(folder), None, "a circle in {folder}");
    }
}

#[test]
fn the_store_knows_nothing_that_is_built_on_it() {
    for (module, targets) in Imports::read().edges {
        for target in targets.iter().filter(|_| is_in(&module, "server::store")) {
            assert!(!ABOVE_THE_STORE.iter().any(|folder| is_in(target, folder)), "{module} imports {target}");
        }
        if module == "server::failure" {
            assert!(targets.iter().all(|target| is_in(target, "domain")), "{module} is a leaf: {targets:?}");
        }
    }
}

#[test]
fn components_make_no_requests_and_state_does_not_know_them() {
    for (module, targets) in Imports::read().edges {
        let forbidden = match &module {
            it if is_in(it, "ui::components") => ["api", "ui::pages"],
            it if is_in(it, "ui::state") => ["ui::components", "ui::pages"],
            _ => continue,
        };
        for target in targets {
            assert!(!forbidden.iter().any(|folder| is_in(&target, folder)), "{module} imports {target}");
        }
    }
}

#[test]
fn a_mod_file_declares_and_reexports_only() {
    for path in sources(Path::new("src")).into_iter().filter(|path| path.ends_with("mod.rs")) {
        for token in tokens(&path) {
            let defines = DEFINITIONS.iter().any(|word| matches!(&token, TokenTree::Ident(it) if it == word));
            assert!(!defines, "{} defines something", path.display());
        }
    }
}

#[test]
fn the_check_itself_reads_imports_and_finds_circles() {
    let mut paths = Vec::new();
    let code = "use crate::a::{self, b::{C, d}, e}; fn f() { g!(crate::h::i::<J>()); } mod tests { use crate::k; }";
    collect(code.parse().expect("tokens"), &mut paths);
    assert_eq!(paths, ["a", "a::b::C", "a::b::d", "a::e", "h::i"]);

    let edge = |from: &str, to: &str| (from.to_owned(), BTreeSet::from([to.to_owned()]));
    let edges =
        BTreeMap::from([edge("x::a", "x::b"), edge("x::b", "x::c"), edge("x::c", "x::b"), edge("y::a", "y::b")]);
    let imports = Imports { files: BTreeMap::new(), reexports: BTreeMap::new(), edges };
    assert_eq!(imports.cycle_in("x"), Some(vec!["x::b".to_owned(), "x::c".to_owned()]));
    assert_eq!(imports.cycle_in("y"), None);
}
