//! CORS: the web pages of other origins that may call this server.

use actix_cors::{Cors, CorsError};
use actix_web::{
    Error,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{self, HeaderName},
    },
    middleware::Next,
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

/// Middleware that wraps [`allow`] and turns its refusal of a preflight into a problem.
pub(crate) async fn explain_refusal<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let response = next.call(request).await?;
    let error = response.response().error();
    if error.is_none_or(|error| error.as_error::<CorsError>().is_none()) {
        return Ok(response.map_into_left_body());
    }
    let problem = Problem::new(ProblemCode::CrossOriginRefused);
    Ok(response.error_response(problem).map_into_right_body())
}
