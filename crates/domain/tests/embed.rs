//! The example is documentation, and stays true: what it asserts holds.

#[path = "../examples/embed.rs"]
mod embed;

#[test]
fn the_example_of_embedding_the_domain_runs_as_it_says() {
    embed::main().unwrap();
}
