//! The error responses of each operation.
//!
//! Each response is described by example problems, which are created by the same code that creates
//! them for clients.

use std::{borrow::Cow, collections::BTreeMap};

use actix_web::{ResponseError as _, body::MessageBody as _, http::header};
use domain::{
    PriceError, QuantityError,
    account::{EmailError, PasswordError, UnknownOpenOrders},
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
    classic_not_authorized, classic_refused_transition, classic_unauthenticated, email_taken,
    invalid_limit, invalid_member, invalid_parameter, last_admin, not_an_integer, open_orders,
    operator_required, rate_limited, refused_cancels, refused_transitions, reused_key,
    server_faults, token_errors, unauthenticated, unavailable_products, unknown_parameter,
    unreadable_body, version_mismatch, wrong_password,
};
use crate::problem::{
    PROBLEM_JSON, Problem,
    ProblemCode::{
        self, AdminRequired, EmailNotVerified, InvalidAccountToken, InvalidCredentials,
        InvalidRefreshToken, NotAuthorized, OrderNotFound, ProductNotDeleted, ProductNotFound,
        RouteNotFound, UserNotFound,
    },
    ProblemSchema,
};

/// Declares sets of problems, each named after the operations that respond with them.
macro_rules! problem_sets {
    ($($name:ident: $($problems:expr),+;)*) => {
        $(
            pub(crate) struct $name;

            impl IntoResponses for $name {
                fn responses() -> BTreeMap<String, RefOr<Response>> {
                    let mut problems = Vec::new();
                    $(problems.extend($problems);)+
                    describe(&problems)
                }
            }
        )*
    };
}

problem_sets! {
    Register: unreadable_body(), invalid_member("/email", EmailError::Malformed), email_taken(),
        rate_limited(), server_faults();
    LogIn: unreadable_body(), invalid_member("/password", "is required"), one(InvalidCredentials),
        rate_limited(), server_faults();
    RequestToken: token_errors();
    Refresh: unreadable_body(), invalid_member("/refresh_token", "is required"),
        one(InvalidRefreshToken), server_faults();
    ChangePassword: unauthenticated(), unreadable_body(), wrong_password(),
        invalid_member("/new_password", PasswordError::TooManyBytes), rate_limited(),
        server_faults();
    RequestPasswordReset: unreadable_body(), invalid_member("/email", EmailError::Malformed),
        rate_limited(), server_faults();
    ResetPassword: unreadable_body(), one(InvalidAccountToken),
        invalid_member("/password", PasswordError::TooManyBytes), server_faults();
    VerifyEmail: unreadable_body(), one(InvalidAccountToken), email_taken(),
        invalid_member("/token", "is required"), server_faults();
    RequestVerificationMail: unauthenticated(), unknown_parameter(), rate_limited(), server_faults();
    Authenticated: unauthenticated(), unknown_parameter(), server_faults();
    PublicList: invalid_limit(), server_faults();
    OwnList: unauthenticated(), invalid_limit(), server_faults();
    AdminList: unauthenticated(), one(AdminRequired), invalid_limit(), server_faults();
    ListUsers: unauthenticated(), one(AdminRequired), invalid_limit(),
        invalid_parameter("email", EmailError::Malformed), server_faults();
    ViewUser: unauthenticated(), one(NotAuthorized), one(UserNotFound), not_an_integer("id"),
        server_faults();
    UpdateUser: unauthenticated(), one(NotAuthorized), one(UserNotFound), email_taken(),
        unreadable_body(), not_an_integer("id"), invalid_member("/email", EmailError::Malformed),
        wrong_password(), rate_limited(), server_faults();
    ChangeRole: unauthenticated(), one(AdminRequired), one(UserNotFound), last_admin(),
        unreadable_body(), not_an_integer("id"), invalid_member("/role", "is required"),
        server_faults();
    DeleteUser: unauthenticated(), one(AdminRequired), one(UserNotFound), last_admin(),
        open_orders(), not_an_integer("id"), invalid_parameter("open_orders", UnknownOpenOrders),
        server_faults();
    ViewProduct: one(ProductNotFound), not_an_integer("id"), server_faults();
    ListMovements: unauthenticated(), one(AdminRequired), one(ProductNotFound), invalid_limit(),
        not_an_integer("id"), server_faults();
    ListEvents: unauthenticated(), one(AdminRequired),
        invalid_parameter("wait", "must be a whole number from 0 to 30"), server_faults();
    CreateProduct: unauthenticated(), one(AdminRequired), unreadable_body(),
        invalid_member("/price", PriceError::NotPositive), server_faults();
    UpdateProduct: unauthenticated(), one(AdminRequired), one(ProductNotFound), version_mismatch(),
        unreadable_body(), not_an_integer("id"), invalid_member("/price", PriceError::NotPositive),
        server_faults();
    DeleteProduct: unauthenticated(), one(AdminRequired), one(ProductNotFound), version_mismatch(),
        not_an_integer("id"), server_faults();
    RestoreProduct: unauthenticated(), one(AdminRequired), one(ProductNotFound),
        one(ProductNotDeleted), version_mismatch(), unreadable_body(), not_an_integer("id"),
        server_faults();
    PlaceOrder: unauthenticated(), one(EmailNotVerified), unavailable_products(), reused_key(), unreadable_body(),
        invalid_member("/quantity", QuantityError::NotPositive), rate_limited(), server_faults();
    ViewOrder: unauthenticated(), one(NotAuthorized), one(OrderNotFound), not_an_integer("id"),
        server_faults();
    ChangeStatus: unauthenticated(), one(AdminRequired), one(OrderNotFound), refused_transitions(),
        version_mismatch(), unreadable_body(), not_an_integer("id"),
        invalid_member("/status", UnknownStatus), server_faults();
    CancelOrder: unauthenticated(), one(NotAuthorized), one(OrderNotFound), refused_cancels(),
        version_mismatch(), unreadable_body(), not_an_integer("id"), server_faults();
    ClassicList: classic_unauthenticated(), not_an_integer("min_qty"), server_faults();
    ClassicPlace: classic_unauthenticated(), one(EmailNotVerified), reused_key(), unreadable_body(),
        invalid_member("/quantity", QuantityError::NotPositive), rate_limited(), server_faults();
    ClassicView: classic_unauthenticated(), classic_not_authorized(), one(OrderNotFound),
        not_an_integer("id"), server_faults();
    ClassicChange: classic_unauthenticated(), one(AdminRequired), one(OrderNotFound),
        classic_refused_transition(), version_mismatch(), unreadable_body(), not_an_integer("id"),
        invalid_member("/status", UnknownStatus), server_faults();
    ClassicDelete: classic_unauthenticated(), one(AdminRequired), one(OrderNotFound),
        version_mismatch(), not_an_integer("id"), server_faults();
    Metrics: operator_required(), one(RouteNotFound), server_faults();
    UnknownCode: one(RouteNotFound);
}

