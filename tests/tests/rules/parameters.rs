//! Query parameters: what a route does not know, and what it does not understand, is refused.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Client, Contract, PendingRequest, ids_of, shop};

/// A v1 operation of the document, with the query parameters that it describes.
struct Operation {
    method: Method,
    path: String,
    parameters: BTreeSet<String>,
}

fn v1_operations() -> Vec<Operation> {
    let of_v1 = Contract::get().operations().filter(|(_, path, _)| path.starts_with("/api/v1/"));
    let operation = |(method, path, described): (String, &str, &Value)| Operation {
        method: Method::from_bytes(method.as_bytes()).unwrap(),
        path: path.replace("{id}", "1"),
        parameters: described["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|parameter| parameter["in"] == "query")
            .map(|parameter| parameter["name"].as_str().unwrap().to_owned())
            .collect(),
    };
    of_v1.map(operation).collect()
}

impl Operation {
    fn request(&self, client: &Client, parameters: &[&str], value: &str) -> PendingRequest {
        let parameters: Vec<_> = parameters.iter().map(|name| (*name, value)).collect();
        client.request(self.method.clone(), &self.path).query(&parameters)
    }
}

#[tokio::test]
async fn each_v1_route_reads_the_parameters_that_the_document_describes_and_refuses_all_others() {
    let (_server, ann, admin) = shop().await;
    let operations = v1_operations();
    let mut names: BTreeSet<_> =
        operations.iter().flat_map(|operation| operation.parameters.clone()).collect();
    assert!(names.len() >= 8, "{names:?}");
    names.extend(["stauts", "emial", "Status", "id"].map(str::to_owned));
    for operation in &operations {
        let unknown: Vec<_> = names.difference(&operation.parameters).map(String::as_str).collect();
        operation.request(&admin, &unknown, "1").await.assert_invalid_parameters(&unknown);
        // A NUL is no valid value of any parameter, so each that is read is named.
        let known: Vec<_> = operation.parameters.iter().map(String::as_str).collect();
        if !known.is_empty() {
            operation.request(&admin, &known, "\0").await.assert_invalid_parameters(&known);
        }
    }
    // Nothing was done: no account was deleted, no session ended.
    assert_eq!(admin.get("/api/v1/users").await.assert_ok()["total"], 2);
    ann.get("/api/v1/users/me").await.assert_ok();
}

#[tokio::test]
async fn a_misspelled_parameter_is_named_on_v1_and_ignored_on_classic() {
    let (server, ann, admin) = shop().await;
    admin.get("/api/v1/orders?stauts=pending").await.assert_invalid_parameters(&["stauts"]);
    admin.get("/api/v1/users?emial=a&limit=0").await.assert_invalid_parameters(&["emial", "limit"]);
    let anyone = server.anonymous();
    anyone.get("/api/v1/products?colour=red&colour=").await.assert_invalid_parameters(&["colour"]);
    anyone.get("/api/v1/products/4711?x").await.assert_invalid_parameters(&["x"]);
    let body = json!({"customer_name": "Ada", "item_name": "Chair", "quantity": 1});
    ann.post("/orders?x=1", body).await.created_at("/orders/");
    ann.get("/orders?stauts=pending&limit=1&limit=2").await.assert_ok();
}

#[tokio::test]
async fn who_the_caller_is_comes_before_the_parameters() {
    let (server, ann, _admin) = shop().await;
    server.anonymous().get("/api/v1/orders?stauts=pending").await.assert_not_authenticated();
    server.anonymous().get("/api/v1/users/me?x=1").await.assert_not_authenticated();
    ann.get("/api/v1/orders?stauts=pending").await.assert_admin_required();
    ann.delete("/api/v1/products/1?x=1").await.assert_admin_required();
}

#[tokio::test]
async fn a_repeated_parameter_must_have_one_value() {
    let (_server, _ann, admin) = shop().await;
    for query in ["page=1&page=2", "page=2&page=", "page=x&page=1"] {
        let path = format!("/api/v1/products?{query}");
        admin.get(&path).await.assert_invalid_parameters(&["page"]);
    }
    admin.get("/api/v1/orders?user_id=7&user_id=8").await.assert_invalid_parameters(&["user_id"]);
    admin.get("/api/v1/products?page=1&page=1").await.assert_ok();
}

#[tokio::test]
async fn an_empty_filter_filters_nothing() {
    let (_server, ann, admin) = shop().await;
    let order = ann.place_free_form_order("Ada", "Chair", 1).await;
    let times = ["created_from", "created_to", "updated_from", "updated_to"];
    for filter in ["status", "user_id", "product_id", "sort", "cursor"].into_iter().chain(times) {
        for value in ["=", "", "=%20", "=&"] {
            let response = admin.get(&format!("/api/v1/orders?{filter}{value}")).await;
            assert_eq!(ids_of(&response.assert_ok()["data"]), [order], "{response}");
        }
    }
    admin.get("/api/v1/products?search=").await.assert_ok();
    let classic = ann.get("/orders?search=&min_qty=&max_qty=&sort_by=&sort_order=").await;
    assert_eq!(ids_of(classic.assert_ok()), [order]);
    ann.get("/orders?limit=").await.assert_invalid_parameters(&["limit"]);
}
