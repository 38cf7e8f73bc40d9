//! Callers on several runtimes that end one by one, like those of a server's worker threads.

use std::sync::Arc;

use futures::future::join_all;

use crate::{fixture::Process, server::Server};

#[tokio::test]
async fn the_connection_outlives_the_runtime_of_the_caller_that_found_the_old_one_lost() {
    let server = Server::start().await;
    let process = Arc::new(Process::connect(&server.url()).await);
    let _killed: i64 = server.query(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]).await;
    let worker = Arc::clone(&process);
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            join_all((2..50).map(|id| worker.version(id))).await;
            worker.until_up().await;
            worker.put(1, 1).await;
        });
    };
    tokio::task::spawn_blocking(work).await.unwrap();
    let versions = join_all((0..50).map(|_| process.version(1))).await;
    assert_eq!(versions, vec![Some(1); 50]);
    assert!(process.redis.is_up());
}
