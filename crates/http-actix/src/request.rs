//! What comes in: who calls, and what they sent, checked.
//!
//! Actix runs the extractors of a handler side by side, and the first that fails answers. Who the caller is
//! must come first, so the extractors of input here never fail: they keep what is wrong until the handler
//! asks.

mod body;
mod caller;
mod client_address;
mod conditional;
mod field;
mod from_json;
mod idempotency;
mod method;
mod operator;
mod params;
mod trace_context;

pub(crate) use self::{
    body::RawBody,
    caller::{Admin, SignedIn},
    client_address::{ClientAddress, TrustedProxies},
    conditional::{Expected, etag},
    field::{Field, optional, required},
    from_json::{ClassicPassword, FreeFormQuantity, FromJson, Lines, Text, V1Password},
    idempotency::IdempotencyHeader,
    method::known_method,
    operator::Operator,
    params::{PathId, QueryString, encode_cursor},
    trace_context::TraceContext,
};
