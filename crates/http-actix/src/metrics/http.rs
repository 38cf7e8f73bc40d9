//! Counts and times requests.
//!
//! A route is counted by its pattern, whatever ids a client puts into the path, and everything that leads to no
//! route is one: so there are only so many numbers, whatever clients send.
//!
//! Every request passes through here, so nothing is looked up by name: each thread that serves has [`Route`]s
//! of its own, which keep the handles of what was counted before.

use std::{
    cell::RefCell,
    future::{Ready, ready},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use actix_web::{
    Error,
    dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
    http::{Method, StatusCode},
};
use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use pin_project_lite::pin_project;

use super::counters::Counters;
use crate::{problem::ProblemCode, request::known_method};

/// A pattern of paths, and what this thread has counted for it. Each resource has one in its application data.
pub(crate) struct Route {
    pattern: &'static str,
    seen: RefCell<Vec<Seen>>,
}

/// Requests that are counted together.
struct Seen {
    method: &'static str,
    status: StatusCode,
    requests: Counter,
    duration: Histogram,
}

impl Route {
    /// A route with that pattern, for which nothing is counted yet.
    pub(crate) fn new(pattern: &'static str) -> Self {
        Self { pattern, seen: RefCell::default() }
    }

    /// The pattern.
    pub(crate) fn pattern(&self) -> &'static str {
        self.pattern
    }

    /// What leads to no route. Something of it is there from the start, so that the names are.
    fn unmatched() -> Self {
        let route = Self::new("unmatched");
        let seen = Seen::new("GET", route.pattern, StatusCode::NOT_FOUND);
        route.seen.borrow_mut().push(seen);
        route
    }

    /// A request was answered like that, after that time.
    fn count(&self, method: &Method, status: StatusCode, took: Duration) {
        let method = known_method(method).unwrap_or("OTHER");
        let mut seen = self.seen.borrow_mut();
        let known = seen.iter().position(|seen| seen.status == status && seen.method == method);
        let at = known.unwrap_or_else(|| {
            seen.push(Seen::new(method, self.pattern, status));
            seen.len() - 1
        });
        if let Some(seen) = seen.get(at) {
            seen.requests.increment(1);
            seen.duration.record(took);
        }
    }
}

impl Seen {
    fn new(method: &'static str, route: &'static str, status: StatusCode) -> Self {
        let code = status.as_u16().to_string();
        Self {
            method,
            status,
            requests: counter!(
                "oms_http_requests_total", "method" => method, "route" => route, "status" => code
            ),
            // One for all statuses: each has a dozen buckets.
            duration: histogram!(
                "oms_http_request_duration_seconds", "method" => method, "route" => route
            ),
        }
    }
}

/// Measures all requests: the outermost layer, which sees every answer as it leaves.
pub(crate) struct Measure;

/// A service whose requests are measured.
pub(crate) struct Measured<S> {
    service: S,
    handles: Rc<Handles>,
}

/// What a thread counts with, beside its routes.
struct Handles {
    unmatched: Route,
    in_flight: Gauge,
    problems: Counters,
}

impl<S, B> Transform<S, ServiceRequest> for Measure
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Transform = Measured<S>;
    type InitError = ();
    type Future = Ready<Result<Measured<S>, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        let codes = ProblemCode::ALL.iter().map(|code| code.as_str());
        let handles = Handles {
            unmatched: Route::unmatched(),
            in_flight: gauge!("oms_http_requests_in_flight"),
            problems: Counters::new(
                codes,
                |code| counter!("oms_http_problems_total", "code" => code),
            ),
        };
        ready(Ok(Measured { service, handles: Rc::new(handles) }))
    }
}

impl<S, B> Service<ServiceRequest> for Measured<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Future = Answering<S::Future>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let in_flight = InFlight::begin(&self.handles);
        Answering { answer: self.service.call(request), in_flight }
    }
}

pin_project! {
    /// An answer on its way.
    pub(crate) struct Answering<F> {
        #[pin]
        answer: F,
        in_flight: InFlight,
    }
}

impl<F, B> Future for Answering<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let answer = this.answer.poll(context);
        if let Poll::Ready(Ok(response)) = &answer {
            this.in_flight.count(response);
        }
        answer
    }
}

/// A request that is not answered yet. It is not any more when this is dropped: also if its client went away.
struct InFlight {
    began: Instant,
    handles: Rc<Handles>,
}

impl InFlight {
    fn begin(handles: &Rc<Handles>) -> Self {
        handles.in_flight.increment(1.0);
        Self { began: Instant::now(), handles: Rc::clone(handles) }
    }

    fn count<B>(&self, response: &ServiceResponse<B>) {
        let request = response.request();
        let route = request.app_data::<Route>().unwrap_or(&self.handles.unmatched);
        let status = response.status();
        route.count(request.method(), status, self.began.elapsed());
        if (status.is_client_error() || status.is_server_error())
            && let Some(code) = response.response().extensions().get::<ProblemCode>()
        {
            self.handles.problems.count(code.as_str());
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.handles.in_flight.decrement(1.0);
    }
}
