//! Which web pages of other origins may call, and what the others are told.

use std::{
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use actix_cors::{Cors, CorsError};
use actix_web::{
    Error,
    body::{EitherBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, Transform},
    http::{
        Method,
        header::{self, HeaderName, HeaderValue},
    },
};
use futures::future::LocalBoxFuture;
use pin_project_lite::pin_project;

use crate::{
    config::AllowedOrigins,
    problem::{Problem, ProblemCode},
};

/// How long browsers may remember the answer to a preflight, in seconds.
const PREFLIGHT_MAX_AGE: usize = 3600;

/// What an answer depends on: also one to a program, as a cache on the way may keep it for a page.
const VARY: HeaderValue = HeaderValue::from_static(
    "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
);

/// Answers preflights, and tells browsers which pages may read an answer. What comes without an `Origin` comes from
/// no page, and passes by.
pub(crate) struct CrossOrigin(AllowedOrigins);

impl CrossOrigin {
    /// Lets pages of these origins call.
    pub(crate) fn allowing(origins: AllowedOrigins) -> Self {
        Self(origins)
    }

    fn rules(&self) -> Cors {
        let cors = match &self.0 {
            AllowedOrigins::Any => Cors::default().allow_any_origin(),
            AllowedOrigins::Only(list) => {
                list.iter().fold(Cors::default(), |cors, origin| cors.allowed_origin(origin))
            }
        };
        cors.allowed_methods([
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
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
}

/// A service behind the rules for pages, and the same one without them.
pub(crate) struct CrossOriginService<S, P> {
    service: Rc<S>,
    for_pages: P,
}

impl<S, B> Transform<S, ServiceRequest> for CrossOrigin
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = CrossOriginService<S, <Cors as Transform<Rc<S>, ServiceRequest>>::Transform>;
    type InitError = ();
    type Future = LocalBoxFuture<'static, Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        let service = Rc::new(service);
        let for_pages = self.rules().new_transform(Rc::clone(&service));
        Box::pin(async move { Ok(CrossOriginService { service, for_pages: for_pages.await? }) })
    }
}

impl<S, P, B> Service<ServiceRequest> for CrossOriginService<S, P>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    P: Service<ServiceRequest, Response = ServiceResponse<EitherBody<B>>, Error = Error>,
    P::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = Answering<S::Future, B>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.service.poll_ready(context)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        if request.headers().contains_key(header::ORIGIN) {
            let answer = self.for_pages.call(request);
            let explained = async move { answer.await.map(explain) };
            Answering::Page { answer: Box::pin(explained) }
        } else {
            Answering::Program { answer: self.service.call(request) }
        }
    }
}

/// Words a preflight's refusal as every other error. Only a preflight is refused: a request itself is served,
/// and its answer kept from the page.
fn explain<B: MessageBody + 'static>(
    response: ServiceResponse<EitherBody<B>>,
) -> ServiceResponse<EitherBody<B>> {
    let error = response.response().error();
    if error.is_none_or(|error| error.as_error::<CorsError>().is_none()) {
        return response;
    }
    let problem = Problem::new(ProblemCode::CrossOriginRefused);
    response.error_response(problem).map_into_right_body()
}

pin_project! {
    /// An answer on its way to somebody.
    #[project = AnsweringProjection]
    pub(crate) enum Answering<F, B> {
        /// A page, to which the rules apply.
        Page { answer: LocalBoxFuture<'static, Result<ServiceResponse<EitherBody<B>>, Error>> },
        /// Any other program.
        Program { #[pin] answer: F },
    }
}

impl<F, B> Future for Answering<F, B>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
{
    type Output = Result<ServiceResponse<EitherBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            AnsweringProjection::Page { answer } => answer.as_mut().poll(context),
            AnsweringProjection::Program { answer } => {
                let mut response = ready!(answer.poll(context))?;
                response.headers_mut().insert(header::VARY, VARY);
                Poll::Ready(Ok(response.map_into_left_body()))
            }
        }
    }
}
