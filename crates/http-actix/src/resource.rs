//! What a path leads to, and how it is found: the paths of single things end in their id, or in a word behind it.
//!
//! Actix finds a path with a parameter by a regular expression, which costs more than all else that is done about a
//! cached read. Here what is above the id is compared as it is, and the segments behind it one by one.

use std::{future::ready, rc::Rc};

use actix_web::{
    Error, HttpRequest, HttpResponse, ResponseError as _, Route,
    dev::{
        AppService, Extensions, HttpServiceFactory, ResourceDef, Service, ServiceFactory,
        ServiceRequest, ServiceResponse, always_ready,
    },
    guard::{Guard, GuardContext},
    http::header,
};
use futures::future::LocalBoxFuture;
use percent_encoding::percent_decode;

use crate::{
    metrics::http as measured,
    problem::{Problem, ProblemCode},
};

/// Where the id of a single thing is in a path.
const ID: &str = "/{id}";

/// Something that has a path, and what is done when it is asked for.
pub(crate) struct Resource {
    pattern: &'static str,
    allowed: &'static str,
    routes: Vec<Route>,
}

impl Resource {
    /// What that path leads to, and the methods to be named to whoever tries another one (RFC 9110, section 15.5.6).
    pub(crate) fn new(pattern: &'static str, allowed: &'static str) -> Self {
        Self { pattern, allowed, routes: Vec::new() }
    }

    /// With one more route. Of those that fit a request, the first is taken.
    pub(crate) fn route(mut self, route: Route) -> Self {
        self.routes.push(route);
        self
    }
}

/// The pattern of the path that a request was found by, if it leads anywhere. It names nobody.
pub(crate) fn pattern(request: &HttpRequest) -> Option<&'static str> {
    request.app_data::<measured::Route>().map(measured::Route::pattern)
}

/// The id in a path whose pattern has one, as it was written.
pub(crate) fn id(request: &HttpRequest) -> &str {
    // What is above it has been taken away, but for the slash.
    let below = request.match_info().unprocessed().get(1..).unwrap_or_default();
    let end = below.bytes().position(|byte| byte == b'/');
    end.and_then(|end| below.get(..end)).unwrap_or(below)
}

impl HttpServiceFactory for Resource {
    fn register(self, config: &mut AppService) {
        let (definition, guards) = match self.pattern.split_once(ID) {
            Some((above, behind)) => {
                let depth = above.split('/').count();
                let guard: Box<dyn Guard> = Box::new(Single { depth, behind });
                (ResourceDef::prefix(above), Some(vec![guard]))
            }
            None => (ResourceDef::new(self.pattern), None),
        };
        let endpoint = EndpointFactory {
            pattern: self.pattern,
            allowed: self.allowed,
            routes: Rc::from(self.routes),
        };
        config.register_service(definition, guards, endpoint, None);
    }
}

/// Lets paths through that have an id so many segments deep, and nothing else behind it than this.
struct Single {
    depth: usize,
    behind: &'static str,
}

impl Single {
    fn is_named_by(&self, path: &str) -> bool {
        // Bytes: a search for a character begins with a look at how to search.
        let mut segments = path.as_bytes().split(|byte| *byte == b'/').skip(self.depth);
        let has_id = segments.next().is_some_and(|id| !id.is_empty());
        let mut behind = self.behind.as_bytes().split(|byte| *byte == b'/').skip(1);
        let is_alike = |wanted: &[u8]| {
            segments.next().is_some_and(|given| percent_decode(given).eq(wanted.iter().copied()))
        };
        has_id && behind.all(is_alike) && segments.next().is_none()
    }
}

impl Guard for Single {
    fn check(&self, request: &GuardContext<'_>) -> bool {
        self.is_named_by(request.head().uri.path())
    }
}

/// Makes each thread's own [`Endpoint`].
struct EndpointFactory {
    pattern: &'static str,
    allowed: &'static str,
    routes: Rc<[Route]>,
}

impl ServiceFactory<ServiceRequest> for EndpointFactory {
    type Response = ServiceResponse;
    type Error = Error;
    type Config = ();
    type Service = Endpoint;
    type InitError = ();
    type Future = LocalBoxFuture<'static, Result<Endpoint, ()>>;

