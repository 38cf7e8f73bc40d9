//! The mapping from errors of the domain to problems.

use std::sync::Arc;

use domain::{
    OrderId, StoreError,
    account::{
        AccountRefusal,
        port::{ChangeAccountError, HasherError},
        service::{
            AccountTokenError, AuthenticateError, LoginError, PasswordCheckError, RegisterError,
            ViewAccountError,
        },
    },
    order::{
        OrderRefusal, OrderStatus, PlaceRefusal,
        port::{ExecuteOrderError, PlaceError},
        service::ViewOrderError,
    },
    product::{ProductRefusal, port::ChangeProductError, service::StaffOnlyError},
    rate_limit::RateLimited,
};
use http_request::{InputError, RequestError, TooManyTasks};

use super::{Problem, code::ProblemCode};

impl From<ProblemCode> for Problem {
    fn from(code: ProblemCode) -> Self {
        Self::new(code)
    }
}

impl From<TooManyTasks> for Problem {
    fn from(_too_many: TooManyTasks) -> Self {
        Self::unavailable(None)
    }
}

impl From<RateLimited> for Problem {
    fn from(limited: RateLimited) -> Self {
        Self::rate_limited(limited.retry_after)
    }
}

/// Maps each variant of an error to a problem code, a problem, or another error that this table
/// maps.
macro_rules! problems {
    ($($error:ident { $($($variant:pat_param)|+ => $problem:expr,)+ })+) => {$(
        impl From<$error> for Problem {
            fn from(error: $error) -> Self {
                use $error::*;
                match error {
                    $($($variant)|+ => $problem.into(),)+
                }
            }
        }
    )+};
}

problems! {
    StoreError {
        Unavailable(cause) | CommitUnknown(cause) => Problem::unavailable(Some(cause)),
        Broken(cause) => Problem::internal(cause),
    }
    HasherError {
        Overloaded => Problem::unavailable(None),
        Broken(cause) => Problem::internal(cause),
    }
    RequestError {
        Invalid(errors) => Problem::invalid(errors),
        BodyTooLarge => ProblemCode::BodyTooLarge,
        BodyTooSlow => ProblemCode::BodyTooSlow,
        UnsupportedMediaType => ProblemCode::UnsupportedMediaType,
        UnsupportedContentEncoding => ProblemCode::UnsupportedContentEncoding,
    }
    RegisterError {
        EmailTaken => ProblemCode::EmailTaken,
        Hasher(error) => error,
        Store(error) => error,
    }
    LoginError {
        InvalidCredentials => ProblemCode::InvalidCredentials,
        RateLimited(limited) => limited,
        Hasher(error) => error,
        Signing(error) => Problem::internal(Arc::new(error)),
        Store(error) => error,
    }
    AuthenticateError {
        Token(_) | SessionOver => ProblemCode::InvalidToken,
        Store(error) => error,
    }
    ViewAccountError {
        Forbidden => ProblemCode::NotAuthorized,
        NotFound => ProblemCode::UserNotFound,
        Store(error) => error,
    }
    ChangeAccountError {
        NotFound => ProblemCode::UserNotFound,
        EmailTaken => ProblemCode::EmailTaken,
        Refused(AccountRefusal::Forbidden) => ProblemCode::NotAuthorized,
        Refused(AccountRefusal::LastAdmin) => ProblemCode::LastAdmin,
        Refused(AccountRefusal::OpenOrders { orders, total }) => {
            Problem::open_orders(&orders, total)
        },
        Refused(AccountRefusal::PasswordRequired) => PasswordCheckError::PasswordRequired,
        Refused(AccountRefusal::WrongPassword) => PasswordCheckError::WrongPassword,
        Refused(AccountRefusal::StaleToken) => ProblemCode::InvalidAccountToken,
        Store(error) => error,
    }
    PasswordCheckError {
        PasswordRequired => Problem::current_password("is required"),
        WrongPassword => Problem::current_password("is not the current password"),
        Change(error) => error,
        Hasher(error) => error,
    }
    AccountTokenError {
        Invalid => ProblemCode::InvalidAccountToken,
        EmailTaken => ProblemCode::EmailTaken,
        Hasher(error) => error,
        Store(error) => error,
    }
    StaffOnlyError {
        Forbidden => ProblemCode::AdminRequired,
        Store(error) => error,
    }
    ChangeProductError {
        NotFound | Refused(ProductRefusal::Deleted) => ProblemCode::ProductNotFound,
        VersionMismatch { current, revision } => {
            Problem::new(ProblemCode::VersionMismatch)
                .with_extension("current_version", current.get())
                .with_extension("current_revision", revision.get())
        },
        Refused(ProductRefusal::Forbidden) => ProblemCode::AdminRequired,
        Refused(ProductRefusal::NotDeleted) => ProblemCode::ProductNotDeleted,
        Refused(refusal @ ProductRefusal::TooManyOnHand { .. }) => {
            Problem::invalid(vec![InputError::in_body("/stock", refusal.to_string())])
        },
        Store(error) => error,
    }
    PlaceError {
        Refused(PlaceRefusal::ProductNotFound { product }) => {
            Problem::new(ProblemCode::ProductNotFound).with_extension("product_id", product.get())
        },
        Refused(PlaceRefusal::InsufficientStock { product, requested, available }) => {
            Problem::new(ProblemCode::InsufficientStock)
                .with_extension("product_id", product.get())
                .with_extension("requested", requested.get())
                .with_extension("available", available.get())
        },
        Refused(PlaceRefusal::KeyReused) => ProblemCode::IdempotencyKeyReused,
        Refused(PlaceRefusal::AccountGone) => ProblemCode::InvalidToken,
        PlacedAndDeleted => ProblemCode::OrderNotFound,
        EmailNotVerified => ProblemCode::EmailNotVerified,
        RateLimited(limited) => limited,
        Store(error) => error,
    }
    ViewOrderError {
        NotFound => ProblemCode::OrderNotFound,
        NotOwner => ProblemCode::NotAuthorized,
        AdminOnly => ProblemCode::AdminRequired,
        Store(error) => error,
    }
}

