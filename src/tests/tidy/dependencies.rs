//! Dependencies of the web server.

use std::process::Command;

/// Crates that only the admin tool or the Lambda function needs.
const OF_OTHER_PROGRAMS: [&str; 3] = ["indicatif", "lambda_runtime", "aws_lambda_events"];

/// Other implementations of TLS, ciphers and signatures than AWS-LC. A second one would have defaults of its own.
const OTHER_CRYPTOGRAPHY: [&str; 6] = ["ring", "openssl", "native_tls", "rsa", "aes_gcm", "p256"];

/// Returns the crates of the web server, as their libraries are called.
fn crates_of_the_web_server() -> Vec<String> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{lib}"])
        .args(["--no-default-features", "--features", "ssr"])
        .output()
        .expect("cargo starts");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    str::from_utf8(&tree.stdout).expect("text").lines().map(str::to_owned).collect()
}

#[test]
fn the_web_server_depends_on_no_crate_of_another_program() {
    let crates = crates_of_the_web_server();
    assert!(crates.iter().any(|it| it == "axum"), "{crates:?}");
    for name in OF_OTHER_PROGRAMS {
        assert!(!crates.iter().any(|it| it == name), "the web server depends on {name}");
    }
}

#[test]
fn tls_and_ciphers_come_from_one_library() {
    let crates = crates_of_the_web_server();
    assert!(["rustls", "aws_lc_rs"].iter().all(|name| crates.iter().any(|it| it == name)), "{crates:?}");
    for name in OTHER_CRYPTOGRAPHY {
        assert!(!crates.iter().any(|it| it == name), "the web server depends on {name}");
    }
}
