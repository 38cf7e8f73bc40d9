//! The answer to a request on its way: what is noted of it, and what is added to it.

use std::{
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_web::{
    Error,
    dev::ServiceResponse,
    http::header::{self, HeaderValue},
};
use pin_project_lite::pin_project;
use tracing::instrument::Instrumented;

use super::{REQUEST_ID, Seen, line};
use crate::{resource, telemetry::spans};

pin_project! {
    /// An answer on its way.
    pub(crate) struct Answering<F> {
        #[pin]
        answer: Instrumented<F>,
        seen: Seen,
    }
}

impl<F> Answering<F> {
    /// That answer to what was seen.
    pub(super) fn new(answer: Instrumented<F>, seen: Seen) -> Self {
        Self { answer, seen }
    }
}

impl<F, B> Future for Answering<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let mut response = ready!(this.answer.poll(context))?;
        let seen = this.seen;
        if !seen.span.is_disabled() {
            let route = resource::pattern(response.request());
            spans::answered(&seen.span, &seen.method, route, response.status());
        }
        line::write(&response, seen);
        let headers = response.headers_mut();
        // A copy would have to be told from the original by counting; nobody needs that any more.
        let id = mem::replace(&mut seen.id, HeaderValue::from_static(""));
        headers.insert(REQUEST_ID, id);
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        Poll::Ready(Ok(response))
    }
}
