//! The token in the link of a mail.

use std::convert::Infallible;

use http_request::QueryString;

/// The token of a link. An absent and an empty one are the same.
pub(super) fn token_of(query: &QueryString) -> Option<String> {
    let keep = |raw: &str| Ok::<_, Infallible>(raw.to_owned());
    query.params().read("token", keep).filter(|token| !token.is_empty())
}
