//! `/auth`: register and log in.

use actix_web::{HttpResponse, http::header, web::Data};
use domain::{
    account::{EmailAddress, PasswordAttempt, Role, service::Registration},
    rate_limit::LimitedAction,
};
use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::{
    openapi::{input, problems, words::ClassicRoleWord},
    problem::Problem,
    request::{ClassicPassword, ClientAddress, Field, RawBody, Text, TraceContext, required},
    services::Services,
    v1::{Message, users},
};

/// What a registration says.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[schema(as = ClassicRegistration)]
pub(crate) struct ClassicRegisterBody {
    #[serde(default)]
    #[validate(custom(function = "required"))]
    #[schema(schema_with = input::email, required)]
    email: Field<EmailAddress>,
    #[serde(default)]
    #[validate(custom(function = "required"))]
    #[schema(schema_with = input::classic_password, required)]
    password: Field<ClassicPassword>,
}

/// `POST /auth/register`
#[utoipa::path(
    post, path = "/auth/register", tag = "classic", operation_id = "classicRegister",
    summary = "Register", security(()),
    request_body = ClassicRegisterBody,
    responses(
        (status = 201, description = "The account is made", body = Message, headers(("Location"))),
        problems::Register,
    ),
)]
pub(crate) async fn register(
    client: ClientAddress,
    trace: TraceContext,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let body: ClassicRegisterBody = body.json()?;
    services.limiter.check(LimitedAction::Register, client.0).await?;
    let registration = Registration {
        name: None,
        email: body.email.required("email")?,
        password: body.password.required("password")?.0,
        trace: trace.0,
    };
    let account = services.accounts.register(registration).await?;
    Ok(HttpResponse::Created()
        .insert_header(users::location(account.id))
        .json(Message { message: "registered" }))
}

/// Who logs in, and with which password.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[schema(as = ClassicLogin)]
pub(crate) struct ClassicLoginBody {
    #[serde(default)]
    #[validate(custom(function = "required"))]
    #[schema(schema_with = input::login_email, required)]
    email: Field<Text>,
    #[serde(default)]
    #[validate(custom(function = "required"))]
    #[schema(schema_with = input::login_password, required)]
    password: Field<Text>,
}

/// What a login answers.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ClassicToken)]
pub(crate) struct ClassicTokenView<'a> {
    /// Opens doors: send it as `Authorization: Bearer …`.
    #[schema(example = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl")]
    access_token: &'a str,
    /// Always `bearer`.
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// `USER` or `ADMIN`.
    #[schema(value_type = ClassicRoleWord)]
    role: &'static str,
}

/// A role's word on this surface.
pub(crate) const fn role_word(role: Role) -> &'static str {
    match role {
        Role::User => "USER",
        Role::Admin => "ADMIN",
    }
}

/// `POST /auth/login`
#[utoipa::path(
    post, path = "/auth/login", tag = "classic", operation_id = "classicLogIn",
    summary = "Log in", security(()),
    request_body = ClassicLoginBody,
    responses(
        (status = 200, description = "A token", body = ClassicTokenView, headers(("Cache-Control"))),
        problems::LogIn,
    ),
)]
pub(crate) async fn log_in(
    client: ClientAddress,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let body: ClassicLoginBody = body.json()?;
    let email = body.email.required("email")?.0;
    let attempt = PasswordAttempt::new(body.password.required("password")?.0);
    services.limiter.check(LimitedAction::Login, client.0).await?;
    let signed_in = services.accounts.log_in(&email, attempt).await?;
    let view = ClassicTokenView {
        access_token: signed_in.access.expose(),
        token_type: "bearer",
        role: role_word(signed_in.account.role),
    };
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(view))
}
