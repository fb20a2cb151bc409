//! README and `docs/`: short lines, and the statements that a machine can check.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::files;
use super::language::{CLAUSES, VAGUE, has_word};

/// Maximum number of lines of the README: only the start. The rest is in `docs/`.
const README_LINES_MAX: usize = 150;

/// Maximum number of characters in a line, so that a document is readable in a terminal, too.
const LINE_LEN_MAX: usize = 120;

/// Folders whose paths a document may name only if they exist.
const FOLDERS: [&str; 7] = ["src/", "bin/", "docs/", "end2end/", "sql/", "aws/", "style/"];

/// Folders of which the map in the README names every entry.
const MAPPED: [&str; 4] = ["src", "src/bin", "src/server", "src/ui"];

/// Indentation of the map in the README.
const MAP_INDENT: usize = 4;

/// Returns the README and every document in `docs/`, with their texts.
fn documents() -> Vec<(PathBuf, String)> {
    let docs = files(Path::new("docs")).into_iter().filter(|path| path.extension().is_some_and(|it| it == "md"));
    let with_text = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a document");
        (path, text)
    };
    docs.chain([PathBuf::from("README.md")]).map(with_text).collect()
}

/// Returns the code spans of a line.
fn code_spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// Returns the paths in the code spans of a line. A command may follow its path: `bin/test rust`.
fn paths(line: &str) -> impl Iterator<Item = &str> {
    let words = code_spans(line).flat_map(str::split_whitespace);
    words.filter(|word| FOLDERS.iter().any(|folder| word.starts_with(folder)))
}

/// Returns the files to which a text links, relative to its document.
fn linked_files(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target));
    let files = targets.filter(|target| !target.contains("://")).filter_map(|target| target.split('#').next());
    files.filter(|file| !file.is_empty())
}

/// Returns the paths in the map of a README: an indented tree of names, each followed by two spaces and a description.
fn map(readme: &str) -> BTreeSet<PathBuf> {
    let (_, map) = readme.split_once("## Map\n").expect("a map");
    let lines = map.lines().skip_while(|line| line.is_empty()).take_while(|line| line.starts_with(' '));
    let mut folders: Vec<&str> = Vec::new();
    let mut paths = BTreeSet::new();
    for line in lines {
        let entry = line.trim_start();
        let name = entry.split("  ").next().unwrap_or_default().trim_end_matches('/');
        folders.truncate((line.len() - entry.len() - MAP_INDENT) / 2);
        folders.push(name);
        paths.insert(folders.iter().collect());
    }
    paths
}

/// Returns the names of the variables that a source file declares for options: `env = "DATABASE_URL"`.
fn variables(source: &str) -> Vec<&str> {
    source.split("env = \"").skip(1).filter_map(|rest| rest.split_once('"').map(|(name, _)| name)).collect()
}

#[test]
fn the_readme_is_short() {
    let readme = fs::read_to_string("README.md").expect("the README");
    let lines = readme.lines().count();
    assert!(lines <= README_LINES_MAX, "the README has {lines} lines");
}

#[test]
fn no_line_of_a_document_is_too_long() {
    for (document, text) in documents() {
        for (number, line) in (1..).zip(text.lines()) {
            let len = line.chars().count();
            assert!(len <= LINE_LEN_MAX, "{}:{number} has {len} characters", document.display());
        }
    }
}

#[test]
fn every_path_that_a_document_names_exists() {
    for (document, text) in documents() {
        for (number, line) in (1..).zip(text.lines()) {
            let marks = line.matches('`').count();
            assert!(marks.is_multiple_of(2), "{}:{number} splits a code span", document.display());
            for path in paths(line) {
                assert!(Path::new(path).exists(), "{}:{number} names {path}", document.display());
            }
        }
    }
}

#[test]
fn every_link_to_a_file_leads_to_one() {
    for (document, text) in documents() {
        let folder = document.parent().expect("a folder");
        for file in linked_files(&text) {
            assert!(folder.join(file).exists(), "{} links to {file}", document.display());
        }
    }
}

#[test]
fn every_configuration_variable_is_documented() {
    let files = ["src/server/config.rs", "src/server/traces/options.rs"];
    let config = files.map(|path| fs::read_to_string(path).expect("the configuration")).concat();
    let operations = fs::read_to_string("docs/operations.md").expect("the document about configuration");
    let variables = variables(&config);
    assert!(variables.contains(&"DATABASE_URL") && variables.contains(&"OTEL_SERVICE_NAME"), "the variables are read");
    for name in variables {
        assert!(operations.contains(&format!("- `{name}`")), "{name} is not documented");
    }
}

#[test]
fn the_map_of_the_readme_equals_the_tree() {
    let map = map(&fs::read_to_string("README.md").expect("the README"));
    for path in &map {
        assert!(path.exists(), "the map names {}", path.display());
    }
    for folder in MAPPED {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            assert!(path.ends_with("mod.rs") || map.contains(&path), "the map lacks {}", path.display());
        }
    }
}

#[test]
fn documents_name_their_subject_and_have_nouns_as_headings() {
    for (document, text) in documents() {
        for (number, line) in (1..).zip(text.lines()) {
            for word in VAGUE {
                assert!(!has_word(line, word), "{}:{number} says “{word}”", document.display());
            }
            let heading = line.starts_with('#').then(|| line.trim_start_matches('#').trim_start().to_lowercase());
            let first = heading.as_deref().and_then(|heading| heading.split(' ').next());
            assert!(!first.is_some_and(|first| CLAUSES.contains(&first)), "{}:{number}: {line}", document.display());
        }
    }
}

#[test]
fn the_check_itself_reads_paths_links_variables_and_maps() {
    let line = "Run `bin/test rust`, see `src/lib.rs` and [`docs/a.md`](docs/a.md#b), not src/x or `x/src/y`.";
    assert_eq!(paths(line).collect::<Vec<_>>(), ["bin/test", "src/lib.rs", "docs/a.md"]);
    assert_eq!(
        linked_files("[a](docs/a.md#b) [b](#c) [c](https://d) [e](f.png)").collect::<Vec<_>>(),
        ["docs/a.md", "f.png"]
    );
    assert_eq!(variables("#[arg(long, env = \"A_B\", x = 1)] #[arg(env = \"C\")]"), ["A_B", "C"]);
    let tree =
        ["    a/        one", "      b.rs    two", "      c/      three", "        d/    four", "    e.toml    five"];
    let readme = format!("# A\n\n## Map\n\n{}\n\nEnd", tree.join("\n"));
    let expected = ["a", "a/b.rs", "a/c", "a/c/d", "e.toml"].map(PathBuf::from);
    assert_eq!(map(&readme), BTreeSet::from(expected));
}
