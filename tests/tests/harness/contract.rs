//! Checks every response that any test receives against the OpenAPI document.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, OnceLock},
};

use jsonschema::{Draft, Validator};
use reqwest::Method;
use serde_json::{Value, json};

use super::{program::binary, response::Response};

/// The headers that the document describes. Others are left to HTTP itself.
const DOCUMENTED_HEADERS: [&str; 7] = [
    "X-Request-Id",
    "Location",
    "ETag",
    "Idempotent-Replayed",
    "Cache-Control",
    "Retry-After",
    "WWW-Authenticate",
];

/// Headers that a response may lack although the document describes them.
const OPTIONAL_HEADERS: [&str; 1] = ["Idempotent-Replayed"];

/// The media type of every problem.
const PROBLEM_JSON: &str = "application/problem+json";

/// The OpenAPI document, and which of its responses the tests have received.
pub(crate) struct Contract {
    document: Value,
    validators: Mutex<BTreeMap<String, Arc<Validator>>>,
    /// Method, path template and status of the responses so far.
    received: Mutex<BTreeSet<(String, String, u16)>>,
}

impl Contract {
    /// The document that the binary under test prints, read once.
    pub(crate) fn get() -> &'static Self {
        static CONTRACT: OnceLock<Contract> = OnceLock::new();
        CONTRACT.get_or_init(|| {
            let output = std::process::Command::new(binary()).arg("openapi").output();
            let printed = output.expect("the document").stdout;
            let mut document: Value = serde_json::from_slice(&printed).expect("JSON");
            let schemas = document["components"]["schemas"].as_object_mut().expect("schemas");
            schemas.values_mut().for_each(forbid_unknown_members);
            Self { document, validators: Mutex::default(), received: Mutex::default() }
        })
    }

    /// Every operation: its method in upper case, its path template, and its description.
    pub(crate) fn operations(&self) -> impl Iterator<Item = (String, &str, &Value)> {
        self.document["paths"].as_object().expect("paths").iter().flat_map(|(path, methods)| {
            let methods = methods.as_object().expect("operations").iter();
            methods
                .map(move |(method, operation)| (method.to_uppercase(), path.as_str(), operation))
        })
    }

    /// The statuses with which an operation has responded to the tests of this process.
    pub(crate) fn received_statuses(&self, method: &str, path: &str) -> BTreeSet<u16> {
        let received = self.received.lock().unwrap();
        let of_operation = received.iter().filter(|(its_method, its_path, _)| {
            its_method.as_str() == method && its_path.as_str() == path
        });
        of_operation.map(|(_, _, status)| *status).collect()
    }

    /// Fails if the document does not describe this response.
    pub(super) fn check(&self, method: &Method, path: &str, response: &Response) {
        // HEAD is GET without a body.
        let verb = if method == Method::HEAD { "get" } else { &method.as_str().to_lowercase() };
        let described =
            self.path(path).map(|template| (template, &self.document["paths"][template][verb]));
        // An unknown route has no description, on the operator port as well.
        let is_unrouted =
            response.json["code"] == "route_not_found" && !path.starts_with("/problems/");
        let described = described.filter(|(_, operation)| operation.is_object() && !is_unrouted);
        let Some((template, operation)) = described else {
            // The response is either a problem or a file of the API documentation.
            if response.header("content-type") == Some(PROBLEM_JSON) {
                self.validate(
                    "#/components/schemas/Problem",
                    &json!({"$ref": "#/components/schemas/Problem"}),
                    response,
                );
            }
            return;
        };
        let described = &operation["responses"][response.status.to_string()];
        assert!(described.is_object(), "the document has no such status: {response}");
        check_headers(described, response);
        let has_body = method != Method::HEAD && ![204, 304].contains(&response.status);
        if has_body {
            self.check_body(&format!("{verb} {template} {}", response.status), described, response);
        }
        let mut received = self.received.lock().unwrap();
        received.insert((verb.to_uppercase(), template.to_owned(), response.status));
    }

    fn check_body(&self, name: &str, described: &Value, response: &Response) {
        let media_type = response.header("content-type").unwrap_or_default();
        let content = &described["content"][media_type];
        assert!(content.is_object(), "the document has no such content type: {response}");
        if media_type.ends_with("json") {
            self.validate(name, &content["schema"], response);
        }
        if media_type == PROBLEM_JSON {
            let examples = content["examples"].as_object().expect("examples");
            let code = &response.json["code"];
            let is_known = examples.values().any(|example| example["value"]["code"] == *code);
            assert!(is_known, "the document has no such code for this status: {response}");
        }
    }

    fn validate(&self, name: &str, schema: &Value, response: &Response) {
        let validator = {
            let mut validators = self.validators.lock().unwrap();
            Arc::clone(
                validators
                    .entry(name.to_owned())
                    .or_insert_with(|| Arc::new(self.validator(schema))),
            )
        };
        if let Err(error) = validator.validate(&response.json) {
            panic!("not as the document says: {error} at {:?}: {response}", error.instance_path());
        }
    }

    fn validator(&self, schema: &Value) -> Validator {
        let schema = json!({"components": {"schemas": self.document["components"]["schemas"]}, "allOf": [schema]});
        let options = jsonschema::options().with_draft(Draft::Draft202012);
        options.should_validate_formats(true).build(&schema).expect("a schema")
    }

    /// The path template that this path matches: the one with the fewest parameters.
    fn path(&self, path: &str) -> Option<&str> {
        let path: Vec<_> = path.trim_end_matches('/').split('/').collect();
        let templates = self.document["paths"].as_object().expect("paths").keys();
        let matching = templates.filter(|template| {
            let template: Vec<_> = template.split('/').collect();
            let pairs = template.iter().zip(&path);
            template.len() == path.len()
                && pairs
                    .into_iter()
                    .all(|(expected, part)| expected == part || expected.starts_with('{'))
        });
        matching.min_by_key(|template| template.matches('{').count()).map(String::as_str)
    }
}

/// Checks that a response has the headers that are described, and no other of
/// [`DOCUMENTED_HEADERS`].
fn check_headers(described: &Value, response: &Response) {
    for name in DOCUMENTED_HEADERS {
        let is_described = described["headers"][name].is_object();
        let is_sent = response.header(name).is_some();
        let is_optional = OPTIONAL_HEADERS.contains(&name);
        assert!(
            is_described == is_sent || (is_described && is_optional),
            "the header {name} differs from the document: {response}"
        );
    }
}

/// Makes a schema reject members that it does not name.
fn forbid_unknown_members(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if members.get("type") == Some(&json!("object"))
                && !members.contains_key("additionalProperties")
            {
                members.insert("additionalProperties".to_owned(), false.into());
            }
            members.values_mut().for_each(forbid_unknown_members);
        }
        Value::Array(items) => items.iter_mut().for_each(forbid_unknown_members),
        _ => {}
    }
}
