//! A real problem of each kind, as an example.

use std::time::Duration;

use domain::{
    PageError, ProductId, Quantity, Stock, Version,
    account::{AccountRefusal, port::ChangeAccountError, service::RegisterError},
    order::{
        OrderRefusal, OrderStatus, PlaceRefusal, UnknownStatus,
        port::{ExecuteOrderError, PlaceError},
    },
    rate_limit::RateLimited,
};

use crate::{
    classic,
    problem::{InputError, Problem, ProblemCode, StepWording},
};

/// The problem of a kind that is always worded alike.
pub(super) fn one(code: ProblemCode) -> Vec<Problem> {
    vec![Problem::new(code)]
}

/// Faults of this server, and of what it stands on.
pub(super) fn of_ours() -> Vec<Problem> {
    vec![Problem::new(ProblemCode::Internal), Problem::unavailable(None)]
}

/// Nobody known is calling.
pub(super) fn signed_in() -> Vec<Problem> {
    vec![Problem::new(ProblemCode::NotAuthenticated), Problem::new(ProblemCode::InvalidToken)]
}

/// Nobody known is calling the classic surface.
pub(super) fn classic_signed_in() -> Vec<Problem> {
    let invalid = Problem::worded(ProblemCode::InvalidToken, "Invalid or expired token");
    vec![Problem::new(ProblemCode::NotAuthenticated), invalid]
}

/// Somebody else than staff is calling.
pub(super) fn admin_only() -> Vec<Problem> {
    one(ProblemCode::AdminRequired)
}

/// Somebody else than an operator is calling.
pub(super) fn no_operator() -> Vec<Problem> {
    let codes =
        [ProblemCode::NotAuthenticated, ProblemCode::InvalidToken, ProblemCode::AdminRequired];
    codes.map(Problem::not_an_operator).into()
}

/// It is somebody else's.
pub(super) fn not_authorized() -> Vec<Problem> {
    one(ProblemCode::NotAuthorized)
}

/// It is somebody else's, in the words of the classic surface.
pub(super) fn not_allowed() -> Vec<Problem> {
    vec![classic::orders::not_allowed(Problem::new(ProblemCode::NotAuthorized))]
}

/// Too many attempts.
pub(super) fn rate_limited() -> Vec<Problem> {
    vec![RateLimited { retry_after: Duration::from_secs(12) }.into()]
}

/// A body that is not even read.
pub(super) fn any_body() -> Vec<Problem> {
    vec![
        Problem::new(ProblemCode::BodyTooSlow),
        Problem::new(ProblemCode::BodyTooLarge),
        Problem::new(ProblemCode::UnsupportedMediaType),
    ]
}

/// Something wrong in a body.
#[expect(clippy::needless_pass_by_value, reason = "it takes the error that a parser returned")]
pub(super) fn bad(pointer: &str, reason: impl ToString) -> Vec<Problem> {
    vec![Problem::invalid(vec![InputError::in_body(pointer, reason.to_string())])]
}

/// A status that is none.
pub(super) fn bad_status() -> Vec<Problem> {
    bad("/status", UnknownStatus)
}

/// An id that is no number.
pub(super) fn bad_id() -> Vec<Problem> {
    vec![Problem::invalid(vec![InputError::in_parameter("id", "must be a whole number")])]
}

/// A page size out of range.
pub(super) fn bad_limit() -> Vec<Problem> {
    let reason = PageError::LimitOutOfRange.to_string();
    vec![Problem::invalid(vec![InputError::in_parameter("limit", reason)])]
}

/// A bound of a classic list that is no number.
pub(super) fn bad_bound() -> Vec<Problem> {
    vec![Problem::invalid(vec![InputError::in_parameter("min_qty", "must be a whole number")])]
}

/// A live account has that address.
pub(super) fn email_taken() -> Vec<Problem> {
    vec![RegisterError::EmailTaken.into()]
}

/// Nobody would be left to manage the shop.
pub(super) fn last_admin() -> Vec<Problem> {
    vec![ChangeAccountError::Refused(AccountRefusal::LastAdmin).into()]
}

/// A product that is not there, or not often enough.
pub(super) fn out_of_stock() -> Vec<Problem> {
    let product = ProductId::new(42);
    let refusals = [
        PlaceRefusal::ProductNotFound { product },
        PlaceRefusal::InsufficientStock {
            product,
            requested: Quantity::ONE,
            available: Stock::EMPTY,
        },
    ];
    refusals.map(|refusal| PlaceError::Refused(refusal).into()).into()
}

/// An idempotency key that cannot be used (again).
pub(super) fn key_used() -> Vec<Problem> {
    vec![PlaceError::PlacedAndDeleted.into(), PlaceError::Refused(PlaceRefusal::KeyReused).into()]
}

/// It has changed since the caller saw it.
pub(super) fn stale() -> Vec<Problem> {
    let refusal = OrderRefusal::VersionMismatch { current: Version::FIRST.next() };
    vec![Problem::order_not_changed(refusal.into(), StepWording::V1Status)]
}

/// Steps that v1 refuses where a status is set.
pub(super) fn refused_steps() -> Vec<Problem> {
    use OrderStatus::{Cancelled, Delivered, Processing, Shipped};
    let steps = [(Shipped, Processing), (Delivered, Shipped), (Cancelled, Processing)];
    steps.map(|(from, to)| refused_step(from, to, StepWording::V1Status)).into()
}

/// Orders that v1 does not cancel.
pub(super) fn refused_cancels() -> Vec<Problem> {
    [OrderStatus::Shipped, OrderStatus::Cancelled]
        .map(|from| refused_step(from, OrderStatus::Cancelled, StepWording::V1Cancel))
        .into()
}

/// A step that the classic surface refuses.
pub(super) fn refused_classic_step() -> Vec<Problem> {
    vec![refused_step(OrderStatus::Pending, OrderStatus::Delivered, StepWording::Classic)]
}

fn refused_step(from: OrderStatus, to: OrderStatus, wording: StepWording) -> Problem {
    let refusal = OrderRefusal::IllegalStep { from, to };
    Problem::order_not_changed(ExecuteOrderError::Refused(refusal), wording)
}
