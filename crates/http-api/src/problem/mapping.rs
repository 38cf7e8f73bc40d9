//! Which error of the domain is which problem. The only place that knows both.

use std::sync::Arc;

use domain::{
    StoreError,
    account::{
        AccountRefusal,
        port::{ChangeAccountError, HasherError},
        service::{AuthenticateError, LoginError, RegisterError, ViewAccountError},
    },
    order::{
        OrderRefusal, OrderStatus, PlaceRefusal,
        port::{ExecuteOrderError, PlaceError},
        service::ViewOrderError,
    },
    product::{ProductRefusal, port::ChangeProductError, service::CreateProductError},
    rate_limit::RateLimited,
};
use http_request::RequestError;

use super::{Problem, ProblemCode};

/// The words that a surface and a route have for a transition that the lifecycle refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TransitionWording {
    /// v1, setting a status.
    V1Status,
    /// v1, cancelling.
    V1Cancel,
    /// The classic surface.
    Classic,
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(cause) | StoreError::CommitUnknown(cause) => {
                Self::unavailable(Some(cause))
            }
            StoreError::Broken(cause) => Self::internal(cause),
        }
    }
}

impl From<HasherError> for Problem {
    fn from(error: HasherError) -> Self {
        match error {
            HasherError::Overloaded => Self::unavailable(None),
            HasherError::Broken(cause) => Self::internal(cause),
        }
    }
}

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Invalid(errors) => Self::invalid(errors),
            RequestError::BodyTooLarge => Self::new(ProblemCode::BodyTooLarge),
            RequestError::BodyTooSlow => Self::new(ProblemCode::BodyTooSlow),
            RequestError::UnsupportedMediaType => Self::new(ProblemCode::UnsupportedMediaType),
        }
    }
}

impl From<RateLimited> for Problem {
    fn from(limited: RateLimited) -> Self {
        Self::rate_limited(limited.retry_after)
    }
}

impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::EmailTaken => Self::new(ProblemCode::EmailTaken),
            RegisterError::Hasher(error) => error.into(),
            RegisterError::Store(error) => error.into(),
        }
    }
}

impl From<LoginError> for Problem {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::InvalidCredentials => Self::new(ProblemCode::InvalidCredentials),
            LoginError::Hasher(error) => error.into(),
            LoginError::Signing(error) => Self::internal(Arc::new(error)),
            LoginError::Store(error) => error.into(),
        }
    }
}

impl From<AuthenticateError> for Problem {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::Token(_) | AuthenticateError::SessionOver => {
                Self::new(ProblemCode::InvalidToken)
            }
            AuthenticateError::Store(error) => error.into(),
        }
    }
}

impl From<ViewAccountError> for Problem {
    fn from(error: ViewAccountError) -> Self {
        match error {
            ViewAccountError::Forbidden => Self::new(ProblemCode::NotAuthorized),
            ViewAccountError::NotFound => Self::new(ProblemCode::UserNotFound),
            ViewAccountError::Store(error) => error.into(),
        }
    }
}

impl From<ChangeAccountError> for Problem {
    fn from(error: ChangeAccountError) -> Self {
        match error {
            ChangeAccountError::NotFound => Self::new(ProblemCode::UserNotFound),
            ChangeAccountError::EmailTaken => Self::new(ProblemCode::EmailTaken),
            ChangeAccountError::Refused(AccountRefusal::Forbidden) => {
                Self::new(ProblemCode::NotAuthorized)
            }
            ChangeAccountError::Refused(AccountRefusal::LastAdmin) => {
                Self::new(ProblemCode::LastAdmin)
            }
            ChangeAccountError::Store(error) => error.into(),
        }
    }
}

impl From<CreateProductError> for Problem {
    fn from(error: CreateProductError) -> Self {
        match error {
            CreateProductError::Forbidden => Self::new(ProblemCode::AdminRequired),
            CreateProductError::Store(error) => error.into(),
        }
    }
}

