//! Passwords take long to check, on purpose: others are served meanwhile, and not too many wait.

use futures::{StreamExt as _, stream::FuturesUnordered};
use serde_json::json;

use crate::harness::{Client, Response, Server};

async fn fail_to_log_in(client: Client) -> Response {
    let body = json!({"email": "ann@example.com", "password": "wrong"});
    client.post("/auth/login", body).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_passwords_are_hashed_others_are_served() {
    // As many logins as the server has threads for requests: none would be left if they hashed.
    let server = Server::configure().var("WORKERS", 2).var("BCRYPT_COST", 13).start();
    let anyone = server.anonymous();
    anyone.get("/api/v1/products").await.assert_ok();
    let logins = [(); 2].map(|()| tokio::spawn(fail_to_log_in(anyone.clone())));
    let mut answers = 0;
    while !logins.iter().any(tokio::task::JoinHandle::is_finished) {
        anyone.get("/api/v1/products").await.assert_ok();
        answers += 1;
    }
    assert!(answers > 4, "{answers} requests were served while a password was hashed");
    for login in logins {
        login.await.expect("an answer").assert_status(401);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_logins_than_can_be_hashed_soon_are_asked_to_come_back() {
    let server = Server::configure().var("BCRYPT_COST", 12).start();
    let anyone = server.anonymous();
    let mut logins: FuturesUnordered<_> =
        (0..400).map(|_| fail_to_log_in(anyone.clone())).collect();
    // The queue is full long before its first hundred passwords are hashed.
    for _ in 0..100 {
        let response = logins.next().await.expect("an answer");
        if response.status == 503 {
            response.assert_problem_code(503, "unavailable");
            return;
        }
        response.assert_invalid_credentials();
    }
    panic!("the queue has no limit");
}
