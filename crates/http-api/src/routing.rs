//! Operations: handlers with the path, method and description of their `#[utoipa::path]`.

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, Handler, HttpResponse, Responder, ResponseError as _, Route, guard,
    http::{
        Method,
        header::{self, HeaderValue},
    },
    middleware::from_fn,
    web::{self, ServiceConfig},
};
use futures::{
    FutureExt as _,
    future::{Either, Map},
};
use http_request::QueryString;
use utoipa::openapi::{
    OpenApi, RefOr, Response,
    path::{HttpMethod, Parameter, ParameterIn},
};

use crate::{
    compression::compress,
    problem::{Problem, ProblemCode},
};

/// A handler with its path and method.
pub(crate) struct Operation {
    path: String,
    method: Method,
    route: Route,
    pub(crate) description: fn() -> OpenApi,
}

impl Operation {
    /// The operation of a handler, at the path and method of its description.
    pub(crate) fn new<H, A>(handler: H, signature: &Signature, description: fn() -> OpenApi) -> Self
    where
        H: Handler<A, Output: Responder + 'static>,
        A: FromRequest + 'static,
    {
        let Signature { path, method, refuses_params, compresses } = signature.clone();
        let operation = match (method, refuses_params) {
            (Method::GET, true) => Self::get(path, WithoutParams(handler)),
            (Method::GET, false) => Self::get(path, handler),
            (method, refuses_params) => {
                let route = web::method(method.clone());
                let route = if refuses_params {
                    route.to(WithoutParams(handler))
                } else {
                    route.to(handler)
                };
                Self { path, method, route, description }
            }
        };
        let route = operation.route;
        let route = if compresses { route.wrap(from_fn(compress)) } else { route };
        Self { route, description, ..operation }
    }

    /// A `GET` operation that the document does not list. Like every `GET` it also answers `HEAD`,
    /// with the same headers and no body.
    pub(crate) fn get<H, A>(path: String, handler: H) -> Self
    where
        H: Handler<A, Output: Responder + 'static>,
        A: FromRequest + 'static,
    {
        let route = web::route().guard(guard::Any(guard::Get()).or(guard::Head())).to(handler);
        Self { path, method: Method::GET, route, description: OpenApi::default }
    }

    /// A `POST` operation that the document does not list.
    pub(crate) fn post<H, A>(path: String, handler: H) -> Self
    where
        H: Handler<A, Output: Responder + 'static>,
        A: FromRequest + 'static,
    {
        Self {
            path,
            method: Method::POST,
            route: web::post().to(handler),
            description: OpenApi::default,
        }
    }
}

/// What the routing of an operation takes from its description, which is slow to make.
#[derive(Clone)]
pub(crate) struct Signature {
    path: String,
    method: Method,
    /// Whether an operation of v1 is described without query parameters. Then it refuses all. A
    /// handler with parameters refuses those that it does not read.
    refuses_params: bool,
    /// Whether large responses are compressed: those to a `GET`, unless they have an entity tag.
    compresses: bool,
}

impl Signature {
    /// The signature in the description `D`.
    pub(crate) fn of<D: utoipa::Path>() -> Self {
        let method = match D::methods().pop() {
            Some(HttpMethod::Post) => Method::POST,
            Some(HttpMethod::Put) => Method::PUT,
            Some(HttpMethod::Patch) => Method::PATCH,
            Some(HttpMethod::Delete) => Method::DELETE,
            _ => Method::GET,
        };
        // A parameter by reference would be one of several operations; there is none.
        let is_query = |parameter: &RefOr<Parameter>| match parameter {
            RefOr::T(parameter) => parameter.parameter_in == ParameterIn::Query,
            RefOr::Ref(_) => true,
        };
        let has_params = || D::operation().parameters.unwrap_or_default().iter().any(is_query);
        let refuses_params = D::path().starts_with("/api/v1/") && !has_params();
        let has_tag = |response: &RefOr<Response>| matches!(response, RefOr::T(response) if response.headers.contains_key("ETag"));
        let compresses =
            method == Method::GET && !D::operation().responses.responses.values().any(has_tag);
        Self { path: D::path(), method, refuses_params, compresses }
    }
}

/// A handler without query parameters: it is called only if the request has none. This is checked
/// after the caller, as any invalid input.
#[derive(Clone)]
struct WithoutParams<H>(H);

impl<H, A> Handler<(QueryString, A)> for WithoutParams<H>
where
    H: Handler<A>,
    A: 'static,
{
    type Output = Result<H::Output, Problem>;
    type Future = Either<Ready<Self::Output>, Map<H::Future, fn(H::Output) -> Self::Output>>;

    fn call(&self, (query, arguments): (QueryString, A)) -> Self::Future {
        match query.refuse_params() {
            Ok(()) => Either::Right(self.0.call(arguments).map(Ok)),
            Err(unknown) => Either::Left(ready(Err(unknown.into()))),
        }
    }
}

/// The operations of handlers, in the order in which their paths are matched. Each handler is given
/// as `name` or `module::name`.
macro_rules! operations {
    (@one $handler:ident) => { $crate::routing::operations!(@in [] $handler) };
    (@one $module:ident::$handler:ident) => { $crate::routing::operations!(@in [$module::] $handler) };
    (@in [$($module:tt)*] $handler:ident) => {
        pastey::paste! {{
            #[derive(utoipa::OpenApi)]
            #[openapi(paths($($module)* $handler))]
            struct RouteDescription;
            // Each worker thread makes its routes.
            static SIGNATURE: std::sync::LazyLock<$crate::routing::Signature> =
                std::sync::LazyLock::new(
                    $crate::routing::Signature::of::<$($module)* [<__path_ $handler>]>,
                );
            $crate::routing::Operation::new(
                $($module)* $handler,
                &SIGNATURE,
                <RouteDescription as utoipa::OpenApi>::openapi,
            )
        }}
    };
    ($($first:ident $(::$second:ident)?),+ $(,)?) => {
        [$($crate::routing::operations!(@one $first $(::$second)?)),+]
    };
}
pub(crate) use operations;

/// Registers the routes of operations. Operations of the same path must be adjacent. Other methods
/// of a path are answered with 405 and the allowed methods (RFC 9110, section 15.5.6).
pub(crate) fn add_routes(
    operations: impl IntoIterator<Item = Operation>,
    config: &mut ServiceConfig,
) {
    let mut operations = operations.into_iter().peekable();
    while let Some(Operation { path, method, route, .. }) = operations.next() {
        let metrics = http_request::Route::new(path.as_str());
        let mut resource = web::resource(path.as_str()).app_data(metrics).route(route);
        let mut allowed = method.to_string();
        while let Some(next) = operations.next_if(|next| next.path == path) {
            resource = resource.route(next.route);
            allowed = format!("{allowed}, {}", next.method);
        }
        let refused = web::to(move || ready(method_not_allowed(&allowed)));
        config.service(resource.default_service(refused));
    }
}

fn method_not_allowed(allowed: &str) -> HttpResponse {
    let mut response = Problem::new(ProblemCode::MethodNotAllowed).error_response();
    if let Ok(allowed) = HeaderValue::from_str(allowed) {
        response.headers_mut().insert(header::ALLOW, allowed);
    }
    response
}
