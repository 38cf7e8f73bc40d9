//! The document against the program: nothing is missing, nothing is made up.

mod examples;
mod routes;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::problem::{PROBLEM_JSON, ProblemCode};

fn document() -> Value {
    serde_json::from_str(&crate::document()).unwrap()
}

/// An operation: its method in capitals, its path, and what the document says about it.
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

    /// The names of the problems that it gives as examples.
    fn problems(&self) -> BTreeSet<String> {
        self.responses()
            .filter_map(|(_, response)| response["content"][PROBLEM_JSON]["examples"].as_object())
            .flat_map(|examples| examples.values())
            .map(|example| example["value"]["code"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// Calls `visit` with every object of a document, from the outside to the inside.
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
fn the_document_is_always_the_same_and_ends_with_one_line_feed() {
    let text = crate::document();
    assert_eq!(text, crate::document());
    assert!(text.ends_with("}\n") && text.starts_with('{'));
    assert!(document()["openapi"].as_str().unwrap().starts_with("3.1."));
    assert_eq!(document()["info"]["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn every_reference_leads_somewhere() {
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
fn no_two_operations_have_one_id() {
    let mut ids = BTreeSet::new();
    for operation in operations() {
        let id = operation.described["operationId"].as_str().unwrap().to_owned();
        assert!(ids.insert(id.clone()), "{id} is there twice");
    }
}

#[test]
fn every_operation_is_explained_and_belongs_to_a_described_group() {
    let document = document();
    let groups: BTreeSet<_> = document["tags"]
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
        assert!(tags.iter().all(|tag| groups.contains(tag.as_str().unwrap())), "{name}: {tags:?}");
        assert_eq!(tags.len(), 1, "{name}");
    }
}

#[test]
fn a_token_is_asked_for_exactly_where_its_absence_is_answered_with_401() {
    for operation in operations() {
        let public = operation.described["security"] == serde_json::json!([{}]);
        let refuses = operation.problems().contains(ProblemCode::NotAuthenticated.as_str());
        assert_eq!(refuses, !public, "{}", operation.name());
    }
}

#[test]
fn every_answer_carries_its_request_id_and_every_error_is_a_problem() {
    for operation in operations() {
        for (status, response) in operation.responses() {
            let name = format!("{} {status}", operation.name());
            assert!(response["headers"]["X-Request-Id"]["$ref"].is_string(), "{name}");
            let succeeded = status.starts_with('2');
            // A probe that is told to wait has got its answer.
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
fn what_takes_an_if_match_can_answer_412() {
    for operation in operations() {
        let parameters = operation.described["parameters"].as_array().cloned().unwrap_or_default();
        let conditional = parameters.iter().any(|parameter| parameter["name"] == "If-Match");
        let stale = operation.problems().contains(ProblemCode::VersionMismatch.as_str());
        assert_eq!(conditional, stale, "{}", operation.name());
    }
}

#[test]
fn every_kind_of_problem_is_some_operations_answer() {
    let answered: BTreeSet<_> = operations().iter().flat_map(Operation::problems).collect();
    // A wrong method is no operation at all, nor is a preflight.
    let of_none = [ProblemCode::MethodNotAllowed, ProblemCode::CrossOriginRefused];
    for code in ProblemCode::ALL.iter().filter(|code| !of_none.contains(code)) {
        assert!(answered.contains(code.as_str()), "{}", code.as_str());
    }
}
