//! Dependencies of the web server.

use std::process::Command;

/// Crates that only the admin tool or the Lambda function needs.
const OF_OTHER_PROGRAMS: [&str; 3] = ["indicatif", "lambda_runtime", "aws_lambda_events"];

#[test]
fn the_web_server_depends_on_no_crate_of_another_program() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{lib}"])
        .args(["--no-default-features", "--features", "ssr"])
        .output()
        .expect("cargo starts");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let crates: Vec<_> = str::from_utf8(&tree.stdout).expect("text").lines().collect();
    assert!(crates.contains(&"axum"), "{crates:?}");
    for name in OF_OTHER_PROGRAMS {
        assert!(!crates.contains(&name), "the web server depends on {name}");
    }
}