impl From<ChangeProductError> for Problem {
    fn from(error: ChangeProductError) -> Self {
        match error {
            ChangeProductError::NotFound | ChangeProductError::Refused(ProductRefusal::Deleted) => {
                Self::new(ProblemCode::ProductNotFound)
            }
            ChangeProductError::VersionMismatch { current } => {
                Self::new(ProblemCode::VersionMismatch).with("current_version", current.get())
            }
            ChangeProductError::Refused(ProductRefusal::Forbidden) => {
                Self::new(ProblemCode::AdminRequired)
            }
            ChangeProductError::Refused(ProductRefusal::NotDeleted) => {
                Self::new(ProblemCode::ProductNotDeleted)
            }
            ChangeProductError::Store(error) => error.into(),
        }
    }
}

impl From<PlaceError> for Problem {
    fn from(error: PlaceError) -> Self {
        match error {
            PlaceError::Refused(PlaceRefusal::ProductNotFound { product }) => {
                Self::new(ProblemCode::ProductNotFound).with("product_id", product.get())
            }
            PlaceError::Refused(PlaceRefusal::InsufficientStock {
                product,
                requested,
                available,
            }) => Self::new(ProblemCode::InsufficientStock)
                .with("product_id", product.get())
                .with("requested", requested.get())
                .with("available", available.get()),
            PlaceError::Refused(PlaceRefusal::KeyReused) => {
                Self::new(ProblemCode::IdempotencyKeyReused)
            }
            PlaceError::PlacedAndDeleted => Self::new(ProblemCode::OrderNotFound),
            PlaceError::Store(error) => error.into(),
        }
    }
}

impl From<ViewOrderError> for Problem {
    fn from(error: ViewOrderError) -> Self {
        match error {
            ViewOrderError::NotFound => Self::new(ProblemCode::OrderNotFound),
            ViewOrderError::NotOwner => Self::new(ProblemCode::NotAuthorized),
            ViewOrderError::AdminOnly => Self::new(ProblemCode::AdminRequired),
            ViewOrderError::Store(error) => error.into(),
        }
    }
}

impl Problem {
    /// A command on an order that was not carried out, in a surface's words.
    pub(crate) fn order_not_changed(error: ExecuteOrderError, wording: TransitionWording) -> Self {
        match error {
            ExecuteOrderError::NotFound => Self::new(ProblemCode::OrderNotFound),
            ExecuteOrderError::Refused(OrderRefusal::AdminOnly) => {
                Self::new(ProblemCode::AdminRequired)
            }
            ExecuteOrderError::Refused(OrderRefusal::NotOwner) => {
                Self::new(ProblemCode::NotAuthorized)
            }
            ExecuteOrderError::Refused(OrderRefusal::VersionMismatch { current }) => {
                Self::new(ProblemCode::VersionMismatch).with("current_version", current.get())
            }
            ExecuteOrderError::Refused(OrderRefusal::IllegalStep { from, to }) => {
                Self::illegal_step(from, to, wording)
            }
            ExecuteOrderError::Store(error) => error.into(),
        }
    }

    fn illegal_step(from: OrderStatus, to: OrderStatus, wording: TransitionWording) -> Self {
        let word = match wording {
            TransitionWording::Classic => OrderStatus::as_upper_str,
            TransitionWording::V1Status | TransitionWording::V1Cancel => OrderStatus::as_str,
        };
        let open: Vec<_> = from.next().iter().map(|step| word(*step)).collect();
        let transition = format!("Invalid status transition from {} to {}", word(from), word(to));
        let problem = match (wording, from) {
            (TransitionWording::Classic, _) => {
                Self::worded(ProblemCode::IllegalStatusStep, transition)
            }
            (TransitionWording::V1Cancel, OrderStatus::Cancelled) => {
                Self::worded(ProblemCode::OrderCancelled, "Already cancelled")
            }
            (TransitionWording::V1Cancel, _) => Self::new(ProblemCode::OrderNotCancellable),
            (TransitionWording::V1Status, OrderStatus::Cancelled) => {
                Self::new(ProblemCode::OrderCancelled)
            }
            (TransitionWording::V1Status, OrderStatus::Delivered) => {
                Self::new(ProblemCode::OrderDelivered)
            }
            (TransitionWording::V1Status, _) => Self::worded(
                ProblemCode::IllegalStatusStep,
                format!("{transition}; open steps: {}", open.join(", ")),
            ),
        };
        problem.with("open_steps", open)
    }
}
