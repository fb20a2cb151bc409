//! Names of all tests, for the tables that refer to them.

use std::fs;
use std::path::Path;

use super::tidy::files;

/// Text of all files that may contain tests.
pub(crate) struct TestNames(String);

impl TestNames {
    /// Reads the sources and the browser tests.
    pub(crate) fn read() -> Self {
        let tests = files(Path::new("src")).into_iter().filter(|path| path.extension().is_some_and(|it| it == "rs"));
        let specs = fs::read_dir("end2end").expect("a folder").map(|entry| entry.expect("an entry").path());
        let specs = specs.filter(|path| path.extension().is_some_and(|it| it == "ts"));
        Self(tests.chain(specs).map(|path| fs::read_to_string(path).expect("a source file")).collect())
    }

    /// Returns whether there is a test function of this name.
    pub(crate) fn has_function(&self, name: &str) -> bool {
        self.0.contains(&format!("fn {name}("))
    }

    /// Returns whether there is a browser test of this title.
    pub(crate) fn has_title(&self, title: &str) -> bool {
        self.0.contains(&format!("test(\"{title}\"")) || self.0.contains(&format!("test(`{title}`"))
    }
}
