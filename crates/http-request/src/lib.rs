//! Request extractors that every HTTP surface uses: the caller, the client address, parameters and
//! validated bodies. Each surface maps the errors to its own responses.
//!
//! | module | contents |
//! |---|---|
//! | `services`, `detached` | the use cases that handlers call; detached tasks that outlive a disconnected client |
//! | `caller` | authentication by access token |
//! | `client_address` | the client's IP address, which rate limits count by |
//! | `trace_context` | the distributed trace that the request belongs to |
//! | `conditional`, `idempotency` | `ETag`, `If-Match` and `If-None-Match`; `Idempotency-Key` |
//! | `route` | the matched route and its request metrics |
//! | `params`, `cursors` | path and query parameters; the cursors of lists |
//! | `body`, `update` | the body, read up to a size limit, as JSON or a form; the members of an update |
//! | `field`, `from_json`, `values`, `order_lines` | body members, each parsed into a domain value |
//! | `error` | invalid requests: bad input and unreadable bodies |
//! | `extractors` | `FromRequest` for everything that is read from the request head |
//!
//! Actix polls the extractors of a handler concurrently, and the first one that fails decides the
//! response. A missing or invalid token has to be reported before any other error. So no extractor
//! here fails: each keeps its error until the handler asks for the value.

mod body;
mod caller;
mod client_address;
mod conditional;
mod cursors;
mod detached;
mod error;
mod extractors;
mod field;
mod from_json;
mod idempotency;
mod order_lines;
mod params;
mod route;
mod services;
mod trace_context;
mod update;
mod values;

pub use self::{
    body::{NOT_AN_OBJECT, RawBody},
    caller::AuthenticatedCaller,
    client_address::{ClientAddress, TrustedProxies},
    conditional::{IfMatch, IfNoneMatch, etag},
    cursors::{CursorScope, encode_cursor},
    detached::{DetachedTasks, TooManyTasks},
    error::{InputError, RequestError},
    field::{Field, all_valid, nullable, optional, refused, required},
    from_json::FromJson,
    idempotency::IdempotencyHeader,
    order_lines::OrderLines,
    params::{PathId, QueryParams, QueryString},
    route::Route,
    services::Services,
    trace_context::TraceContext,
    values::{ClassicPassword, FreeFormQuantity, NulFreeText, V1Password},
};
