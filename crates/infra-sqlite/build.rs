//! Rebuilds the crate when a migration changes: Cargo does not track the embedded files.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations/sqlite");
}
