//! Tells cargo that the migrations are part of the program: `sqlx::migrate!` reads them, but cargo watches only Rust.
fn main() {
    println!("cargo::rerun-if-changed=sql/migrations");
}
