//! CORS: the web pages of other origins that may call this server.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use actix_cors::{Cors, CorsError};
use actix_web::{
    Error,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::Data,
};

use http_api::problem::{Problem, ProblemCode};

use crate::config::AllowedOrigins;

/// How long browsers may cache the response to a preflight, in seconds.
const PREFLIGHT_MAX_AGE: usize = 3600;

/// Middleware that answers preflights and lets pages of these origins read responses. Requests from
/// other origins are served too: their browsers keep the response from the page.
pub(crate) fn allow(origins: &AllowedOrigins) -> Cors {
    let cors = match origins {
        AllowedOrigins::Any => Cors::default().allow_any_origin(),
        AllowedOrigins::Only(list) => {
            list.iter().fold(Cors::default(), |cors, origin| cors.allowed_origin(origin))
        }
        AllowedOrigins::Loopback => Cors::default()
            .allowed_origin_fn(|origin, _head| is_allowed(&AllowedOrigins::Loopback, origin)),
    };
    cors.allowed_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_any_header()
        .expose_headers([
            header::ETAG,
            header::LOCATION,
            header::RETRY_AFTER,
            HeaderName::from_static("x-request-id"),
            HeaderName::from_static("idempotent-replayed"),
        ])
        .max_age(PREFLIGHT_MAX_AGE)
        .block_on_origin_mismatch(false)
}

fn is_allowed(origins: &AllowedOrigins, origin: &HeaderValue) -> bool {
    origin.to_str().is_ok_and(|origin| origins.allows(origin))
}

/// The most origins that are logged. Clients can make up any number.
const MAX_LOGGED_ORIGINS: usize = 100;

/// Logs each origin once whose pages call this server and may not, since a browser gives its person
/// no reason.
pub(crate) struct RefusedOrigins {
    allowed: AllowedOrigins,
    logged: Mutex<HashSet<String>>,
}

impl RefusedOrigins {
    pub(crate) fn new(allowed: AllowedOrigins) -> Self {
        Self { allowed, logged: Mutex::default() }
    }

    fn log_if_new(&self, headers: &HeaderMap) {
        let Some(origin) = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok())
        else {
            return;
        };
        // What is no origin, such as `null`, cannot be allowed, and is not written to the log.
        if self.allowed.allows(origin)
            || !AllowedOrigins::could_name(origin)
            || is_own(origin, headers)
        {
            return;
        }
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        if logged.len() < MAX_LOGGED_ORIGINS && logged.insert(origin.to_owned()) {
            drop(logged);
            tracing::warn!(
                origin,
                "browsers keep this server's responses from the pages of {origin}: to allow them, \
                 name it in ALLOWED_ORIGINS"
            );
        }
    }
}

/// Whether the page comes from this server: browsers send the origin also of pages that call their
/// own server.
fn is_own(origin: &str, headers: &HeaderMap) -> bool {
    let host = origin.split_once("://").map(|(_scheme, host)| host.as_bytes());
    host.is_some() && host == headers.get(header::HOST).map(HeaderValue::as_bytes)
}

/// Middleware that wraps [`allow`], turns its refusal of a preflight into a problem, and logs
/// refused origins.
pub(crate) async fn explain_refusal<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    // Most requests come from no page. Looking for the header first costs them less.
    if request.headers().contains_key(header::ORIGIN)
        && let Some(refused) = request.app_data::<Data<RefusedOrigins>>()
    {
        refused.log_if_new(request.headers());
    }
    let response = next.call(request).await?;
    let error = response.response().error();
    if error.is_none_or(|error| error.as_error::<CorsError>().is_none()) {
        return Ok(response.map_into_left_body());
    }
    let problem = Problem::new(ProblemCode::CrossOriginRefused);
    Ok(response.error_response(problem).map_into_right_body())
}
