//! `Leptos.toml`: the configuration of a server that is started without cargo-leptos.

use toml::{Table, Value};

fn leptos_section(file: &str) -> Table {
    let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("the file is part of the package");
    let file: Table = text.parse().expect("the file is TOML");
    let section =
        ["package", "metadata", "leptos"].iter().try_fold(Value::Table(file), |value, key| value.get(key).cloned());
    section.and_then(|section| section.as_table().cloned()).expect("the section is there")
}

#[test]
fn leptos_toml_agrees_with_cargo_toml() {
    let (at_run_time, at_build_time) = (leptos_section("Leptos.toml"), leptos_section("Cargo.toml"));
    for key in ["output-name", "site-root", "site-pkg-dir", "site-addr", "reload-port", "hash-files"] {
        assert!(at_run_time.contains_key(key), "{key} is missing");
    }
    for (key, value) in &at_run_time {
        // cargo-leptos sets `env` itself.
        if key != "env" {
            assert_eq!(at_build_time.get(key), Some(value), "{key}");
        }
    }
}

#[test]
fn leptos_reads_leptos_toml() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/Leptos.toml");
    let options = leptos::prelude::get_configuration(Some(path)).expect("Leptos can read it").leptos_options;
    assert_eq!((&*options.output_name, options.hash_files), ("cruddur-messages", true));
}
