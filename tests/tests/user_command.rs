//! `oms user`: what operators see of accounts, and how they replace a password.

use crate::harness::{PASSWORD, Program, ProgramOutput, Server, Store};

const NEW_PASSWORD: &str = "a brand new password";

fn user(store: &Store, arguments: &[&str]) -> ProgramOutput {
    let arguments: Vec<_> = ["user"].iter().chain(arguments).copied().collect();
    Program::new(store, &arguments).run()
}

#[tokio::test]
async fn accounts_are_listed_one_a_line_and_shown_by_address_or_id() {
    let server = Server::start();
    let ann = server.customer("ann").await;
    let me = ann.get("/api/v1/users/me").await.assert_ok().clone();
    let (id, email) = (me["id"].to_string(), me["email"].as_str().unwrap());

    let output = user(server.store(), &["list"]);
    let lines: Vec<_> = output.assert_success().stdout.lines().collect();
    assert_eq!(lines.len(), 2, "the admin and Ann: {output}");
    let admin: Vec<_> = lines[0].split('\t').collect();
    assert_eq!(admin[1..4], ["admin", "admin@example.com", "confirmed"], "{output}");
    let listed: Vec<_> = lines[1].split('\t').collect();
    assert_eq!(listed[..4], [id.as_str(), "user", email, "unconfirmed"], "{output}");
    assert_eq!(listed[5], me["name"].as_str().unwrap(), "{output}");

    for selector in [["show", "--email", email], ["show", "--id", &id]] {
        let output = user(server.store(), &selector);
        let shown = &output.assert_success().stdout;
        for part in [format!("id:         {id}\n"), format!("email:      {email}\n")] {
            assert!(shown.contains(&part), "{output}");
        }
        assert!(shown.contains("confirmed:  no\n") && !shown.contains("$2b$"), "{output}");
    }
}

#[tokio::test]
async fn an_operator_replaces_a_password_and_ends_the_sessions_while_the_server_runs() {
    let server = Server::start();
    let ann = server.customer("ann").await;
    let me = ann.get("/api/v1/users/me").await.assert_ok().clone();
    let email = me["email"].as_str().unwrap();
    let arguments = ["user", "password", "--email", &email.to_uppercase()];
    let output = Program::new(server.store(), &arguments).input(&format!("{NEW_PASSWORD}\n")).run();
    output.assert_success();
    assert!(!format!("{output}").contains(NEW_PASSWORD), "{output}");

    ann.get("/api/v1/users/me").await.assert_problem_code(401, "invalid_token");
    let log_in = async |password: &str| {
        let body = serde_json::json!({"username": email, "password": password});
        server.anonymous().post("/api/v1/users/login", body).await
    };
    log_in(PASSWORD).await.assert_problem_code(401, "invalid_credentials");
    log_in(NEW_PASSWORD).await.assert_ok();
}

#[tokio::test]
async fn a_password_that_cannot_be_used_and_an_unknown_account_change_nothing() {
    let server = Server::start();
    let ann = server.customer("ann").await;
    let me = ann.get("/api/v1/users/me").await.assert_ok().clone();
    let id = me["id"].to_string();
    for input in ["", "\n", "brief\n", &"x".repeat(73)] {
        // What is meant for the first admin is not taken for another account.
        let output = Program::new(server.store(), &["user", "password", "--id", &id])
            .var("ADMIN_EMAIL", "admin@example.com")
            .var("ADMIN_PASSWORD", NEW_PASSWORD)
            .input(input)
            .run();
        assert!(output.assert_failure(2).contains("password"), "{output}");
    }
    for selector in [["--email", "nobody@example.com"], ["--id", "4711"]] {
        for command in ["show", "password"] {
            let arguments = ["user", command, selector[0], selector[1]];
            let output = Program::new(server.store(), &arguments).input(NEW_PASSWORD).run();
            assert!(output.assert_failure(1).contains(selector[1]), "{output}");
        }
    }
    for wrong in [&["show"][..], &["password"], &["show", "--id", "1", "--email", "a@b.co"]] {
        assert_eq!(user(server.store(), wrong).code, Some(2));
    }
    ann.get("/api/v1/users/me").await.assert_ok();
}
