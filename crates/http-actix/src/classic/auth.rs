//! `/auth`: register and log in.

use actix_web::{HttpResponse, http::header, web::Data};
use domain::{
    account::{EmailAddress, PasswordAttempt, Role, service::Registration},
    rate_limit::LimitedAction,
};
use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::{
    problem::Problem,
    request::{ClassicPassword, ClientAddress, Field, RawBody, Text, required},
    v1::{Message, users},
    wiring::Services,
};

/// What a registration says.
#[derive(Deserialize, Validate)]
pub(crate) struct ClassicRegisterBody {
    #[serde(default)]
    #[validate(custom(function = "required"))]
    email: Field<EmailAddress>,
    #[serde(default)]
    #[validate(custom(function = "required"))]
    password: Field<ClassicPassword>,
}

/// `POST /auth/register`
pub(crate) async fn register(
    client: ClientAddress,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let body: ClassicRegisterBody = body.json()?;
    services.limiter.check(LimitedAction::Register, client.0).await?;
    let registration = Registration {
        name: None,
        email: body.email.required("email")?,
        password: body.password.required("password")?.0,
    };
    let account = services.accounts.register(registration).await?;
    Ok(HttpResponse::Created()
        .insert_header(users::location(account.id))
        .json(Message { message: "registered" }))
}

/// Who logs in, and with which password.
#[derive(Deserialize, Validate)]
pub(crate) struct ClassicLoginBody {
    #[serde(default)]
    #[validate(custom(function = "required"))]
    email: Field<Text>,
    #[serde(default)]
    #[validate(custom(function = "required"))]
    password: Field<Text>,
}

/// What a login answers.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct ClassicTokenView<'a> {
    /// Opens doors: send it as `Authorization: Bearer …`.
    access_token: &'a str,
    /// Always `bearer`.
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// `USER` or `ADMIN`.
    #[schema(example = "USER")]
    role: &'static str,
}

/// `POST /auth/login`
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
    let role = match signed_in.account.role {
        Role::User => "USER",
        Role::Admin => "ADMIN",
    };
    let view = ClassicTokenView {
        access_token: signed_in.access.expose(),
        token_type: "bearer",
        role,
    };
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(view))
}
