//! Users: read, change, set roles, delete.

use serde_json::json;

use crate::harness::{Server, assert_snapshot, server_with_customer, shop};

#[tokio::test]
async fn users_can_read_their_own_account() {
    let (server, ann) = server_with_customer().await;
    let me = ann.get("/api/v1/users/me").await;
    assert_eq!(me.assert_ok()["email"], "ann@example.com");
    let by_id = ann.get(&format!("/api/v1/users/{}", ann.id())).await;
    assert_eq!(by_id.assert_ok(), &me.json);
    server.anonymous().get("/api/v1/users/me").await.assert_not_authenticated();
}

#[tokio::test]
async fn only_admins_can_access_another_account() {
    let (server, ann, admin) = shop().await;
    let bob = server.customer("bob").await;
    let path = format!("/api/v1/users/{}", ann.id());
    bob.get(&path).await.assert_problem(403, "not_authorized", "Not authorized");
    bob.put(&path, json!({"name": "Bob was here"})).await.assert_problem(
        403,
        "not_authorized",
        "Not authorized",
    );
    bob.delete(&path).await.assert_admin_required();
    bob.put_empty(&format!("{path}/role")).await.assert_admin_required();
    assert_eq!(admin.get(&path).await.assert_ok()["name"], "ann");
    for caller in [&bob, &server.anonymous()] {
        let response = caller.get("/api/v1/users/987654321").await;
        assert!(
            [401, 403].contains(&response.status),
            "non-admins cannot probe for ids: {response}"
        );
    }
    let unknown = "/api/v1/users/987654321";
    admin.get(unknown).await.assert_user_not_found();
    admin.put(unknown, json!({"name": "X"})).await.assert_user_not_found();
    admin.put_empty(&format!("{unknown}/role")).await.assert_user_not_found();
    admin.delete(unknown).await.assert_user_not_found();
}

#[tokio::test]
async fn only_admins_can_list_users() {
    let (server, ann, admin) = shop().await;
    ann.get("/api/v1/users/").await.assert_admin_required();
    server.anonymous().get("/api/v1/users/").await.assert_not_authenticated();
    let response = admin.get("/api/v1/users/").await;
    assert_snapshot("v1_users_page", response.assert_ok());
}

#[tokio::test]
async fn name_and_email_can_be_changed_by_their_owner_and_by_admins() {
    let (server, ann, admin) = shop().await;
    let path = format!("/api/v1/users/{}", ann.id());
    let response = ann.put(&path, json!({"name": "Ann of Green Gables"})).await;
    assert_eq!(response.assert_ok()["name"], "Ann of Green Gables");
    assert_eq!(response.json["email"], "ann@example.com");
    let response = admin.put(&path, json!({"email": "Anne@example.com"})).await;
    assert_eq!(response.assert_ok()["email"], "anne@example.com");
    assert_eq!(response.json["name"], "Ann of Green Gables");
    // The sessions of the account end, and its owner logs in with the new address.
    ann.get("/api/v1/users/me").await.assert_invalid_token();
    let anne = server.anonymous().log_in("anne@example.com").await;
    assert_eq!(anne.get("/api/v1/users/me").await.assert_ok(), &response.json);
    // The former address can be registered again.
    server.customer("ann").await;
}

#[tokio::test]
async fn a_change_of_an_account_is_validated_like_a_registration() {
    let server = Server::start();
    let (ann, _bob) = (server.customer("ann").await, server.customer("bob").await);
    let path = format!("/api/v1/users/{}", ann.id());
    ann.put(&path, json!({"name": "", "email": "no-address"}))
        .await
        .assert_invalid_fields(&["/name", "/email"]);
    ann.put(&path, json!({"email": "BOB@example.com"})).await.assert_email_taken();
    // An unchanged address is no conflict.
    ann.put(&path, json!({"email": "ann@example.com"})).await.assert_ok();
    let response = ann.put(&path, json!({"role": "admin", "id": 1, "name": "Ann"})).await;
    assert_eq!(response.assert_ok()["role"], "user");
    assert_eq!(response.json["id"], ann.id());
}

#[tokio::test]
async fn a_role_can_be_toggled_or_set_and_applies_to_the_next_request() {
    let (_server, ann, admin) = shop().await;
    let path = format!("/api/v1/users/{}/role", ann.id());
    admin.put_empty(&path).await.assert_status(200);
    assert_eq!(ann.get("/api/v1/users/me").await.assert_ok()["role"], "admin");
    ann.get("/api/v1/users").await.assert_ok();
    admin.put_empty(&path).await.assert_status(200);
    ann.get("/api/v1/users").await.assert_admin_required();
    for _ in 0..2 {
        admin.put(&path, json!({"role": "admin"})).await.assert_status(200);
        ann.get("/api/v1/users").await.assert_ok();
    }
    admin.put(&path, json!({"role": "user"})).await.assert_status(200);
    ann.get("/api/v1/users").await.assert_status(403);
    admin.put(&path, json!({"role": "emperor"})).await.assert_invalid_fields(&["/role"]);
    admin.put(&path, json!({})).await.assert_status(200);
    ann.get("/api/v1/users").await.assert_ok();
}

#[tokio::test]
async fn the_last_admin_can_neither_be_demoted_nor_deleted() {
    let (_server, ann, admin) = shop().await;
    let own = format!("/api/v1/users/{}", admin.id());
    admin.put_empty(&format!("{own}/role")).await.assert_problem_code(409, "last_admin");
    admin
        .put(&format!("{own}/role"), json!({"role": "user"}))
        .await
        .assert_problem_code(409, "last_admin");
    admin.delete(&own).await.assert_problem_code(409, "last_admin");
    admin.get("/api/v1/users").await.assert_ok();
    admin.put_empty(&format!("/api/v1/users/{}/role", ann.id())).await.assert_status(200);
    admin.delete(&own).await.assert_ok();
    admin.get("/api/v1/users").await.assert_invalid_token();
    let anns = format!("/api/v1/users/{}/role", ann.id());
    ann.put_empty(&anns).await.assert_problem_code(409, "last_admin");
}
