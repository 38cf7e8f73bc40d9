//! What each operation answers when it does not succeed.
//!
//! The answers are described by real problems, made and worded by the same code that makes them for
//! clients.

use std::{borrow::Cow, collections::BTreeMap};

use actix_web::{ResponseError as _, body::MessageBody as _, http::header};
use domain::{
    PriceError, QuantityError,
    account::{EmailError, UnknownRole},
    order::UnknownStatus,
};
use serde_json::Value;
use utoipa::{
    IntoResponses, ToSchema,
    openapi::{
        ContentBuilder, Header, Ref, RefOr, Response, ResponseBuilder, example::ExampleBuilder,
    },
};

use super::problem_examples::{
    any_body, bad, bad_limit, classic_not_authorized, classic_refused_transition,
    classic_signed_in, email_taken, key_used, last_admin, no_number, no_operator, out_of_stock,
    rate_limited, refused_cancels, refused_transitions, server_faults, signed_in, stale,
};
use crate::problem::{
    PROBLEM_JSON, Problem, ProblemBody,
    ProblemCode::{
        self, AdminRequired, InvalidCredentials, InvalidRefreshToken, NotAuthorized, OrderNotFound,
        ProductNotDeleted, ProductNotFound, RouteNotFound, UserNotFound,
    },
};

/// Declares the sets, each by the operations that answer so, with its problems.
macro_rules! problem_sets {
    ($($name:ident: $($problems:expr),+;)*) => {
        $(
            pub(crate) struct $name;

            impl IntoResponses for $name {
                fn responses() -> BTreeMap<String, RefOr<Response>> {
                    let mut problems = Vec::new();
                    $(problems.extend($problems);)+
                    describe(problems)
                }
            }
        )*
    };
}

problem_sets! {
    Register: any_body(), bad("/email", EmailError::Malformed), email_taken(), rate_limited(), server_faults();
    LogIn: any_body(), bad("/password", "is required"), one(InvalidCredentials), rate_limited(), server_faults();
    Refresh: any_body(), bad("/refresh_token", "is required"), one(InvalidRefreshToken), server_faults();
    SignedIn: signed_in(), server_faults();
    PublicList: bad_limit(), server_faults();
    OwnList: signed_in(), bad_limit(), server_faults();
    AdminList: signed_in(), one(AdminRequired), bad_limit(), server_faults();
    ViewUser: signed_in(), one(NotAuthorized), one(UserNotFound), no_number("id"), server_faults();
    UpdateUser: signed_in(), one(NotAuthorized), one(UserNotFound), email_taken(), any_body(),
        no_number("id"), bad("/email", EmailError::Malformed), server_faults();
    ChangeRole: signed_in(), one(AdminRequired), one(UserNotFound), last_admin(), any_body(),
        no_number("id"), bad("/role", UnknownRole), server_faults();
    DeleteUser: signed_in(), one(AdminRequired), one(UserNotFound), last_admin(), no_number("id"), server_faults();
    ViewProduct: one(ProductNotFound), no_number("id"), server_faults();
    ListMovements: signed_in(), one(AdminRequired), one(ProductNotFound), bad_limit(), no_number("id"), server_faults();
    CreateProduct: signed_in(), one(AdminRequired), any_body(), bad("/price", PriceError::NotPositive), server_faults();
    UpdateProduct: signed_in(), one(AdminRequired), one(ProductNotFound), stale(), any_body(), no_number("id"),
        bad("/price", PriceError::NotPositive), server_faults();
    DeleteProduct: signed_in(), one(AdminRequired), one(ProductNotFound), stale(), no_number("id"), server_faults();
    RestoreProduct: signed_in(), one(AdminRequired), one(ProductNotFound),
        one(ProductNotDeleted), stale(), no_number("id"), server_faults();
    PlaceOrder: signed_in(), out_of_stock(), key_used(), any_body(), bad("/quantity", QuantityError::NotPositive),
        server_faults();
    ViewOrder: signed_in(), one(NotAuthorized), one(OrderNotFound), no_number("id"), server_faults();
    ChangeStatus: signed_in(), one(AdminRequired), one(OrderNotFound), refused_transitions(), stale(),
        any_body(), no_number("id"), bad("/status", UnknownStatus), server_faults();
    CancelOrder: signed_in(), one(NotAuthorized), one(OrderNotFound), refused_cancels(), stale(),
        no_number("id"), server_faults();
    ClassicList: classic_signed_in(), no_number("min_qty"), server_faults();
    ClassicPlace: classic_signed_in(), key_used(), any_body(), bad("/quantity", QuantityError::NotPositive),
        server_faults();
    ClassicView: classic_signed_in(), classic_not_authorized(), one(OrderNotFound), no_number("id"), server_faults();
    ClassicChange: classic_signed_in(), one(AdminRequired), one(OrderNotFound), classic_refused_transition(), stale(),
        any_body(), no_number("id"), bad("/status", UnknownStatus), server_faults();
    ClassicDelete: classic_signed_in(), one(AdminRequired), one(OrderNotFound), stale(), no_number("id"),
        server_faults();
    Metrics: no_operator(), one(RouteNotFound), server_faults();
    UnknownCode: one(RouteNotFound);
}

/// The problem of a kind that is always worded alike.
fn one(code: ProblemCode) -> [Problem; 1] {
    [Problem::new(code)]
}

/// One response for each status, with the problems as its examples.
fn describe(problems: Vec<Problem>) -> BTreeMap<String, RefOr<Response>> {
    let mut by_status = BTreeMap::<String, Vec<Problem>>::new();
    for problem in problems {
        by_status.entry(problem.status_code().as_str().to_owned()).or_default().push(problem);
    }
    by_status.into_iter().map(|(status, problems)| (status, response(&problems).into())).collect()
}

fn response(problems: &[Problem]) -> Response {
    let mut titles: Vec<_> = problems.iter().map(|problem| problem.code().title()).collect();
    titles.dedup();
    let examples = problems.iter().map(|problem| {
        let example = ExampleBuilder::new().summary(problem.to_string()).value(Some(body(problem)));
        (example_name(problem), example.build())
    });
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(ProblemBody::name())))
        .examples_from_iter(examples)
        .build();
    let description = titles.join("; or: ");
    let response = ResponseBuilder::new().description(description).content(PROBLEM_JSON, content);
    let names = problems.iter().flat_map(header_names);
    names.fold(response, |response, name| response.header(name, Header::default())).build()
}

/// The code; for input also the place, since a request can be wrong in several.
fn example_name(problem: &Problem) -> String {
    let code = problem.code().as_str();
    let body = body(problem);
    let place = body.pointer("/errors/0").and_then(|error| {
        let place = error.get("pointer").or_else(|| error.get("parameter"))?;
        Some(place.as_str()?.trim_start_matches('/').to_owned())
    });
    place.map_or_else(|| code.to_owned(), |place| format!("{code}_{place}"))
}

fn body(problem: &Problem) -> Value {
    let bytes = problem.error_response().into_body().try_into_bytes().unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// The headers that a client gets with it.
fn header_names(problem: &Problem) -> Vec<Cow<'static, str>> {
    let response = problem.error_response();
    let known =
        [(header::RETRY_AFTER, "Retry-After"), (header::WWW_AUTHENTICATE, "WWW-Authenticate")];
    let sent = known.into_iter().filter(|(header, _)| response.headers().contains_key(header));
    sent.map(|(_, name)| name.into()).collect()
}
