//! A real problem of each kind, made and worded by the code that makes them for clients.

use std::time::Duration;

use domain::{
    PageError, ProductId, Quantity, Stock, Version,
    account::{AccountRefusal, port::ChangeAccountError, service::RegisterError},
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

/// A fault of this server, and of what it depends on.
pub(super) fn server_faults() -> [Problem; 2] {
    [Problem::new(ProblemCode::Internal), Problem::unavailable(None)]
}

pub(super) fn signed_in() -> [Problem; 2] {
    [ProblemCode::NotAuthenticated, ProblemCode::InvalidToken].map(Problem::new)
}

/// The same in the words of the classic surface.
pub(super) fn classic_signed_in() -> [Problem; 2] {
    signed_in().map(Problem::in_classic_words)
}

pub(super) fn no_operator() -> [Problem; 3] {
    [ProblemCode::NotAuthenticated, ProblemCode::InvalidToken, ProblemCode::AdminRequired]
        .map(Problem::not_an_operator)
}

/// It belongs to another account, in the words of the classic surface.
pub(super) fn classic_not_authorized() -> [Problem; 1] {
    [Problem::new(ProblemCode::NotAuthorized).in_classic_words()]
}

pub(super) fn rate_limited() -> [Problem; 1] {
    [RateLimited { retry_after: Duration::from_secs(12) }.into()]
}

/// A body that is not even read.
pub(super) fn any_body() -> [Problem; 3] {
    [ProblemCode::BodyTooSlow, ProblemCode::BodyTooLarge, ProblemCode::UnsupportedMediaType]
        .map(Problem::new)
}

#[expect(clippy::needless_pass_by_value, reason = "it takes the error that a parser returned")]
pub(super) fn bad(pointer: &str, reason: impl ToString) -> [Problem; 1] {
    [Problem::invalid(vec![InputError::in_body(pointer, reason.to_string())])]
}

/// A parameter that is no number.
pub(super) fn no_number(parameter: &str) -> [Problem; 1] {
    [Problem::invalid(vec![InputError::in_parameter(parameter, "must be a whole number")])]
}

pub(super) fn bad_limit() -> [Problem; 1] {
    let reason = PageError::LimitOutOfRange.to_string();
    [Problem::invalid(vec![InputError::in_parameter("limit", reason)])]
}

pub(super) fn email_taken() -> [Problem; 1] {
    [RegisterError::EmailTaken.into()]
}

pub(super) fn last_admin() -> [Problem; 1] {
    [ChangeAccountError::Refused(AccountRefusal::LastAdmin).into()]
}

/// A product that is not there, or has too little stock.
pub(super) fn out_of_stock() -> [Problem; 2] {
    let product = ProductId::new(42);
    let (requested, available) = (Quantity::ONE, Stock::EMPTY);
    [
        PlaceRefusal::ProductNotFound { product },
        PlaceRefusal::InsufficientStock { product, requested, available },
    ]
    .map(|refusal| PlaceError::Refused(refusal).into())
}

/// An idempotency key that cannot be used (again).
pub(super) fn key_used() -> [Problem; 2] {
    [PlaceError::PlacedAndDeleted.into(), PlaceError::Refused(PlaceRefusal::KeyReused).into()]
}

/// It has changed since the caller saw it.
pub(super) fn stale() -> [Problem; 1] {
    let refusal = OrderRefusal::VersionMismatch { current: Version::FIRST.next() };
    [Problem::order_not_changed(refusal.into(), TransitionWording::V1Status)]
}

/// Transitions that v1 refuses where a status is set.
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
    Problem::order_not_changed(ExecuteOrderError::Refused(refusal), wording)
}
