//! The table of problem types: code, status, title and default detail.

use actix_web::http::StatusCode;

/// Declares the problem types, one row each.
macro_rules! problem_codes {
    ($($name:ident, $code:literal, $status:ident, $title:literal, $detail:literal;)*) => {
        /// A problem type. Its code is part of the API contract and never changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ProblemCode {
            $(#[doc = $title] $name,)*
        }

        impl ProblemCode {
            /// All problem types, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code, for programs.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The HTTP status.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }

            /// The summary of the problem type.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// The default explanation, for people.
            pub const fn detail(self) -> &'static str {
                match self { $(Self::$name => $detail,)* }
            }
        }
    };
}

problem_codes! {
    NotAuthenticated, "not_authenticated", UNAUTHORIZED, "Not authenticated", "Not authenticated";
    InvalidToken, "invalid_token", UNAUTHORIZED, "Invalid token", "Could not validate credentials";
    InvalidCredentials, "invalid_credentials", UNAUTHORIZED, "Invalid credentials", "Invalid credentials";
    InvalidRefreshToken, "invalid_refresh_token", UNAUTHORIZED, "Invalid refresh token", "Invalid or expired refresh token";
    AdminRequired, "admin_required", FORBIDDEN, "Admin access required", "Admin access required";
    NotAuthorized, "not_authorized", FORBIDDEN, "Not authorized", "Not authorized";
    EmailNotVerified, "email_not_verified", FORBIDDEN, "Email address not confirmed", "Confirm your email address first: the mail to it has a link";
    UserNotFound, "user_not_found", NOT_FOUND, "User not found", "User not found";
    ProductNotFound, "product_not_found", NOT_FOUND, "Product not found", "Product not found";
    OrderNotFound, "order_not_found", NOT_FOUND, "Order not found", "Order not found";
    RouteNotFound, "route_not_found", NOT_FOUND, "Not found", "Not Found";
    MethodNotAllowed, "method_not_allowed", METHOD_NOT_ALLOWED, "Method not allowed", "Method Not Allowed";
    EmailTaken, "email_taken", CONFLICT, "Email already registered", "Email already registered";
    LastAdmin, "last_admin", CONFLICT, "Last admin", "The last admin cannot be demoted or deleted";
    OpenOrders, "open_orders", CONFLICT, "Open orders", "The account has open orders";
    InsufficientStock, "insufficient_stock", CONFLICT, "Not enough stock", "Not enough stock";
    ProductNotDeleted, "product_not_deleted", CONFLICT, "Product is not deleted", "Product is not deleted";
    OrderCancelled, "order_cancelled", CONFLICT, "Order is cancelled", "Order already cancelled";
    OrderNotCancellable, "order_not_cancellable", CONFLICT, "Order cannot be cancelled", "Cannot cancel shipped/delivered order";
    OrderDelivered, "order_delivered", CONFLICT, "Order is delivered", "Delivered orders cannot be modified";
    IllegalTransition, "illegal_status_step", CONFLICT, "Invalid status transition", "Invalid status transition";
    VersionMismatch, "version_mismatch", PRECONDITION_FAILED, "Changed since", "It has changed since you read it; read it again";
    IdempotencyKeyReused, "idempotency_key_reused", UNPROCESSABLE_ENTITY, "Idempotency key reused", "This Idempotency-Key was used for a different request";
    InvalidAccountToken, "invalid_account_token", UNPROCESSABLE_ENTITY, "Invalid token of a mail", "The token is invalid or has expired, was used, or the account has changed since";
    InvalidInput, "invalid_input", UNPROCESSABLE_ENTITY, "Invalid input", "Invalid input";
    BodyTooLarge, "body_too_large", PAYLOAD_TOO_LARGE, "Body too large", "The body must have at most 1 MiB";
    BodyTooSlow, "body_too_slow", REQUEST_TIMEOUT, "Body too slow", "The body must arrive within 30 seconds";
    UnsupportedMediaType, "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "Unsupported media type", "The body must be JSON, with Content-Type: application/json";
    UnsupportedContentEncoding, "unsupported_content_encoding", UNSUPPORTED_MEDIA_TYPE, "Unsupported content encoding", "The body must not be compressed: send it without Content-Encoding";
    CrossOriginRefused, "cross_origin_refused", FORBIDDEN, "Cross-origin request refused", "Web pages of that origin may not send this request";
    RateLimited, "rate_limited", TOO_MANY_REQUESTS, "Too many requests", "Too many attempts; try again later";
    Unavailable, "unavailable", SERVICE_UNAVAILABLE, "Temporarily unavailable", "The service is temporarily unavailable; try again in a moment";
    Internal, "internal", INTERNAL_SERVER_ERROR, "Internal error", "Something went wrong on our side; the request id helps us find it";
}
