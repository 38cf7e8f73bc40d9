//! Hashing a password is slow on purpose: other requests are served at the same time, and the queue
//! of hashes is bounded.

use futures::{StreamExt as _, stream::FuturesUnordered};
use serde_json::json;

use crate::harness::{Client, Response, Server};

async fn log_in_with_wrong_password(client: Client) -> Response {
    let body = json!({"email": "ann@example.com", "password": "wrong"});
    client.post("/auth/login", body).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_requests_are_served_while_passwords_are_hashed() {
    // As many logins as the server has worker threads: if these hashed the passwords, none would be
    // free.
    let server = Server::configure().var("WORKERS", 2).var("BCRYPT_COST", 13).start();
    let anyone = server.anonymous();
    anyone.get("/api/v1/products").await.assert_ok();
    let logins = [(); 2].map(|()| tokio::spawn(log_in_with_wrong_password(anyone.clone())));
    let mut completed = 0;
    while !logins.iter().any(tokio::task::JoinHandle::is_finished) {
        anyone.get("/api/v1/products").await.assert_ok();
        completed += 1;
    }
    assert!(completed > 4, "{completed} requests completed while a password was hashed");
    for login in logins {
        login.await.expect("a response").assert_status(401);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logins_beyond_the_hashing_queue_get_503() {
    let server = Server::configure().var("BCRYPT_COST", 12).start();
    let anyone = server.anonymous();
    let mut logins: FuturesUnordered<_> =
        (0..400).map(|_| log_in_with_wrong_password(anyone.clone())).collect();
    // The queue fills up long before the first hundred passwords are hashed.
    for _ in 0..100 {
        let response = logins.next().await.expect("a response");
        if response.status == 503 {
            response.assert_problem_code(503, "unavailable");
            return;
        }
        response.assert_invalid_credentials();
    }
    panic!("the queue has no limit");
}
