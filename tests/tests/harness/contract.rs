//! The OpenAPI document as a judge: whatever a server answers to any test has to be what the document says.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, OnceLock},
};

use jsonschema::{Draft, Validator};
use reqwest::Method;
use serde_json::{Value, json};

use super::{program::binary, reply::Reply};

/// The headers that the document speaks of. Others are the business of HTTP itself.
const HEADERS: [&str; 7] = [
    "X-Request-Id",
    "Location",
    "ETag",
    "Idempotent-Replayed",
    "Cache-Control",
    "Retry-After",
    "WWW-Authenticate",
];

/// Headers that are only there now and then, where they are described.
const NOW_AND_THEN: [&str; 1] = ["Idempotent-Replayed"];

/// The media type of every refusal.
const PROBLEM_JSON: &str = "application/problem+json";

/// What the document says, and what has been seen of it.
pub(crate) struct Contract {
    document: Value,
    validators: Mutex<BTreeMap<String, Arc<Validator>>>,
    seen: Mutex<BTreeSet<(String, String, u16)>>,
}

impl Contract {
    pub(crate) fn of_program() -> &'static Self {
        static CONTRACT: OnceLock<Contract> = OnceLock::new();
        CONTRACT.get_or_init(|| {
            let output = std::process::Command::new(binary()).arg("openapi").output();
            let printed = output.expect("the document").stdout;
            let mut document: Value = serde_json::from_slice(&printed).expect("JSON");
            let schemas = document["components"]["schemas"].as_object_mut().expect("schemas");
            // Problems carry further members, each kind its own.
            schemas
                .iter_mut()
                .filter(|(name, _)| *name != "Problem")
                .for_each(|(_, schema)| close(schema));
            Self { document, validators: Mutex::default(), seen: Mutex::default() }
        })
    }

    /// Every operation: its method in capitals, its path, and what the document says about it.
    pub(crate) fn operations(&self) -> impl Iterator<Item = (String, &str, &Value)> {
        self.document["paths"].as_object().expect("paths").iter().flat_map(|(path, methods)| {
            let methods = methods.as_object().expect("operations").iter();
            methods.map(move |(method, said)| (method.to_uppercase(), path.as_str(), said))
        })
    }

    /// The statuses that an operation has been seen to answer, in this process.
    pub(crate) fn seen(&self, method: &str, path: &str) -> BTreeSet<u16> {
        let seen = self.seen.lock().unwrap();
        let of_it = seen.iter().filter(|(its_method, its_path, _)| {
            its_method.as_str() == method && its_path.as_str() == path
        });
        of_it.map(|(_, _, status)| *status).collect()
    }

    /// Fails if this answer is none that the document describes.
    pub(super) fn judge(&self, method: &Method, path: &str, reply: &Reply) {
        // A read answers HEAD as well, without a body.
        let asked = if method == Method::HEAD { "get" } else { &method.as_str().to_lowercase() };
        let described =
            self.path(path).map(|template| (template, &self.document["paths"][template][asked]));
        // Where nothing is, nothing is described, on the port for operators as well: the server says so itself.
        let is_nowhere = reply.json["code"] == "route_not_found" && !path.starts_with("/problems/");
        let described = described.filter(|(_, operation)| operation.is_object() && !is_nowhere);
        let Some((template, operation)) = described else {
            // It is refused as every refusal is worded, or else a file of the page about the API.
            if reply.header("content-type") == Some(PROBLEM_JSON) {
                self.validate(
                    "#/components/schemas/Problem",
                    &json!({"$ref": "#/components/schemas/Problem"}),
                    reply,
                );
            }
            return;
        };
        let response = &operation["responses"][reply.status.to_string()];
        assert!(response.is_object(), "the document has no such status: {reply}");
        headers(response, reply);
        let body_comes = method != Method::HEAD && reply.status != 204;
        if body_comes {
            self.body(&format!("{asked} {template} {}", reply.status), response, reply);
        }
        let mut seen = self.seen.lock().unwrap();
        seen.insert((asked.to_uppercase(), template.to_owned(), reply.status));
    }

    fn body(&self, name: &str, response: &Value, reply: &Reply) {
        let media_type = reply.header("content-type").unwrap_or_default();
        let content = &response["content"][media_type];
        assert!(content.is_object(), "the document has no such content type: {reply}");
        if media_type.ends_with("json") {
            self.validate(name, &content["schema"], reply);
        }
        if media_type == PROBLEM_JSON {
            let examples = content["examples"].as_object().expect("examples");
            let code = &reply.json["code"];
            let is_known = examples.values().any(|example| example["value"]["code"] == *code);
            assert!(is_known, "the document has no such code there: {reply}");
        }
    }

    fn validate(&self, name: &str, schema: &Value, reply: &Reply) {
        let validator = {
            let mut validators = self.validators.lock().unwrap();
            Arc::clone(
                validators
                    .entry(name.to_owned())
                    .or_insert_with(|| Arc::new(self.validator(schema))),
            )
        };
        if let Err(error) = validator.validate(&reply.json) {
            panic!("not as the document says: {error} at {:?}: {reply}", error.instance_path());
        }
    }

    fn validator(&self, schema: &Value) -> Validator {
        let schema = json!({"components": {"schemas": self.document["components"]["schemas"]}, "allOf": [schema]});
        let options = jsonschema::options().with_draft(Draft::Draft202012);
        options.should_validate_formats(true).build(&schema).expect("a schema")
    }

    /// The document's path that this one is an instance of: the one with the fewest parameters.
    fn path(&self, path: &str) -> Option<&str> {
        let path: Vec<_> = path.trim_end_matches('/').split('/').collect();
        let templates = self.document["paths"].as_object().expect("paths").keys();
        let fitting = templates.filter(|template| {
            let template: Vec<_> = template.split('/').collect();
            let pairs = template.iter().zip(&path);
            template.len() == path.len()
                && pairs.into_iter().all(|(wanted, part)| wanted == part || wanted.starts_with('{'))
        });
        fitting.min_by_key(|template| template.matches('{').count()).map(String::as_str)
    }
}

/// What is described is there, and what is there is described.
fn headers(response: &Value, reply: &Reply) {
    for name in HEADERS {
        let described = response["headers"][name].is_object();
        let sent = reply.header(name).is_some();
        let may_lack = NOW_AND_THEN.contains(&name);
        assert!(
            described == sent || (described && may_lack),
            "{name}, as the document has it: {reply}"
        );
    }
}

/// Takes a schema at its word: a member that it does not name is one too many.
fn close(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if members.get("type") == Some(&json!("object"))
                && !members.contains_key("additionalProperties")
            {
                members.insert("additionalProperties".to_owned(), false.into());
            }
            members.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}
