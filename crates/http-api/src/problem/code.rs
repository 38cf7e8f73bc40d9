//! The kinds of problems: the one table of their codes, statuses and words.

use actix_web::http::StatusCode;

/// Declares the kinds with their row in the table.
macro_rules! problem_codes {
    ($($(#[$doc:meta])* $name:ident, $code:literal, $status:ident, $title:literal, $detail:literal;)*) => {
        /// A kind of problem. Its code is part of the contract and never changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ProblemCode {
            $($(#[$doc])* $name,)*
        }

        impl ProblemCode {
            /// All kinds, in the table's order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code, for machines.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The HTTP status.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }

            /// The kind in words.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// What a client shows a person, if nothing more fitting is known.
            pub const fn detail(self) -> &'static str {
                match self { $(Self::$name => $detail,)* }
            }
        }
    };
}

problem_codes! {
    /// No token was sent.
    NotAuthenticated, "not_authenticated", UNAUTHORIZED, "Not authenticated", "Not authenticated";
    /// The token is none of ours, too old, or its session is over.
    InvalidToken, "invalid_token", UNAUTHORIZED, "Invalid token", "Could not validate credentials";
    /// No such address, or another password.
    InvalidCredentials, "invalid_credentials", UNAUTHORIZED, "Invalid credentials", "Invalid credentials";
    /// The refresh token does not work (any more).
    InvalidRefreshToken, "invalid_refresh_token", UNAUTHORIZED, "Invalid refresh token", "Invalid or expired refresh token";
    /// Only for staff.
    AdminRequired, "admin_required", FORBIDDEN, "Admin access required", "Admin access required";
    /// It is somebody else's.
    NotAuthorized, "not_authorized", FORBIDDEN, "Not authorized", "Not authorized";
    /// No such account.
    UserNotFound, "user_not_found", NOT_FOUND, "User not found", "User not found";
    /// No such product.
    ProductNotFound, "product_not_found", NOT_FOUND, "Product not found", "Product not found";
    /// No such order.
    OrderNotFound, "order_not_found", NOT_FOUND, "Order not found", "Order not found";
    /// No such path.
    RouteNotFound, "route_not_found", NOT_FOUND, "Not found", "Not Found";
    /// The path has no such method.
    MethodNotAllowed, "method_not_allowed", METHOD_NOT_ALLOWED, "Method not allowed", "Method Not Allowed";
    /// A live account has that address.
    EmailTaken, "email_taken", CONFLICT, "Email already registered", "Email already registered";
    /// Nobody would be left to manage the shop.
    LastAdmin, "last_admin", CONFLICT, "Last admin", "The last admin cannot be demoted or deleted";
    /// Fewer pieces are there than were asked for.
    InsufficientStock, "insufficient_stock", CONFLICT, "Not enough stock", "Not enough stock";
    /// Only deleted products can be restored.
    ProductNotDeleted, "product_not_deleted", CONFLICT, "Product is not deleted", "Product is not deleted";
    /// It is cancelled, and that is final.
    OrderCancelled, "order_cancelled", CONFLICT, "Order is cancelled", "Order already cancelled";
    /// Its goods have left.
    OrderNotCancellable, "order_not_cancellable", CONFLICT, "Order cannot be cancelled", "Cannot cancel shipped/delivered order";
    /// It is delivered, and that is final.
    OrderDelivered, "order_delivered", CONFLICT, "Order is delivered", "Delivered orders cannot be modified";
    /// The lifecycle has no such step.
    IllegalStatusStep, "illegal_status_step", CONFLICT, "Invalid status transition", "Invalid status transition";
    /// It has changed since the caller saw it.
    VersionMismatch, "version_mismatch", PRECONDITION_FAILED, "Changed since", "It has changed since you read it; read it again";
    /// The key was used for a different order.
    IdempotencyKeyReused, "idempotency_key_reused", UNPROCESSABLE_ENTITY, "Idempotency key reused", "This Idempotency-Key was used for a different request";
    /// Something in the request is not as it should be.
    InvalidInput, "invalid_input", UNPROCESSABLE_ENTITY, "Invalid input", "Invalid input";
    /// The body has more bytes than this server reads.
    BodyTooLarge, "body_too_large", PAYLOAD_TOO_LARGE, "Body too large", "The body must have at most 1 MiB";
    /// The body did not arrive in time.
    BodyTooSlow, "body_too_slow", REQUEST_TIMEOUT, "Body too slow", "The body must arrive within 30 seconds";
    /// The body is of a type that this route does not read.
    UnsupportedMediaType, "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "Unsupported media type", "The body must be JSON, with Content-Type: application/json";
    /// A web page of another origin may not do this.
    CrossOriginRefused, "cross_origin_refused", FORBIDDEN, "Cross-origin request refused", "Web pages of that origin may not send this request";
    /// Too many attempts from one address.
    RateLimited, "rate_limited", TOO_MANY_REQUESTS, "Too many requests", "Too many attempts; try again later";
    /// Something that the answer needs is away.
    Unavailable, "unavailable", SERVICE_UNAVAILABLE, "Temporarily unavailable", "The service is temporarily unavailable; try again in a moment";
    /// A fault of this server.
    Internal, "internal", INTERNAL_SERVER_ERROR, "Internal error", "Something went wrong on our side; the request id helps us find it";
}
