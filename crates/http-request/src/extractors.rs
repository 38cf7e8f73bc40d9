//! `FromRequest` for the values that are read from the request head.

use std::{
    convert::Infallible,
    future::{Ready, ready},
};

use actix_web::{FromRequest, HttpRequest, dev::Payload};

use crate::{
    ClientAddress, IdempotencyHeader, IfMatch, IfNoneMatch, PathId, QueryString, TraceContext,
};

/// Implements `FromRequest` by `of`, which reads the request head and never fails.
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

extractors!(
    ClientAddress,
    IdempotencyHeader,
    IfMatch,
    IfNoneMatch,
    PathId,
    QueryString,
    TraceContext
);
