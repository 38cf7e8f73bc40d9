//! Forms that another site sends.

use actix_web::HttpRequest;

use crate::{
    cross_origin::is_fetched_by_other_origin,
    problem::{Problem, ProblemCode},
};

/// Refuses a form that a page of another site or origin sent. The pages send no referrer, which
/// makes browsers send `Origin: null`, so only `Sec-Fetch-Site` tells. Clients that do not send it
/// are allowed: the token is the authority.
pub(super) fn refuse_cross_origin(request: &HttpRequest) -> Result<(), Problem> {
    if is_fetched_by_other_origin(request.headers()) {
        return Err(Problem::new(ProblemCode::CrossOriginRefused));
    }
    Ok(())
}
