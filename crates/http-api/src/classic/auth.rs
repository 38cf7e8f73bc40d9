//! `/auth`: registration and login.

use actix_web::{HttpResponse, http::header, web::Data};
use domain::account::{EmailAddress, PasswordAttempt, service::Registration};
use http_request::{
    ClassicPassword, ClientAddress, Field, NulFreeText, RawBody, Services, TraceContext, required,
};
use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::{
    account_requests,
    openapi::{
        enum_schemas::{ClassicRoleSchema, classic_role},
        problems, value_schemas,
    },
    problem::Problem,
    routing::{self, Operation},
    views::{MessageView, created},
};

pub(crate) fn operations() -> impl IntoIterator<Item = Operation> {
    routing::operations!(register, log_in)
}

/// A registration.
#[derive(Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(default)]
#[schema(as = ClassicRegistration)]
pub(crate) struct ClassicRegisterBody {
    #[validate(custom(function = "required"))]
    #[schema(schema_with = value_schemas::email, required)]
    email: Field<EmailAddress>,
    #[validate(custom(function = "required"))]
    #[schema(schema_with = value_schemas::classic_password, required)]
    password: Field<ClassicPassword>,
}

#[utoipa::path(
    post, path = "/auth/register", tag = "classic", operation_id = "classicRegister",
    summary = "Register", security(()),
    description = "Creates an account with the role `USER`. Registrations are limited per client.",
    request_body = ClassicRegisterBody,
    responses(
        (status = 201, description = "The account is created", body = MessageView, headers(("Location"))),
        problems::Register,
    ),
)]
async fn register(
    client: ClientAddress,
    trace: TraceContext,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let body: ClassicRegisterBody = body.json()?;
    let registration = Registration {
        name: None,
        email: body.email.required("email")?,
        password: body.password.required("password")?.0,
        trace: trace.0,
    };
    let account = account_requests::register(&services, client, registration).await?;
    Ok(created::account(account.id).json(MessageView { message: "registered" }))
}

/// The credentials of a login.
#[derive(Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(default)]
#[schema(as = ClassicLogin)]
pub(crate) struct ClassicLoginBody {
    #[validate(custom(function = "required"))]
    #[schema(schema_with = value_schemas::login_email, required)]
    email: Field<NulFreeText>,
    #[validate(custom(function = "required"))]
    #[schema(schema_with = value_schemas::login_password, required)]
    password: Field<NulFreeText>,
}

/// The response to a login.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ClassicToken)]
pub(crate) struct ClassicTokenView<'a> {
    /// The access token, to be sent as `Authorization: Bearer …`.
    #[schema(example = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl")]
    access_token: &'a str,
    /// Always `bearer`.
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// `USER` or `ADMIN`.
    #[schema(value_type = ClassicRoleSchema)]
    role: &'static str,
}

#[utoipa::path(
    post, path = "/auth/login", tag = "classic", operation_id = "classicLogIn",
    summary = "Log in", security(()),
    description = "Returns an access token, which v1 accepts as well. Attempts are limited per \
        client, and wrong passwords per account.",
    request_body = ClassicLoginBody,
    responses(
        (status = 200, description = "The access token", body = ClassicTokenView, headers(("Cache-Control"))),
        problems::LogIn,
    ),
)]
async fn log_in(
    client: ClientAddress,
    trace: TraceContext,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let body: ClassicLoginBody = body.json()?;
    let email = body.email.required("email")?.0;
    let attempt = PasswordAttempt::new(body.password.required("password")?.0);
    let login = account_requests::log_in(&services, client, &email, attempt, trace).await?;
    let view = ClassicTokenView {
        access_token: login.access.expose(),
        token_type: "bearer",
        role: classic_role(login.account.role),
    };
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(view))
}
