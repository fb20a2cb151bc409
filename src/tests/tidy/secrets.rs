//! Secrets have types that never print.

use std::fs;
use std::path::Path;

use super::sources;

/// Parts of the names of fields that hold secrets, or addresses with a password.
const NAMES: [&str; 6] = ["password", "secret", "refresh_token", "session_key", "database_url", "nats_url"];

/// Returns the fields of the structs in a source file whose type is a plain text.
fn plain_fields(source: &str) -> Vec<&str> {
    let mut is_struct = false;
    let mut fields = Vec::new();
    for line in source.lines().map(str::trim) {
        match line {
            _ if line.contains("struct ") && line.ends_with('{') => is_struct = true,
            "}" => is_struct = false,
            _ => {}
        }
        let Some((name, kind)) = line.trim_start_matches("pub ").split_once(": ") else { continue };
        if is_struct && kind.contains("String") && !kind.contains("SecretString") {
            fields.push(name);
        }
    }
    fields
}

#[test]
fn no_field_of_the_server_holds_a_secret_as_a_text_that_can_be_printed() {
    for path in sources(Path::new("src/server")) {
        let source = fs::read_to_string(&path).expect("a source file");
        for field in plain_fields(&source) {
            assert!(!NAMES.iter().any(|name| field.contains(name)), "{}: {field}", path.display());
        }
    }
}

#[test]
fn the_check_itself_finds_plain_texts() {
    let source =
        "pub struct A {\n    pub password: String,\n    token: Option<SecretString>,\n}\nfn f(secret: String) {}";
    assert_eq!(plain_fields(source), ["password"]);
}
