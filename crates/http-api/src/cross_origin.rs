//! Requests that a page of another origin sends through a person's browser.

use actix_web::http::header::HeaderMap;

/// Whether a browser reports that a page of another site or origin caused the request (Fetch
/// Metadata Request Headers, `Sec-Fetch-Site`). Requests without the header are not: other clients
/// do not send it, nor do browsers to plain-HTTP servers on other machines.
pub(crate) fn is_fetched_by_other_origin(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| {
        // `none`: a person entered the address or reloaded the page.
        !["same-origin", "none"].iter().any(|allowed| site == allowed)
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_requests_of_the_same_origin_or_of_a_person_are_not_cross_origin() {
        for (site, expected) in [
            (None, false),
            (Some("same-origin"), false),
            (Some("none"), false),
            (Some("same-site"), true),
            (Some("cross-site"), true),
            (Some("of-a-later-standard"), true),
        ] {
            let request = site.map_or_else(TestRequest::default, |site| {
                TestRequest::default().insert_header(("Sec-Fetch-Site", site))
            });
            let request = request.to_http_request();
            assert_eq!(is_fetched_by_other_origin(request.headers()), expected, "{site:?}");
        }
    }
}
