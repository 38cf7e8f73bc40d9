//! Rebuilds the crate when a migration changes: the compiler does not see the files that it embeds.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations/postgres");
}
