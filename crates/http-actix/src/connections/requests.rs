//! Middleware that reports to a connection where its requests begin and end.

use std::{
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use actix_web::{
    Error, HttpMessage as _,
    body::{BoxBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    error::PayloadError,
    http::{ConnectionType, header},
    middleware::Next,
    web::Bytes,
};
use futures::Stream;

use super::{
    response_body::in_slices,
    state::{BodyRest, ConnectionState},
};

/// Middleware for every request; it must be the outermost one.
pub(crate) async fn track_request<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    tracked(request, |request| next.call(request)).await
}

/// Calls a service, within the outermost middleware. If a chunked body was left unread, the
/// response says that the connection is closed (RFC 9112, section 9.6).
pub(crate) async fn tracked<B, F>(
    mut request: ServiceRequest,
    call: impl FnOnce(ServiceRequest) -> F,
) -> Result<ServiceResponse<BoxBody>, Error>
where
    B: MessageBody + 'static,
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
{
    let Some(state) = request.conn_data::<Rc<ConnectionState>>().cloned() else {
        // Without a connection, as in a test of a service.
        return Ok(call(request).await?.map_into_boxed_body());
    };
    let body = body_of(&request);
    if body == BodyRest::Chunks {
        let payload = request.take_payload();
        let watched = WatchedChunks { payload, state: Rc::clone(&state) };
        request.set_payload(Payload::Stream { payload: Box::pin(watched) });
    }
    state.request_started(body);
    let response = call(request).await;
    let close = state.response_ready();
    let mut response = response?.map_body(|_head, body| in_slices(body));
    if close {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}

/// What the head of a request announces. A request with both headers is refused by actix-http.
fn body_of(request: &ServiceRequest) -> BodyRest {
    let headers = request.headers();
    if headers.contains_key(header::TRANSFER_ENCODING) {
        return BodyRest::Chunks;
    }
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    BodyRest::Bytes(length.and_then(|length| length.parse().ok()).unwrap_or(0))
}

/// A chunked body, which reports that its last chunk was read.
struct WatchedChunks {
    payload: Payload,
    state: Rc<ConnectionState>,
}

impl Stream for WatchedChunks {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let next = Pin::new(&mut this.payload).poll_next(cx);
        if let Poll::Ready(None) = next {
            this.state.last_chunk_read();
        }
        next
    }
}
