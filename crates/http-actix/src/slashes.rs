//! A slash too many never matters: `/health/` and `//health` are `/health`.

use std::{
    rc::Rc,
    task::{Context, Poll},
};

use actix_web::{
    Error,
    dev::{Service, ServiceRequest, ServiceResponse, Transform},
    middleware::NormalizePath,
};
use futures::future::LocalBoxFuture;

/// Takes slashes out of paths that have too many. Paths that have none, which are most, pass by untouched.
pub(crate) struct TrimSlashes;

/// A service behind [`NormalizePath`], and the same one without it.
pub(crate) struct TrimSlashesService<S, N> {
    service: Rc<S>,
    normalizing: N,
}

impl<S, B> Transform<S, ServiceRequest> for TrimSlashes
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Transform =
        TrimSlashesService<S, <NormalizePath as Transform<Rc<S>, ServiceRequest>>::Transform>;
    type InitError = ();
    type Future = LocalBoxFuture<'static, Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        let service = Rc::new(service);
        let normalizing = NormalizePath::trim().new_transform(Rc::clone(&service));
        Box::pin(async move { Ok(TrimSlashesService { service, normalizing: normalizing.await? }) })
    }
}

impl<S, N, B> Service<ServiceRequest> for TrimSlashesService<S, N>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    N: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error, Future = S::Future>,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Future = S::Future;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.service.poll_ready(context)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        if has_too_many(request.path()) {
            self.normalizing.call(request)
        } else {
            self.service.call(request)
        }
    }
}

fn has_too_many(path: &str) -> bool {
    path.ends_with('/') || path.contains("//")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_are_too_many_at_the_end_and_beside_each_other() {
        for path in ["/health/", "//health", "/api//v1/users", "/health//", "/"] {
            assert!(has_too_many(path), "{path}");
        }
        for path in ["/health", "/api/v1/users/7", ""] {
            assert!(!has_too_many(path), "{path}");
        }
    }
}
