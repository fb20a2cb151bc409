//! Tells the compiler what it cannot see for itself.
fn main() {
    // `sqlx::migrate!` reads them, but cargo watches only Rust.
    println!("cargo::rerun-if-changed=sql/migrations");
    // `cargo leptos --split` asks the linker for this. Code that is marked for splitting does not run unless it is split.
    println!("cargo::rustc-check-cfg=cfg(split)");
    println!("cargo::rerun-if-env-changed=CARGO_ENCODED_RUSTFLAGS");
    if std::env::var("CARGO_ENCODED_RUSTFLAGS").is_ok_and(|flags| flags.contains("--emit-relocs")) {
        println!("cargo::rustc-cfg=split");
    }
}
