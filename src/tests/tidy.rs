//! House rules that the compiler does not check.

mod dependencies;
mod docs;

mod imports;

mod language;

mod secrets;

use std::fs;
use std::path::{Path, PathBuf};

/// Maximum number of lines in a file: a longer one usually has more than one idea.
const FILE_LINES_MAX: usize = 300;

/// Maximum number of lines in a function: a longer one cannot be kept in mind.
const FUNCTION_LINES_MAX: usize = 70;

/// Maximum number of characters in a line of a comment. Of code, rustfmt sees to it.
const COMMENT_LINE_MAX: usize = 120;

/// Returns every file in a folder and below it, except npm packages.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let below =
        folders.iter().filter(|folder| !folder.ends_with("node_modules")).flat_map(|folder| self::files(folder));
    files.into_iter().chain(below).collect()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    files(folder).into_iter().filter(|path| path.extension().is_some_and(|it| it == "rs")).collect()
}

/// Returns the code of a file without comment lines: a comment may mention what the code may not.
pub(super) fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a source file");
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn is_in(path: &Path, folders: &[&str]) -> bool {
    folders.iter().any(|folder| path.starts_with(folder))
}

#[test]
fn only_the_server_names_databases_aws_and_axum() {
    for path in sources(Path::new("src")) {
        if is_in(&path, &["src/server", "src/bin", "src/main.rs", "src/tests"]) {
            continue;
        }
        for name in ["sqlx", "aws_", "axum", "tokio::"] {
            assert!(!code(&path).contains(name), "{} names {name}", path.display());
        }
    }
}

#[test]
fn there_is_one_gate_for_the_servers_code() {
    for path in sources(Path::new("src")) {
        let gates = code(&path).matches("cfg(feature = \"ssr\")").count();
        let allowed = usize::from(path == Path::new("src/lib.rs"));
        assert!(gates <= allowed || path.ends_with("tests/tidy.rs"), "{} has {gates} gates", path.display());
    }
}

#[test]
fn only_table_rs_spells_a_key() {
    for path in sources(Path::new("src")) {
        if is_in(&path, &["src/server/store/dynamodb/table.rs", "src/server/store/dynamodb/table", "src/tests"]) {
            continue;
        }
        for prefix in ["\"MSG#", "\"GRP#", "\"CID#", "\"READ#", "\"PAIR#", "\"HEAD\""] {
            assert!(!code(&path).contains(prefix), "{} spells {prefix}", path.display());
        }
    }
}

#[test]
fn lines_of_comments_stay_short() {
    for path in sources(Path::new("src")) {
        let text = fs::read_to_string(&path).expect("a source file");
        let comments = text.lines().enumerate().filter(|(_, line)| line.trim_start().starts_with("//"));
        for (number, line) in comments {
            assert!(line.chars().count() <= COMMENT_LINE_MAX, "{}:{} is long", path.display(), number + 1);
        }
    }
}

// A call without it would name no user, and have no deadline.
#[test]
fn every_call_of_a_page_goes_through_its_client() {
    for path in sources(Path::new("src")).into_iter().filter(|path| path.starts_with("src/api") || path == "src/api.rs")
    {
        let text = fs::read_to_string(&path).expect("a source file");
        for call in text.split("#[server(prefix").skip(1).map(|rest| rest.split(")]").next().unwrap_or_default()) {
            assert!(call.ends_with(", client = Client"), "{}: {call}", path.display());
        }
    }
}

#[test]
fn files_and_functions_stay_short() {
    for path in sources(Path::new("src")) {
        let text = fs::read_to_string(&path).expect("a source file");
        assert!(text.lines().count() <= FILE_LINES_MAX || is_in(&path, &["src/tests"]), "{} is long", path.display());
        let mut start = None;
        for (number, line) in text.lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let opens = line.trim_start();
            if start.is_none() && opens.contains("fn ") && opens.ends_with('{') && !opens.starts_with("//") {
                start = Some((number, indent));
            }
            if let Some((first, depth)) = start
                && opens == "}"
                && indent == depth
            {
                assert!(number - first < FUNCTION_LINES_MAX, "{}:{} is long", path.display(), first + 1);
                start = None;
            }
        }
    }
}
