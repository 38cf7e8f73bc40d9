//! Forms that another site sends.

use actix_web::HttpRequest;

use crate::problem::{Problem, ProblemCode};

/// Refuses a form that a page of another site or origin sent.
pub(super) fn refuse_cross_origin(request: &HttpRequest) -> Result<(), Problem> {
    if is_cross_origin(request) {
        return Err(Problem::new(ProblemCode::CrossOriginRefused));
    }
    Ok(())
}

/// Whether a browser reports that a page of another site or origin sent the request. The pages send
/// no referrer, which makes browsers send `Origin: null`, so only `Sec-Fetch-Site` tells. Clients
/// that do not send it are allowed: the token is the authority.
fn is_cross_origin(request: &HttpRequest) -> bool {
    request.headers().get("sec-fetch-site").is_some_and(|site| {
        // `none`: a person entered the address or reloaded the page.
        !["same-origin", "none"].iter().any(|allowed| site == allowed)
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_forms_of_the_same_origin_are_allowed() {
        for (site, expected) in [
            (None, false),
            (Some("same-origin"), false),
            (Some("none"), false),
            (Some("same-site"), true),
            (Some("cross-site"), true),
        ] {
            let request = site.map_or_else(TestRequest::default, |site| {
                TestRequest::default().insert_header(("Sec-Fetch-Site", site))
            });
            assert_eq!(is_cross_origin(&request.to_http_request()), expected, "{site:?}");
        }
    }
}
