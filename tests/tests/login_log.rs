//! The log attributes failed logins without personal data.

use serde_json::json;

use crate::harness::{PASSWORD, Program, Server, ServerBuilder, eventually};

/// A server behind a proxy, so that a test can log in from any address.
fn behind_a_proxy() -> ServerBuilder {
    Server::configure().var("TRUSTED_PROXIES", "127.0.0.1").without("RUST_LOG")
}

/// Logs in and returns the status of the response.
async fn log_in(server: &Server, path: &str, email: &str, password: &str, from: &str) -> u16 {
    let member = if path.starts_with("/auth") { "email" } else { "username" };
    let body = json!({member: email, "password": password});
    server.anonymous().post(path, body).header("X-Forwarded-For", from).await.status
}

const V1: &str = "/api/v1/users/login";
const CLASSIC: &str = "/auth/login";

/// The log lines of failed logins, as soon as there are so many.
async fn failed_logins(server: &Server, number: usize) -> Vec<String> {
    let mut found = Vec::new();
    eventually(&format!("{number} failed logins are logged"), async || {
        found = lines_with(server, " login failed ");
        found.len() >= number
    })
    .await;
    found
}

/// The lines of the log that contain this.
fn lines_with(server: &Server, part: &str) -> Vec<String> {
    server.printed().lines().filter(|line| line.contains(part)).map(str::to_owned).collect()
}

/// The value of a member of a log line, in its form for people.
fn member<'l>(line: &'l str, name: &str) -> &'l str {
    let value = line.split_once(&format!(" {name}=")).map(|(_, value)| value);
    value.and_then(|value| value.split(' ').next()).unwrap_or_default().trim_matches('"')
}

#[tokio::test]
async fn failed_logins_are_logged_under_pseudonyms_of_account_and_network() {
    let server = behind_a_proxy().start();
    server.customer("annabel").await;
    let wrong = "wrong horse battery";
    for (path, email, from) in [
        (V1, "annabel@example.com", "198.51.100.77"),
        (CLASSIC, " Annabel@EXAMPLE.com ", "198.51.100.77"),
        (CLASSIC, "unknown@example.com", "2001:db8:77:1::1"),
        (V1, "no address at all", "2001:db8:77:1:2:3:4:5"),
    ] {
        assert_eq!(log_in(&server, path, email, wrong, from).await, 401, "{email}");
    }
    assert_eq!(log_in(&server, V1, "annabel@example.com", PASSWORD, "198.51.100.77").await, 200);
    assert_eq!(log_in(&server, CLASSIC, "last@example.com", wrong, "198.51.100.78").await, 401);

    let logged = failed_logins(&server, 5).await;
    assert_eq!(logged.len(), 5, "a successful login is not logged as a failed one: {logged:?}");
    let all = |name: &str| -> Vec<&str> { logged.iter().map(|line| member(line, name)).collect() };
    let (accounts, networks) = (all("account"), all("network"));
    assert_eq!(accounts[0], accounts[1], "spellings of one address: {logged:?}");
    assert_eq!((networks[0], networks[2]), (networks[1], networks[3]), "{logged:?}");
    let distinct: std::collections::HashSet<_> =
        accounts[1..].iter().chain([&networks[0], &networks[2], &networks[4]]).collect();
    assert_eq!(distinct.len(), 7, "{logged:?}");
    for pseudonym in distinct {
        assert!(pseudonym.len() == 16 && u64::from_str_radix(pseudonym, 16).is_ok(), "{pseudonym}");
    }
    assert_eq!(all("reason"), ["invalid_credentials"; 5]);
    let requests = lines_with(&server, " status=401 ");
    assert_eq!(member(&requests[0], "trace_id"), member(&logged[0], "trace_id"), "{requests:?}");

    let printed = server.printed().to_lowercase();
    for private in ["annabel@", "unknown@", "last@", "no address", "198.51.100", "2001:db8", wrong]
    {
        assert!(!printed.contains(private), "{private}: {printed}");
    }

    // Operators find the lines about an account that they know.
    let arguments = ["user", "show", "--email", "annabel@example.com"];
    let shown = Program::new(server.store(), &arguments).run();
    let line = format!("in the log: {}", accounts[0]);
    assert!(shown.assert_success().stdout.lines().any(|shown| shown == line), "{line}: {shown}");
}

#[tokio::test]
async fn logins_over_a_limit_are_logged_as_such() {
    let server = behind_a_proxy().var("RATE_LIMIT_ACCOUNT_LOGIN", "1/hour").start();
    for (from, status) in [("198.51.100.1", 401), ("198.51.100.2", 429)] {
        assert_eq!(log_in(&server, V1, "ann@example.com", "wrong", from).await, status);
    }
    let server_by_client = behind_a_proxy().var("RATE_LIMIT_LOGIN", "1/hour").start();
    for (email, status) in [("ann@example.com", 401), ("bob@example.com", 429)] {
        let from = "198.51.100.1";
        assert_eq!(log_in(&server_by_client, CLASSIC, email, "wrong", from).await, status);
    }
    for server in [server, server_by_client] {
        let logged = failed_logins(&server, 2).await;
        let reasons: Vec<_> = logged.iter().map(|line| member(line, "reason")).collect();
        assert_eq!(reasons, ["invalid_credentials", "rate_limited"]);
    }
}
