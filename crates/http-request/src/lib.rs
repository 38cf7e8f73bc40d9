//! What a request says: who calls, from where, and what they sent, checked. Every HTTP surface asks it here, and
//! words the errors itself.
//!
//! | module | what lives there |
//! |---|---|
//! | `services`, `changes` | the use cases that handlers call, and how a change is run to its end |
//! | `caller` | who calls, by an access token |
//! | `client_address` | from which address: what the rate limits count by |
//! | `trace_context` | which distributed trace the request belongs to |
//! | `conditional`, `idempotency` | `If-Match` and `Idempotency-Key` |
//! | `route` | the route that it matched, and the counters of its requests |
//! | `params` | the parameters of the path and the query |
//! | `body` | the body, read up to a limit, as JSON or a form |
//! | `field`, `from_json`, `values`, `lines` | the members of a body, each as a value of the domain |
//! | `error` | what is wrong with what a client sent |
//! | `extractors` | all of these as arguments of a handler |
//!
//! Actix runs the extractors of a handler side by side, and the first that fails answers. Who the caller is must be
//! answered first, so no extractor here fails: each keeps what is wrong until the handler asks.

mod body;
mod caller;
mod changes;
mod client_address;
mod conditional;
mod error;
mod extractors;
mod field;
mod from_json;
mod idempotency;
mod lines;
mod params;
mod route;
mod services;
mod trace_context;
mod values;

pub use self::{
    body::RawBody,
    caller::AuthenticatedCaller,
    changes::Changes,
    client_address::{ClientAddress, TrustedProxies},
    conditional::{Expected, etag},
    error::{InputError, RequestError},
    field::{Field, optional, required},
    from_json::FromJson,
    idempotency::IdempotencyHeader,
    lines::Lines,
    params::{Params, PathId, QueryString, encode_cursor},
    route::Route,
    services::Services,
    trace_context::TraceContext,
    values::{ClassicPassword, FreeFormQuantity, Text, V1Password},
};
