//! What every request has, as arguments of a handler.

use std::{
    convert::Infallible,
    future::{Ready, ready},
};

use actix_web::{FromRequest, HttpRequest, dev::Payload};

use crate::{ClientAddress, Expected, IdempotencyHeader, PathId, QueryString, TraceContext};

/// Lets handlers take values that are read from a request's head, which never fails.
macro_rules! extractors {
    ($($value:ty),+) => {$(
        impl FromRequest for $value {
            type Error = Infallible;
            type Future = Ready<Result<Self, Infallible>>;

            fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
                ready(Ok(Self::of(request)))
            }
        }
    )+};
}

extractors!(ClientAddress, Expected, IdempotencyHeader, PathId, QueryString, TraceContext);
