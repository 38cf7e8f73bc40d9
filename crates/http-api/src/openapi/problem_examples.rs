//! Example problems, created by the same code that creates them for clients.

use std::time::Duration;

use domain::{
    OrderId, PageError, ProductId, Quantity, Stock, Version,
    account::{
        AccountRefusal,
        port::ChangeAccountError,
        service::{PasswordCheckError, RegisterError},
    },
    order::{
        OrderRefusal,
        OrderStatus::{self, Cancelled, Delivered, Pending, Processing, Shipped},
        PlaceRefusal,
        port::{ExecuteOrderError, PlaceError},
    },
    rate_limit::RateLimited,
};
use http_request::InputError;

use crate::problem::{Problem, ProblemCode, TransitionWording};

/// An internal error, and an unavailable dependency.
pub(super) fn server_faults() -> [Problem; 2] {
    [Problem::new(ProblemCode::Internal), Problem::unavailable(None)]
}

/// The errors of a token request.
pub(super) fn token_errors() -> Vec<Problem> {
    let problems = unreadable_body()
        .into_iter()
        .chain(invalid_member("/password", "is required"))
        .chain(
            [ProblemCode::InvalidCredentials, ProblemCode::InvalidRefreshToken].map(Problem::new),
        )
        .chain(rate_limited())
        .chain(server_faults());
    let mut errors: Vec<_> = problems.map(Problem::with_token_error).collect();
    errors.push(Problem::unsupported_grant_type());
    errors
}

/// A missing token, and an invalid one.
pub(super) fn unauthenticated() -> [Problem; 2] {
    [ProblemCode::NotAuthenticated, ProblemCode::InvalidToken].map(Problem::new)
}

/// The same with the wording of the classic surface.
pub(super) fn classic_unauthenticated() -> [Problem; 2] {
    unauthenticated().map(Problem::with_classic_detail)
}

pub(super) fn operator_required() -> [Problem; 3] {
    [ProblemCode::NotAuthenticated, ProblemCode::InvalidToken, ProblemCode::AdminRequired]
        .map(Problem::operator_required)
}

/// The resource belongs to another account, with the wording of the classic surface.
pub(super) fn classic_not_authorized() -> [Problem; 1] {
    [Problem::new(ProblemCode::NotAuthorized).with_classic_detail()]
}

pub(super) fn rate_limited() -> [Problem; 1] {
    [RateLimited { retry_after: Duration::from_secs(12) }.into()]
}

/// A body that is rejected before it is parsed.
pub(super) fn unreadable_body() -> [Problem; 4] {
    [
        ProblemCode::BodyTooSlow,
        ProblemCode::BodyTooLarge,
        ProblemCode::UnsupportedMediaType,
        ProblemCode::UnsupportedContentEncoding,
    ]
    .map(Problem::new)
}

#[expect(clippy::needless_pass_by_value, reason = "it takes the error that a parser returned")]
pub(super) fn invalid_member(pointer: &str, reason: impl ToString) -> [Problem; 1] {
    [Problem::invalid(vec![InputError::in_body(pointer, reason.to_string())])]
}

/// A parameter that is not an integer.
pub(super) fn not_an_integer(parameter: &str) -> [Problem; 1] {
    [Problem::invalid(vec![InputError::in_parameter(parameter, "must be a whole number")])]
}

#[expect(clippy::needless_pass_by_value, reason = "it takes the error that a parser returned")]
pub(super) fn invalid_parameter(parameter: &str, reason: impl ToString) -> [Problem; 1] {
    [Problem::invalid(vec![InputError::in_parameter(parameter, reason.to_string())])]
}

/// A parameter that the operation does not have.
pub(super) fn unknown_parameter() -> [Problem; 1] {
    let unknown = "is not a parameter of this request";
    [Problem::invalid(vec![InputError::in_parameter("colour", unknown)])]
}

pub(super) fn invalid_limit() -> [Problem; 1] {
    let reason = PageError::LimitOutOfRange.to_string();
    [Problem::invalid(vec![InputError::in_parameter("limit", reason)])]
}

pub(super) fn email_taken() -> [Problem; 1] {
    [RegisterError::EmailTaken.into()]
}

/// The current password is wrong.
pub(super) fn wrong_password() -> [Problem; 1] {
    [PasswordCheckError::WrongPassword.into()]
}

pub(super) fn last_admin() -> [Problem; 1] {
    [ChangeAccountError::Refused(AccountRefusal::LastAdmin).into()]
}

/// An account with two open orders.
pub(super) fn open_orders() -> [Problem; 1] {
    let orders = vec![OrderId::new(17), OrderId::new(21)];
    [ChangeAccountError::Refused(AccountRefusal::OpenOrders { orders, total: 2 }).into()]
}

/// A product that does not exist, and one without enough stock.
pub(super) fn unavailable_products() -> [Problem; 2] {
    let product = ProductId::new(42);
    let (requested, available) = (Quantity::ONE, Stock::EMPTY);
    [
        PlaceRefusal::ProductNotFound { product },
        PlaceRefusal::InsufficientStock { product, requested, available },
    ]
    .map(|refusal| PlaceError::Refused(refusal).into())
}

/// An idempotency key of a deleted order, and one of a different request.
pub(super) fn reused_key() -> [Problem; 2] {
    [PlaceError::PlacedAndDeleted.into(), PlaceError::Refused(PlaceRefusal::KeyReused).into()]
}

/// The resource has changed since the client read it.
pub(super) fn version_mismatch() -> [Problem; 1] {
    let refusal = OrderRefusal::VersionMismatch { current: Version::FIRST.next() };
    [Problem::from_order_error(refusal.into(), TransitionWording::V1Status)]
}

/// Transitions that v1 refuses when a status is set.
pub(super) fn refused_transitions() -> [Problem; 3] {
    [(Shipped, Processing), (Delivered, Shipped), (Cancelled, Processing)]
        .map(|(from, to)| refused(from, to, TransitionWording::V1Status))
}

pub(super) fn refused_cancels() -> [Problem; 2] {
    [Shipped, Cancelled].map(|from| refused(from, Cancelled, TransitionWording::V1Cancel))
}

/// A transition that the classic surface refuses.
pub(super) fn classic_refused_transition() -> [Problem; 1] {
    [refused(Pending, Delivered, TransitionWording::Classic)]
}

fn refused(from: OrderStatus, to: OrderStatus, wording: TransitionWording) -> Problem {
    let refusal = OrderRefusal::IllegalTransition { from, to };
    Problem::from_order_error(ExecuteOrderError::Refused(refusal), wording)
}
