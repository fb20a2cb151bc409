//! Checks that the tests named in `defects.md`, the table of the legacy app's defects, exist.

use std::fs;
use std::path::{Path, PathBuf};

use super::test_names::TestNames;
use super::tidy::files;

#[test]
fn every_test_named_in_the_table_of_defects_exists() {
    let (table, names) = (include_str!("defects.md"), TestNames::read());
    let rows: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split(" | ").collect::<Vec<_>>())
        .filter(|cells| cells[0].trim_start_matches("| ").parse::<u32>().is_ok())
        .collect();
    assert_eq!(rows.len(), 50, "one row per defect");
    for (row, number) in rows.iter().zip(1..) {
        let [first, _, tests] = row[..] else { panic!("three columns: {row:?}") };
        assert_eq!(first, format!("| {number}"));
        let functions = tests.split('`').skip(1).step_by(2).filter(|name| name.matches('_').count() > 2);
        for function in functions {
            assert!(names.has_function(function), "defect {number}: no test {function}");
        }
        for title in tests.split('"').skip(1).step_by(2) {
            assert!(names.has_title(title), "{title}");
        }
    }
}

/// AWS access keys and private keys have forms that no other text has.
#[test]
fn no_secret_is_committed() {
    let folders = ["src", "bin", "docs", "sql", "style", "public", "end2end", "aws", ".ci"].map(Path::new);
    let top = ["README.md", "Cargo.toml", "Leptos.toml"].map(PathBuf::from);
    for path in folders.into_iter().filter(|folder| folder.exists()).flat_map(files).chain(top) {
        let text = String::from_utf8_lossy(&fs::read(&path).expect("a file")).into_owned();
        let pem = ["-----BEGIN", "PRIVATE KEY"].join(" ");
        assert!(!text.contains(&pem), "{} contains a private key", path.display());
        for kind in ["AK", "AS"].map(|letters| format!("{letters}IA")) {
            let is_key =
                |rest: &str| rest.chars().take_while(|it| it.is_ascii_uppercase() || it.is_ascii_digit()).count() == 16;
            assert!(!text.split(&kind).skip(1).any(is_key), "{} contains an access key", path.display());
        }
    }
}
