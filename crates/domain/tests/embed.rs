//! Runs the example, which is documentation, with its assertions.

#[path = "../examples/embed.rs"]
mod embed;

#[test]
fn the_embedding_example_succeeds() {
    embed::main().unwrap();
}
