//! Every example is valid by its schema, and accepted by the handlers.

use domain::Price;
use jsonschema::{Draft, Validator};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use validator::Validate;

use super::{document, walk};
use crate::{
    classic::{auth, orders as classic_orders},
    openapi::value_schemas,
    v1::{orders, products, users},
    views::ChangeStatusBody,
};

/// A validator for a schema of the document.
fn validator(document: &Value, schema: &Value) -> Validator {
    let root = json!({ "components": document["components"], "allOf": [schema] });
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .build(&root)
        .unwrap()
}

/// The examples of a schema, or of an object that has a schema.
fn examples_of(object: &Map<String, Value>) -> Vec<&Value> {
    let single = object.get("example").into_iter();
    let several: Vec<_> = match object.get("examples") {
        Some(Value::Array(values)) => values.iter().collect(),
        Some(Value::Object(named)) => named.values().map(|example| &example["value"]).collect(),
        _ => Vec::new(),
    };
    single.chain(several).collect()
}

/// The document without its examples, so that their content is not mistaken for a part of the
/// document.
fn without_examples(mut value: Value) -> Value {
    match &mut value {
        Value::Object(members) => {
            members.remove("example");
            members.remove("examples");
            for member in members.values_mut() {
                *member = without_examples(member.take());
            }
        }
        Value::Array(items) => {
            for item in items {
                *item = without_examples(item.take());
            }
        }
        _ => {}
    }
    value
}

#[test]
fn every_example_is_valid() {
    let document = document();
    let mut checked = 0;
    walk(&document, &mut |object| {
        let examples = examples_of(object);
        if examples.is_empty() {
            return;
        }
        let schema = object.get("schema").cloned().unwrap_or_else(|| json!(object));
        let validator = validator(&document, &without_examples(schema));
        for example in examples {
            if let Err(error) = validator.validate(example) {
                panic!("{error}: {example} of {}", json!(object));
            }
            checked += 1;
        }
    });
    assert!(checked > 100, "only {checked} examples were found");
}

/// An example of a schema: its own, or one composed of the examples of its members.
fn example(document: &Value, schema: &Value) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.strip_prefix('#').unwrap();
        return example(document, document.pointer(pointer).unwrap());
    }
    if let Some(own) = examples_of(schema.as_object().unwrap()).first() {
        return (*own).clone();
    }
    let members = schema["properties"].as_object().unwrap_or_else(|| panic!("{schema}"));
    members.iter().map(|(name, member)| (name.clone(), example(document, member))).collect()
}

/// Whether the handlers accept an example.
fn accepts<T: DeserializeOwned + Validate>(example: &Value) -> bool {
    serde_json::from_str::<T>(&example.to_string()).unwrap().validate().is_ok()
}

type Accepts = fn(&Value) -> bool;

#[test]
fn a_body_of_examples_is_accepted_unless_a_required_member_is_missing() {
    let bodies: [(&str, Accepts); 12] = [
        ("Registration", accepts::<users::RegisterBody>),
        ("UserUpdate", accepts::<users::UpdateUserBody>),
        ("RoleChange", accepts::<users::ChangeRoleBody>),
        ("Refresh", accepts::<users::RefreshBody>),
        ("Login", accepts::<users::TokenRequestBody>),
        ("NewProduct", accepts::<products::CreateProductBody>),
        ("ProductUpdate", accepts::<products::UpdateProductBody>),
        ("StatusChange", accepts::<ChangeStatusBody>),
        ("ClassicStatusChange", accepts::<ChangeStatusBody>),
        ("ClassicRegistration", accepts::<auth::ClassicRegisterBody>),
        ("ClassicLogin", accepts::<auth::ClassicLoginBody>),
        ("NewClassicOrder", accepts::<classic_orders::FreeFormOrderBody>),
    ];
    let document = document();
    for (name, accepts) in bodies {
        let schema = &document["components"]["schemas"][name];
        let body = example(&document, schema);
        assert!(accepts(&body), "{name}: {body}");
        let required: Vec<_> = schema["required"].as_array().into_iter().flatten().collect();
        for member in body.as_object().unwrap().keys() {
            let mut incomplete = body.clone();
            incomplete.as_object_mut().unwrap().remove(member);
            let is_required = required.contains(&&json!(member));
            assert_eq!(accepts(&incomplete), !is_required, "{name} without {member}");
        }
    }
}

#[test]
fn the_examples_of_an_order_are_accepted() {
    let document = document();
    let body = &document["paths"]["/api/v1/orders"]["post"]["requestBody"]["content"];
    let examples = body["application/json"]["examples"].as_object().unwrap();
    assert_eq!(examples.len(), 2);
    for example in examples.values() {
        assert!(accepts::<orders::PlaceOrderBody>(&example["value"]), "{example}");
    }
}

#[test]
fn the_schema_and_the_parser_of_an_order_agree_on_its_lines() {
    let document = document();
    let order = validator(&document, &json!({ "$ref": "#/components/schemas/NewOrder" }));
    let line = json!({ "product_id": 42, "quantity": 2 });
    let lines: Vec<_> = (1..=101).map(|id| json!({ "product_id": id, "quantity": 2 })).collect();
    for (body, valid) in [
        (line.clone(), true),
        (json!({ "lines": [line] }), true),
        (json!({ "lines": lines[..100] }), true),
        (json!({ "lines": lines }), false),
        (json!({ "lines": [] }), false),
        (json!({ "lines": [{ "product_id": 42 }] }), false),
        (json!({ "lines": null }), false),
        (json!({ "lines": [line], "quantity": null }), false),
        (json!({ "product_id": 42, "quantity": 0 }), false),
    ] {
        assert_eq!(order.is_valid(&body), valid, "{body}");
        assert_eq!(accepts::<orders::PlaceOrderBody>(&body), valid, "{body}");
    }
}

#[test]
fn a_token_request_is_a_login_or_a_refresh() {
    for (body, valid) in [
        (json!({ "username": "a", "password": "b" }), true),
        (json!({ "email": "a", "password": "b" }), true),
        (json!({ "grant_type": "", "username": "a", "password": "b" }), true),
        (json!({ "grant_type": "refresh_token", "refresh_token": "c" }), true),
        (json!({ "grant_type": "refresh_token", "username": "a", "password": "b" }), false),
        (json!({ "grant_type": null, "username": "a", "password": "b" }), false),
        (json!({ "email": null, "password": "b" }), false),
        (json!({ "refresh_token": "c" }), false),
    ] {
        assert_eq!(accepts::<users::TokenRequestBody>(&body), valid, "{body}");
    }
}

#[test]
fn the_schema_of_a_price_and_its_parser_agree() {
    let schema = serde_json::to_value(value_schemas::price()).unwrap();
    let validator = validator(&json!({}), &schema);
    let strings = [
        "0.01",
        "1",
        "129.9",
        "129.90",
        "99999999.99",
        "0",
        "0.00",
        "-1",
        "1.999",
        "100000000",
        "99999999.999",
        "",
        "abc",
        "1.",
        ".5",
        "1,5",
        "1 ",
    ];
    for raw in strings {
        // The caller of the parser trims white space first.
        let accepted = Price::parse(raw).is_ok();
        assert_eq!(validator.is_valid(&json!(raw)), accepted, "{raw:?}");
    }
    for number in [json!(0.01), json!(129.9), json!(99_999_999.99), json!(7)] {
        assert!(validator.is_valid(&number) && Price::parse(&number.to_string()).is_ok());
    }
    for number in [json!(0), json!(-1), json!(100_000_000)] {
        assert!(!validator.is_valid(&number) && Price::parse(&number.to_string()).is_err());
    }
}
