//! Callers on several runtimes, which end one by one, as those of a server's workers do.

use std::{collections::BTreeSet, sync::Arc};

use domain::product::ProductCache;
use futures::future::join_all;

use crate::{fixture::Process, server::Server};

/// The connections that the server has, but for the one that asks.
async fn connections(server: &Server) -> BTreeSet<String> {
    let clients: String = server.ask(&["CLIENT", "LIST"]).await;
    let others = clients.lines().filter(|line| !line.contains("cmd=client"));
    others.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[tokio::test]
async fn connections_outlive_the_runtime_of_the_caller_that_needed_them() {
    let server = Server::start().await;
    let process = Arc::new(Process::on(&server.url()).await);
    process.put(1, 1).await;
    process.near.invalidate_all().await;
    let before = connections(&server).await;
    let worker = Arc::clone(&process);
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(join_all((2..50).map(|id| worker.version(id))));
    };
    tokio::task::spawn_blocking(work).await.unwrap();
    let after = connections(&server).await;
    assert!(after.len() > before.len(), "the worker needed some: {before:?}, {after:?}");
    let versions = join_all((0..50).map(|_| process.version(1))).await;
    assert_eq!(versions, vec![Some(1); 50]);
    let used = connections(&server).await;
    assert!(after.is_subset(&used), "{after:?} are still there: {used:?}");
}
