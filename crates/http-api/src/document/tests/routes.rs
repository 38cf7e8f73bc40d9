//! Every documented operation is routed.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{
    App,
    http::{Method, StatusCode, header},
    test::{TestRequest, call_service, init_service},
    web::Data,
};

use super::operations;
use crate::{ApiDocument, routes};

/// The documented paths, each with its methods.
fn documented() -> BTreeMap<String, BTreeSet<String>> {
    let mut paths = BTreeMap::<_, BTreeSet<_>>::new();
    for operation in operations() {
        paths.entry(operation.path).or_default().insert(operation.method);
    }
    paths
}

fn methods(list: &str) -> BTreeSet<String> {
    list.split(", ").map(str::to_owned).collect()
}

/// A path with values for its parameters.
fn fill_params(path: &str) -> String {
    path.replace("{id}", "42").replace("{code}", "insufficient_stock")
}

#[actix_web::test]
async fn every_documented_operation_is_routed_to_a_handler() {
    let app = App::new()
        .app_data(Data::new(ApiDocument::new(crate::document)))
        .app_data(Data::new(crate::swagger_config()))
        .configure(routes);
    let app = init_service(app).await;
    for operation in operations() {
        let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
        let request = TestRequest::with_uri(&fill_params(&operation.path)).method(method);
        let status = call_service(&app, request.to_request()).await.status();
        // Without services most handlers fail, but their routes exist.
        let missing = [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED].contains(&status);
        assert!(!missing, "{}: {status}", operation.name());
    }
}

#[actix_web::test]
async fn a_wrong_method_is_answered_with_the_documented_methods() {
    let app = init_service(App::new().configure(routes)).await;
    for (path, documented) in documented() {
        let request = TestRequest::with_uri(&fill_params(&path)).method(Method::TRACE);
        let response = call_service(&app, request.to_request()).await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        let allowed = response.headers().get(header::ALLOW).unwrap().to_str().unwrap();
        assert_eq!(methods(allowed), documented, "{path}");
    }
}
