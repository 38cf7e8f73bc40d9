//! Compresses large responses for clients that accept gzip (RFC 9110, section 12.5.3).

use std::io::Write as _;

use actix_web::{
    HttpRequest, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{self, AcceptEncoding, Encoding, Header as _, HeaderValue},
    middleware::Next,
    web::Bytes,
};
use flate2::{Compression, write::GzEncoder};

/// Smaller responses fit into one packet as they are, so compressing them saves nothing.
const MIN_BYTES: usize = 1400;

/// Compresses the response of a route, if it is large and the client accepts gzip. A route whose
/// response has an entity tag does not use it: the tag is that of the plain bytes.
pub(crate) async fn compress(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let response = next.call(request).await?.map_into_boxed_body();
    let (request, response) = response.into_parts();
    let response = compressed(&request, response);
    Ok(ServiceResponse::new(request, response))
}

fn compressed(request: &HttpRequest, response: HttpResponse) -> HttpResponse {
    let (mut response, body) = response.into_parts();
    let body = match body.try_into_bytes() {
        Ok(bytes) => bytes,
        // A stream, which no route has.
        Err(stream) => return response.set_body(stream),
    };
    if body.len() < MIN_BYTES {
        return response.set_body(BoxBody::new(body));
    }
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    // A handler may have compressed the body itself.
    if headers.contains_key(header::CONTENT_ENCODING) || !accepts_gzip(request) {
        return response.set_body(BoxBody::new(body));
    }
    let Some(smaller) = gzip(&body) else { return response.set_body(BoxBody::new(body)) };
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    response.set_body(BoxBody::new(smaller))
}

/// Whether the client accepts gzip. A client that names no encoding gets none.
pub(crate) fn accepts_gzip(request: &HttpRequest) -> bool {
    let supported = [Encoding::gzip(), Encoding::identity()];
    request.headers().contains_key(header::ACCEPT_ENCODING)
        && AcceptEncoding::parse(request)
            .is_ok_and(|accepted| accepted.negotiate(supported.iter()) == Some(Encoding::gzip()))
}

/// The bytes in the gzip format; `None` never, since memory is the only writer.
pub(crate) fn gzip(plain: &[u8]) -> Option<Bytes> {
    // The fastest level makes JSON about a fifth of its size; the best one, a sixth.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(plain).ok()?;
    Some(encoder.finish().ok()?.into())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn gzip_is_used_if_the_client_prefers_it_to_none() {
        for (accepted, expected) in [
            ("gzip", true),
            ("gzip, deflate, br, zstd", true),
            ("br;q=1.0, gzip;q=0.8, *;q=0.1", true),
            ("*", false),
            ("identity", false),
            ("br", false),
            ("gzip;q=0", false),
            ("", false),
        ] {
            let request = TestRequest::default().insert_header(("accept-encoding", accepted));
            assert_eq!(accepts_gzip(&request.to_http_request()), expected, "{accepted}");
        }
        assert!(!accepts_gzip(&TestRequest::default().to_http_request()));
    }
}