/// The wording of a refused status transition, which depends on the surface and the route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TransitionWording {
    V1Status,
    V1Cancel,
    Classic,
}

impl Problem {
    /// An account that is not deleted because of its open orders: the first of them, and how many
    /// there are.
    fn open_orders(orders: &[OrderId], total: u64) -> Self {
        let mut named: Vec<String> = orders.iter().map(ToString::to_string).collect();
        let more = total.saturating_sub(u64::try_from(orders.len()).unwrap_or(u64::MAX));
        if more > 0 {
            named.push(format!("and {more} more"));
        }
        let detail = format!("{}: {}", ProblemCode::OpenOrders.detail(), named.join(", "));
        let orders: Vec<i64> = orders.iter().map(|order| order.get()).collect();
        Self::with_detail(ProblemCode::OpenOrders, detail)
            .with_extension("orders", orders)
            .with_extension("total", total)
    }

    /// The current password, which a change has to prove, is missing or wrong.
    fn current_password(reason: &str) -> Self {
        Self::invalid(vec![InputError::in_body("/current_password", reason)])
    }

    /// The problem of a failed order command.
    pub(crate) fn from_order_error(error: ExecuteOrderError, wording: TransitionWording) -> Self {
        use OrderRefusal::{AdminOnly, IllegalTransition, NotOwner, VersionMismatch};
        match error {
            ExecuteOrderError::NotFound => ProblemCode::OrderNotFound.into(),
            ExecuteOrderError::Refused(AdminOnly) => ProblemCode::AdminRequired.into(),
            ExecuteOrderError::Refused(NotOwner) => ProblemCode::NotAuthorized.into(),
            ExecuteOrderError::Refused(VersionMismatch { current }) => {
                Self::new(ProblemCode::VersionMismatch)
                    .with_extension("current_version", current.get())
            }
            ExecuteOrderError::Refused(IllegalTransition { from, to }) => {
                Self::refused_transition(from, to, wording)
            }
            ExecuteOrderError::Store(error) => error.into(),
        }
    }

    fn refused_transition(from: OrderStatus, to: OrderStatus, wording: TransitionWording) -> Self {
        use OrderStatus::{Cancelled, Delivered};
        use TransitionWording::{Classic, V1Cancel, V1Status};
        let word = match wording {
            Classic => OrderStatus::as_upper_str,
            V1Status | V1Cancel => OrderStatus::as_str,
        };
        let allowed: Vec<_> = from.next().iter().map(|status| word(*status)).collect();
        let refused = format!("Invalid status transition from {} to {}", word(from), word(to));
        let problem = match (wording, from) {
            (Classic, _) => Self::with_detail(ProblemCode::IllegalTransition, refused),
            (V1Cancel, Cancelled) => {
                Self::with_detail(ProblemCode::OrderCancelled, "Already cancelled")
            }
            (V1Cancel, _) => Self::new(ProblemCode::OrderNotCancellable),
            (V1Status, Cancelled) => Self::new(ProblemCode::OrderCancelled),
            (V1Status, Delivered) => Self::new(ProblemCode::OrderDelivered),
            (V1Status, _) => Self::with_detail(
                ProblemCode::IllegalTransition,
                format!("{refused}; open steps: {}", allowed.join(", ")),
            ),
        };
        problem.with_extension("open_steps", allowed)
    }
}
