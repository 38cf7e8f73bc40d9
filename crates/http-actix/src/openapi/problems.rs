//! What each operation answers when it does not succeed.
//!
//! The answers are described by real problems, made and worded by the same code that makes them for
//! clients.

mod samples;

use std::{borrow::Cow, collections::BTreeMap};

use actix_web::{ResponseError as _, body::MessageBody as _, http::header};
use domain::{
    PriceError, QuantityError,
    account::{EmailError, UnknownRole},
};
use serde_json::Value;
use utoipa::{
    IntoResponses, ToSchema,
    openapi::{
        ContentBuilder, Header, Ref, RefOr, Response, ResponseBuilder, example::ExampleBuilder,
    },
};

use self::samples::{
    admin_only, any_body, bad, bad_bound, bad_id, bad_limit, bad_status, classic_signed_in,
    email_taken, key_used, last_admin, no_operator, not_allowed, not_authorized, of_ours, one,
    out_of_stock, rate_limited, refused_cancels, refused_classic_step, refused_steps, signed_in,
    stale,
};
use crate::problem::{PROBLEM_JSON, Problem, ProblemBody, ProblemCode};

/// Declares the sets, each with its problems.
macro_rules! problem_sets {
    ($($(#[$doc:meta])* $name:ident: $($problems:expr),+;)*) => {
        $(
            $(#[$doc])*
            pub(crate) struct $name;

            impl IntoResponses for $name {
                fn responses() -> BTreeMap<String, RefOr<Response>> {
                    describe([$($problems),+].into_iter().flatten())
                }
            }
        )*
    };
}

problem_sets! {
    /// Making an account, on either surface.
    Register: any_body(), bad("/email", EmailError::Malformed), email_taken(), rate_limited(), of_ours();
    /// Opening a session, on either surface.
    LogIn: any_body(), bad("/password", "is required"), one(ProblemCode::InvalidCredentials), rate_limited(), of_ours();
    /// Renewing a session.
    Refresh: any_body(), bad("/refresh_token", "is required"), one(ProblemCode::InvalidRefreshToken), of_ours();
    /// What needs a caller and nothing more.
    SignedIn: signed_in(), of_ours();
    /// A list for everybody.
    PublicList: bad_limit(), of_ours();
    /// A list of the caller's own.
    OwnList: signed_in(), bad_limit(), of_ours();
    /// A list for staff.
    AdminList: signed_in(), admin_only(), bad_limit(), of_ours();

    /// Looking at an account.
    ViewUser: signed_in(), not_authorized(), one(ProblemCode::UserNotFound), bad_id(), of_ours();
    /// Changing an account.
    UpdateUser: signed_in(), not_authorized(), one(ProblemCode::UserNotFound), email_taken(), any_body(),
        bad_id(), bad("/email", EmailError::Malformed), of_ours();
    /// Changing an account's role.
    ChangeRole: signed_in(), admin_only(), one(ProblemCode::UserNotFound), last_admin(), any_body(),
        bad_id(), bad("/role", UnknownRole), of_ours();
    /// Deleting an account.
    DeleteUser: signed_in(), admin_only(), one(ProblemCode::UserNotFound), last_admin(), bad_id(), of_ours();

    /// Looking at a product.
    ViewProduct: one(ProblemCode::ProductNotFound), bad_id(), of_ours();
    /// Making a product.
    CreateProduct: signed_in(), admin_only(), any_body(), bad("/price", PriceError::NotPositive), of_ours();
    /// Changing a product.
    UpdateProduct: signed_in(), admin_only(), one(ProblemCode::ProductNotFound), stale(), any_body(), bad_id(),
        bad("/price", PriceError::NotPositive), of_ours();
    /// Deleting a product.
    DeleteProduct: signed_in(), admin_only(), one(ProblemCode::ProductNotFound), stale(), bad_id(), of_ours();
    /// Restoring a product.
    RestoreProduct: signed_in(), admin_only(), one(ProblemCode::ProductNotFound),
        one(ProblemCode::ProductNotDeleted), stale(), bad_id(), of_ours();

    /// Placing an order for products.
    PlaceOrder: signed_in(), out_of_stock(), key_used(), any_body(), bad("/quantity", QuantityError::NotPositive),
        of_ours();
    /// Looking at an order or its history.
    ViewOrder: signed_in(), not_authorized(), one(ProblemCode::OrderNotFound), bad_id(), of_ours();
    /// Setting an order's status.
    ChangeStatus: signed_in(), admin_only(), one(ProblemCode::OrderNotFound), refused_steps(), stale(),
        any_body(), bad_id(), bad_status(), of_ours();
    /// Cancelling an order.
    CancelOrder: signed_in(), not_authorized(), one(ProblemCode::OrderNotFound), refused_cancels(), stale(),
        bad_id(), of_ours();

    /// A classic list.
    ClassicList: classic_signed_in(), bad_bound(), of_ours();
    /// Placing an order in words.
    ClassicPlace: classic_signed_in(), key_used(), any_body(), bad("/quantity", QuantityError::NotPositive),
        of_ours();
    /// Looking at an order or its history on the classic surface.
    ClassicView: classic_signed_in(), not_allowed(), one(ProblemCode::OrderNotFound), bad_id(), of_ours();
    /// Setting an order's status on the classic surface.
    ClassicChange: classic_signed_in(), admin_only(), one(ProblemCode::OrderNotFound), refused_classic_step(), stale(),
        any_body(), bad_id(), bad_status(), of_ours();
    /// Deleting an order.
    ClassicDelete: classic_signed_in(), admin_only(), one(ProblemCode::OrderNotFound), stale(), bad_id(),
        of_ours();

    /// Reading the server's numbers.
    Metrics: no_operator(), one(ProblemCode::RouteNotFound), of_ours();
    /// Looking up what a code means.
    UnknownCode: one(ProblemCode::RouteNotFound);
}

/// One response for each status, with the problems as its examples.
fn describe(problems: impl Iterator<Item = Problem>) -> BTreeMap<String, RefOr<Response>> {
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

/// The body that a client gets.
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
