//! Users: look, change, give and take rights, delete.

use serde_json::json;

use crate::harness::{Server, server_of_ann, shape, shop};

#[tokio::test]
async fn everybody_sees_their_own_account() {
    let (server, ann) = server_of_ann().await;
    let me = ann.get("/api/v1/users/me").await;
    assert_eq!(me.ok()["email"], "ann@example.com");
    let by_id = ann.get(&format!("/api/v1/users/{}", ann.id())).await;
    assert_eq!(by_id.ok(), &me.json);
    server.anonymous().get("/api/v1/users/me").await.is_not_authenticated();
}

#[tokio::test]
async fn another_account_is_for_admins_only() {
    let (server, ann, admin) = shop().await;
    let bob = server.customer("bob").await;
    let path = format!("/api/v1/users/{}", ann.id());
    bob.get(&path).await.is_problem(403, "not_authorized", "Not authorized");
    bob.put(&path, json!({"name": "Bob was here"})).await.is_problem(
        403,
        "not_authorized",
        "Not authorized",
    );
    bob.delete(&path).await.is_for_admins();
    bob.put_empty(&format!("{path}/role")).await.is_for_admins();
    assert_eq!(admin.get(&path).await.ok()["name"], "ann");
    for caller in [&bob, &server.anonymous()] {
        let reply = caller.get("/api/v1/users/987654321").await;
        assert!([401, 403].contains(&reply.status), "nobody is told who exists: {reply}");
    }
    let nobody = "/api/v1/users/987654321";
    admin.get(nobody).await.is_no_user();
    admin.put(nobody, json!({"name": "X"})).await.is_no_user();
    admin.put_empty(&format!("{nobody}/role")).await.is_no_user();
    admin.delete(nobody).await.is_no_user();
}

#[tokio::test]
async fn the_list_of_users_is_for_admins() {
    let (server, ann, admin) = shop().await;
    ann.get("/api/v1/users/").await.is_for_admins();
    server.anonymous().get("/api/v1/users/").await.is_not_authenticated();
    let reply = admin.get("/api/v1/users/").await;
    shape("v1_users_page", reply.ok());
}

#[tokio::test]
async fn name_and_email_can_be_changed_by_their_owner_and_by_admins() {
    let (server, ann, admin) = shop().await;
    let path = format!("/api/v1/users/{}", ann.id());
    let reply = ann.put(&path, json!({"name": "Ann of Green Gables"})).await;
    assert_eq!(reply.ok()["name"], "Ann of Green Gables");
    assert_eq!(reply.json["email"], "ann@example.com");
    let reply = admin.put(&path, json!({"email": "Anne@example.com"})).await;
    assert_eq!(reply.ok()["email"], "anne@example.com");
    assert_eq!(reply.json["name"], "Ann of Green Gables");
    assert_eq!(ann.get("/api/v1/users/me").await.ok(), &reply.json);
    server.anonymous().signed_in("anne@example.com").await;
    // The address that was given up is free again.
    server.customer("ann").await;
}

#[tokio::test]
async fn a_change_of_an_account_is_checked_like_a_registration() {
    let server = Server::start();
    let (ann, _bob) = (server.customer("ann").await, server.customer("bob").await);
    let path = format!("/api/v1/users/{}", ann.id());
    ann.put(&path, json!({"name": "", "email": "nobody"})).await.is_invalid(&["/name", "/email"]);
    ann.put(&path, json!({"email": "BOB@example.com"})).await.is_email_taken();
    // Keeping one's own address is no conflict.
    ann.put(&path, json!({"email": "ann@example.com"})).await.ok();
    let reply = ann.put(&path, json!({"role": "admin", "id": 1, "name": "Ann"})).await;
    assert_eq!(reply.ok()["role"], "user");
    assert_eq!(reply.json["id"], ann.id());
}

#[tokio::test]
async fn a_role_is_toggled_or_set_and_takes_effect_on_the_very_next_request() {
    let (_server, ann, admin) = shop().await;
    let path = format!("/api/v1/users/{}/role", ann.id());
    admin.put_empty(&path).await.is(200);
    assert_eq!(ann.get("/api/v1/users/me").await.ok()["role"], "admin");
    ann.get("/api/v1/users").await.ok();
    admin.put_empty(&path).await.is(200);
    ann.get("/api/v1/users").await.is_for_admins();
    for _ in 0..2 {
        admin.put(&path, json!({"role": "admin"})).await.is(200);
        ann.get("/api/v1/users").await.ok();
    }
    admin.put(&path, json!({"role": "user"})).await.is(200);
    ann.get("/api/v1/users").await.is(403);
    admin.put(&path, json!({"role": "emperor"})).await.is_invalid(&["/role"]);
    admin.put(&path, json!({})).await.is(200);
    ann.get("/api/v1/users").await.ok();
}

#[tokio::test]
async fn the_last_admin_can_neither_be_demoted_nor_deleted() {
    let (_server, ann, admin) = shop().await;
    let own = format!("/api/v1/users/{}", admin.id());
    admin.put_empty(&format!("{own}/role")).await.is_refused(409, "last_admin");
    admin.put(&format!("{own}/role"), json!({"role": "user"})).await.is_refused(409, "last_admin");
    admin.delete(&own).await.is_refused(409, "last_admin");
    admin.get("/api/v1/users").await.ok();
    admin.put_empty(&format!("/api/v1/users/{}/role", ann.id())).await.is(200);
    admin.delete(&own).await.ok();
    admin.get("/api/v1/users").await.is_invalid_token();
    let anns = format!("/api/v1/users/{}/role", ann.id());
    ann.put_empty(&anns).await.is_refused(409, "last_admin");
}
