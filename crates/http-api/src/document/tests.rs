//! Tests that the document agrees with the program.

mod examples;
mod routes;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::problem::{PROBLEM_JSON, ProblemCode};

fn document() -> Value {
    serde_json::from_str(&crate::document()).unwrap()
}

/// An operation of the document: its method in upper case, its path and its description.
struct Operation {
    method: String,
    path: String,
    described: Value,
}

fn operations() -> Vec<Operation> {
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().iter().map(|(method, described)| Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                described: described.clone(),
            })
        })
        .collect()
}

impl Operation {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    fn responses(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.described["responses"].as_object().unwrap().iter()
    }

    /// The codes of the problems among the examples.
    fn problems(&self) -> BTreeSet<String> {
        self.responses()
            .filter_map(|(_, response)| response["content"][PROBLEM_JSON]["examples"].as_object())
            .flat_map(|examples| examples.values())
            .map(|example| example["value"]["code"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// Calls `visit` with every object of a document, outer objects first.
fn walk<'v>(value: &'v Value, visit: &mut impl FnMut(&'v serde_json::Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            visit(members);
            members.values().for_each(|member| walk(member, visit));
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, visit)),
        _ => {}
    }
}

#[test]
fn the_document_is_deterministic_and_ends_with_a_line_feed() {
    let text = crate::document();
    assert_eq!(text, crate::document());
    assert!(text.ends_with("}\n") && text.starts_with('{'));
    assert!(document()["openapi"].as_str().unwrap().starts_with("3.1."));
    assert_eq!(document()["info"]["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn every_reference_resolves() {
    let document = document();
    let mut references = BTreeSet::new();
    walk(&document, &mut |object| {
        if let Some(Value::String(reference)) = object.get("$ref") {
            references.insert(reference.clone());
        }
    });
    assert!(!references.is_empty());
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[test]
fn operation_ids_are_unique() {
    let mut ids = BTreeSet::new();
    for operation in operations() {
        let id = operation.described["operationId"].as_str().unwrap().to_owned();
        assert!(ids.insert(id.clone()), "{id} is a duplicate");
    }
}

#[test]
fn every_operation_has_a_summary_and_one_described_tag() {
    let document = document();
    let described_tags: BTreeSet<_> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| {
            assert!(!tag["description"].as_str().unwrap().is_empty());
            tag["name"].as_str().unwrap()
        })
        .collect();
    for operation in operations() {
        let name = operation.name();
        assert!(!operation.described["summary"].as_str().unwrap().contains('`'), "{name}");
        let tags = operation.described["tags"].as_array().unwrap();
        assert!(
            tags.iter().all(|tag| described_tags.contains(tag.as_str().unwrap())),
            "{name}: {tags:?}"
        );
        assert_eq!(tags.len(), 1, "{name}");
    }
}

#[test]
fn an_operation_requires_a_token_if_and_only_if_it_can_respond_with_401() {
    for operation in operations() {
        let public = operation.described["security"] == serde_json::json!([]);
        let refuses = operation.problems().contains(ProblemCode::NotAuthenticated.as_str());
        assert_eq!(refuses, !public, "{}", operation.name());
    }
}

#[test]
fn every_response_has_a_request_id_and_every_error_is_a_problem() {
    for operation in operations() {
        for (status, response) in operation.responses() {
            let name = format!("{} {status}", operation.name());
            assert!(response["headers"]["X-Request-Id"]["$ref"].is_string(), "{name}");
            let succeeded = status.starts_with('2') || status == "304";
            // A 503 of the readiness probe is a regular response.
            let problem = !succeeded && operation.path != "/readyz";
            assert_eq!(response["content"][PROBLEM_JSON].is_object(), problem, "{name}");
            let header = |name: &str| response["headers"][name].is_object();
            assert_eq!(header("Location"), status == "201", "{name}");
            assert_eq!(header("WWW-Authenticate"), status == "401", "{name}");
            assert_eq!(header("Retry-After"), ["429", "503"].contains(&status.as_str()), "{name}");
        }
    }
}

#[test]
fn an_operation_takes_if_match_if_and_only_if_it_can_respond_with_412() {
    for operation in operations() {
        let parameters = operation.described["parameters"].as_array().cloned().unwrap_or_default();
        let conditional = parameters.iter().any(|parameter| parameter["name"] == "If-Match");
        let stale = operation.problems().contains(ProblemCode::VersionMismatch.as_str());
        assert_eq!(conditional, stale, "{}", operation.name());
    }
}

#[test]
fn every_problem_code_is_documented_by_an_operation() {
    let documented: BTreeSet<_> = operations().iter().flat_map(Operation::problems).collect();
    // A wrong method and a preflight request belong to no operation.
    let undocumented = [ProblemCode::MethodNotAllowed, ProblemCode::CrossOriginRefused];
    for code in ProblemCode::ALL.iter().filter(|code| !undocumented.contains(code)) {
        assert!(documented.contains(code.as_str()), "{}", code.as_str());
    }
}

#[test]
fn the_members_of_every_problem_are_described() {
    let document = document();
    let described = document["components"]["schemas"]["Problem"]["properties"].as_object().unwrap();
    for operation in operations() {
        for (_, response) in operation.responses() {
            let examples = response["content"][PROBLEM_JSON]["examples"].as_object();
            for example in examples.into_iter().flat_map(|examples| examples.values()) {
                for member in example["value"].as_object().unwrap().keys() {
                    assert!(described.contains_key(member), "{}: {member}", operation.name());
                }
            }
        }
    }
}

#[test]
fn an_optional_parameter_has_no_example_that_the_page_would_send() {
    for operation in operations() {
        for parameter in operation.described["parameters"].as_array().into_iter().flatten() {
            let (name, schema) = (&parameter["name"], &parameter["schema"]);
            let filled_in = [parameter, schema].iter().any(|object| {
                ["example", "examples"].iter().any(|member| object.get(member).is_some())
            });
            assert!(parameter["required"] == true || !filled_in, "{}: {name}", operation.name());
        }
    }
}

#[test]
fn every_operation_and_every_parameter_is_described() {
    for operation in operations() {
        let described = |object: &Value| !object["description"].as_str().unwrap_or("").is_empty();
        assert!(described(&operation.described), "{}", operation.name());
        let mut names = BTreeSet::new();
        for parameter in operation.described["parameters"].as_array().into_iter().flatten() {
            assert!(described(parameter), "{}: {}", operation.name(), parameter["name"]);
            assert!(names.insert(parameter["name"].as_str()), "{} twice", parameter["name"]);
        }
    }
}

#[test]
fn bodies_lists_and_pages_refer_to_schemas_with_names() {
    let document = document();
    let is_named = |schema: &Value| schema["$ref"].is_string();
    for operation in operations() {
        let content = operation.described["requestBody"]["content"].as_object();
        for body in content.into_iter().flat_map(|content| content.values()) {
            assert!(is_named(&body["schema"]), "{}", operation.name());
        }
    }
    walk(&document["components"]["schemas"], &mut |schema| {
        if let Some(items) = schema.get("items") {
            assert!(is_named(items) || items.get("properties").is_none(), "{items}");
        }
        let combined = ["oneOf", "anyOf", "allOf"].iter().find_map(|kind| schema.get(*kind));
        for alternative in combined.and_then(Value::as_array).into_iter().flatten() {
            assert!(alternative.get("properties").is_none(), "{alternative}");
        }
    });
}
