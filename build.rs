//! Build script: extra inputs for change detection, and the `split` cfg.
fn main() {
    // `sqlx::migrate!` embeds these files, but cargo does not track them.
    println!("cargo::rerun-if-changed=sql/migrations");
    // `cargo leptos --split` passes this flag to the linker. Functions marked for splitting fail at run time in an
    // unsplit build, so the marks are compiled only with it. A build script sees no other sign of `--split`: once
    // cargo-leptos gives one, such as a cfg or a variable, read that instead of the flag. Once a marked function also
    // works in an unsplit build, remove `cfg(split)` altogether, here and in `src/ui/pages/lazy.rs`.
    println!("cargo::rustc-check-cfg=cfg(split)");
    println!("cargo::rerun-if-env-changed=CARGO_ENCODED_RUSTFLAGS");
    if std::env::var("CARGO_ENCODED_RUSTFLAGS").is_ok_and(|flags| flags.contains("--emit-relocs")) {
        println!("cargo::rustc-cfg=split");
    }
}