    fn new_service(&self, (): ()) -> Self::Future {
        let mut data = Extensions::new();
        data.insert(measured::Route::new(self.pattern));
        let (data, allowed, routes) = (Rc::new(data), self.allowed, Rc::clone(&self.routes));
        Box::pin(async move {
            let mut services = Vec::with_capacity(routes.len());
            for route in &*routes {
                services.push(route.new_service(()).await?);
            }
            Ok(Endpoint { data, allowed, routes: services })
        })
    }
}

/// What answers requests for a resource.
struct Endpoint {
    data: Rc<Extensions>,
    allowed: &'static str,
    routes: Vec<<Route as ServiceFactory<ServiceRequest>>::Service>,
}

impl Service<ServiceRequest> for Endpoint {
    type Response = ServiceResponse;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<ServiceResponse, Error>>;

    always_ready!();

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        request.add_data_container(Rc::clone(&self.data));
        for route in &self.routes {
            if route.check(&mut request) {
                return route.call(request);
            }
        }
        Box::pin(ready(Ok(request.into_response(method_not_allowed(self.allowed)))))
    }
}

fn method_not_allowed(allowed: &'static str) -> HttpResponse {
    let mut response = Problem::new(ProblemCode::MethodNotAllowed).error_response();
    response.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static(allowed));
    response
}

#[cfg(test)]
mod tests {
    use actix_web::{
        App,
        http::StatusCode,
        test::{TestRequest, call_and_read_body, call_service, init_service},
        web,
    };

    use super::*;

    async fn shown(request: HttpRequest) -> String {
        format!("{} {}", pattern(&request).unwrap_or("none"), id(&request))
    }

    fn resource(pattern: &'static str) -> Resource {
        Resource::new(pattern, "GET").route(web::get().to(shown))
    }

    /// What a path leads to: a pattern and an id; nothing if it leads nowhere.
    async fn found(path: &str) -> Option<String> {
        let app = App::new()
            .service(resource("/things"))
            .service(resource("/things/first"))
            .service(resource("/things/{id}"))
            .service(resource("/things/{id}/parts"));
        let app = init_service(app).await;
        let request = || TestRequest::get().uri(path).to_request();
        let status = call_service(&app, request()).await.status();
        match status {
            StatusCode::OK => {
                let shown = call_and_read_body(&app, request()).await;
                Some(String::from_utf8(shown.to_vec()).unwrap().trim_end().to_owned())
            }
            status => {
                assert_eq!(status, StatusCode::NOT_FOUND);
                None
            }
        }
    }

    #[actix_web::test]
    async fn a_path_leads_to_what_its_segments_name() {
        for (path, expected) in [
            ("/things?a=/b", "/things"),
            ("/things/first", "/things/first"),
            ("/things/7", "/things/{id} 7"),
            ("/things/7?a=/b", "/things/{id} 7"),
            ("/things/parts", "/things/{id} parts"),
            ("/things/7/parts", "/things/{id}/parts 7"),
        ] {
            assert_eq!(found(path).await.as_deref(), Some(expected), "{path}");
        }
    }

    #[actix_web::test]
    async fn an_escaped_path_leads_where_the_plain_one_does() {
        for (path, expected) in [
            ("/thing%73/7", "/things/{id} 7"),
            ("/things/%37", "/things/{id} 7"),
            ("/things/7/p%61rts", "/things/{id}/parts 7"),
            ("/things/a%2Fb", "/things/{id} a%2Fb"),
            ("/things/a%20b", "/things/{id} a b"),
        ] {
            assert_eq!(found(path).await.as_deref(), Some(expected), "{path}");
        }
    }

    #[actix_web::test]
    async fn a_path_that_names_nothing_leads_nowhere() {
        for path in [
            "/",
            "/thing",
            "/things7",
            "/things/",
            "/things//parts",
            "/things/7/",
            "/things/7/part",
            "/things/7/partsx",
            "/things/7/parts/",
            "/things/7/parts/8",
            "/things/7%2Fparts/8",
        ] {
            assert_eq!(found(path).await, None, "{path}");
        }
    }

    #[actix_web::test]
    async fn who_tries_another_method_is_told_which_there_are() {
        let app = init_service(App::new().service(resource("/things/{id}"))).await;
        let request = TestRequest::delete().uri("/things/7").to_request();
        let response = call_service(&app, request).await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers().get(header::ALLOW).unwrap(), "GET");
    }
}