/// A problem with the default `detail` of its type.
fn one(code: ProblemCode) -> [Problem; 1] {
    [Problem::new(code)]
}

/// One response per status, with the problems as its examples.
fn describe(problems: &[Problem]) -> BTreeMap<String, RefOr<Response>> {
    let mut by_status = BTreeMap::<String, Vec<Sent>>::new();
    for problem in problems {
        let status = problem.status_code().as_str().to_owned();
        by_status.entry(status).or_default().push(Sent::new(problem));
    }
    by_status.into_iter().map(|(status, problems)| (status, response(problems).into())).collect()
}

/// A problem as it is sent.
struct Sent {
    code: ProblemCode,
    summary: String,
    body: Value,
    /// The names of its headers.
    headers: Vec<Cow<'static, str>>,
}

impl Sent {
    fn new(problem: &Problem) -> Self {
        let response = problem.error_response();
        let known = [
            (header::RETRY_AFTER, "Retry-After"),
            (header::WWW_AUTHENTICATE, "WWW-Authenticate"),
            (header::ACCEPT_ENCODING, "Accept-Encoding"),
        ];
        let sent = known.into_iter().filter(|(header, _)| response.headers().contains_key(header));
        let headers = sent.map(|(_, name)| name.into()).collect();
        let bytes = response.into_body().try_into_bytes().unwrap_or_default();
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        Self { code: problem.code(), summary: problem.to_string(), body, headers }
    }

    /// The name of the example: the problem's code, and for invalid input also the location, since
    /// an operation can have several examples with that code.
    fn example_name(&self) -> String {
        let code = self.code.as_str();
        let location = self.body.pointer("/errors/0").and_then(|error| {
            let location = error.get("pointer").or_else(|| error.get("parameter"))?;
            Some(location.as_str()?.trim_start_matches('/').to_owned())
        });
        location.map_or_else(|| code.to_owned(), |location| format!("{code}_{location}"))
    }
}

fn response(problems: Vec<Sent>) -> Response {
    let mut titles: Vec<_> = problems.iter().map(|problem| problem.code.title()).collect();
    titles.dedup();
    let description = titles.join("; or: ");
    let headers: Vec<_> = problems.iter().flat_map(|problem| problem.headers.clone()).collect();
    let examples = problems.into_iter().map(|problem| {
        let name = problem.example_name();
        (name, ExampleBuilder::new().summary(problem.summary).value(Some(problem.body)).build())
    });
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(ProblemSchema::name())))
        .examples_from_iter(examples)
        .build();
    let response = ResponseBuilder::new().description(description).content(PROBLEM_JSON, content);
    headers
        .into_iter()
        .fold(response, |response, name| response.header(name, Header::default()))
        .build()
}
