//! An extractor that authenticates operators and rejects all other clients.

use std::time::Duration;

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use futures::future::LocalBoxFuture;
use tokio::time;

use super::{access::ProbeAccess, local::is_local};
use crate::{
    caller::{Admin, bearer_token},
    problem::{Problem, ProblemCode},
};

/// The timeout of authenticating an access token. With it, probes get a response in time even while
/// a dependency is unavailable.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(2);

/// An extractor: a client that is an operator. On the operators' own listener that is every client;
/// elsewhere a client on this machine (unless there is an operators' token), a client with the
/// operators' token, or a caller with the role admin.
pub(crate) struct Operator;

impl FromRequest for Operator {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let Some(access) = request.app_data::<Data<ProbeAccess>>() else {
            return Box::pin(async { Err(Problem::new(ProblemCode::Internal)) });
        };
        if matches!(***access, ProbeAccess::Everyone)
            || (access.trusts_loopback() && is_local(request))
        {
            return Box::pin(async { Ok(Self) });
        }
        let Some(token) = bearer_token(request) else {
            return Box::pin(async {
                Err(Problem::operator_required(ProblemCode::NotAuthenticated))
            });
        };
        if access.accepts_token(token) {
            return Box::pin(async { Ok(Self) });
        }
        let admin = Admin::from_request(request, payload);
        Box::pin(async move {
            match time::timeout(TOKEN_TIMEOUT, admin).await {
                Ok(Ok(_admin)) => Ok(Self),
                Ok(Err(problem)) => Err(match problem.code() {
                    code @ (ProblemCode::InvalidToken | ProblemCode::AdminRequired) => {
                        Problem::operator_required(code)
                    }
                    _ => problem,
                }),
                Err(_elapsed) => Err(Problem::unavailable(None)),
            }
        })
    }
}
