//! `/api/v1/users/{login,refresh,logout}`: a session from its beginning to its end.

use actix_web::{HttpResponse, http::header, web::Data};
use domain::{
    account::{PasswordAttempt, RefreshToken, service::LoginError},
    rate_limit::LimitedAction,
};
use http_request::{ClientAddress, Field, NulFreeText, RawBody, Services, optional, required};
use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::{
    caller::Authenticated,
    openapi::{
        problems,
        request_schemas::{LoginForm, LoginSchema},
        value_schemas,
    },
    problem::{Problem, ProblemCode},
    views::MessageView,
};

/// Who logs in, and with which password. A form calls the address `username`, JSON may call it `email`.
#[derive(Default, Deserialize, Validate)]
#[serde(default)]
pub(crate) struct LoginBody {
    #[validate(custom(function = "optional"))]
    username: Field<NulFreeText>,
    #[validate(custom(function = "optional"))]
    email: Field<NulFreeText>,
    #[validate(custom(function = "required"))]
    password: Field<NulFreeText>,
}

/// What a login answers.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Tokens)]
pub(crate) struct TokensView<'a> {
    /// Opens doors: send it as `Authorization: Bearer …`.
    #[schema(example = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl")]
    access_token: &'a str,
    /// Renews the session for seven days, or until a logout.
    #[schema(example = "4f9d0c1e7a2b4c6d8e0f1a3b5c7d9e1f4f9d0c1e7a2b4c6d8e0f1a3b5c7d9e1f")]
    refresh_token: &'a str,
    /// Always `bearer`.
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// How long the access token lasts, in seconds.
    #[schema(example = 3600)]
    expires_in: i64,
}

/// What a refresh answers.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = RenewedTokens)]
pub(crate) struct RenewedTokensView<'a> {
    /// Opens doors: send it as `Authorization: Bearer …`.
    #[schema(example = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl")]
    access_token: &'a str,
    /// Renews the session the next time. Present only if the shop rotates refresh tokens (`REFRESH_ROTATION=on`);
    /// otherwise the token that was sent keeps working.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        example = "4f9d0c1e7a2b4c6d8e0f1a3b5c7d9e1f4f9d0c1e7a2b4c6d8e0f1a3b5c7d9e1f"
    )]
    refresh_token: Option<&'a str>,
    /// Always `bearer`.
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// How long the access token lasts, in seconds.
    #[schema(example = 3600)]
    expires_in: i64,
}

/// Tokens are for their owner alone: no cache may keep them (RFC 6749, section 5.1).
fn respond(tokens: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(tokens)
}

#[utoipa::path(
    post, path = "/api/v1/users/login", tag = "users", operation_id = "logIn",
    summary = "Log in", security(()),
    description = "Takes an OAuth2 password form or the same as JSON. An unknown address and a wrong password \
        are answered alike.",
    request_body(content(
        (LoginForm = "application/x-www-form-urlencoded"),
        (LoginSchema = "application/json"),
    )),
    responses(
        (status = 200, description = "The tokens of the new session", body = TokensView, headers(("Cache-Control"))),
        problems::LogIn,
    ),
)]
pub(crate) async fn log_in(
    client: ClientAddress,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let body: LoginBody = body.json_or_form()?;
    let address = if body.username.is_given() { body.username } else { body.email };
    let address = address.required("username")?;
    let attempt = PasswordAttempt::new(body.password.required("password")?.0);
    services.limiter.check(LimitedAction::Login, client.0).await?;
    let signed_in = services.accounts.log_in(&address.0, attempt).await?;
    Ok(respond(&TokensView {
        access_token: signed_in.access.expose(),
        refresh_token: signed_in.refresh.expose(),
        token_type: "bearer",
        expires_in: signed_in.expires_in.num_seconds(),
    }))
}

/// Which session is to be renewed.
#[derive(Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(default)]
#[schema(as = Refresh)]
pub(crate) struct RefreshBody {
    #[validate(custom(function = "required"))]
    #[schema(schema_with = value_schemas::refresh_token, required)]
    refresh_token: Field<NulFreeText>,
}

#[utoipa::path(
    post, path = "/api/v1/users/refresh", tag = "users", operation_id = "refreshSession",
    summary = "Renew a session", security(()),
    description = "Hands out a new access token. The refresh token works again and again, for seven days or until \
        a logout. A shop that rotates refresh tokens (`REFRESH_ROTATION=on`) hands out the next one with each refresh: \
        the one before still works for 60 seconds, and using it later ends the session.",
    request_body = RefreshBody,
    responses(
        (status = 200, description = "The session's new tokens", body = RenewedTokensView, headers(("Cache-Control"))),
        problems::Refresh,
    ),
)]
pub(crate) async fn refresh(
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let body: RefreshBody = body.json()?;
    let presented = RefreshToken::presented(body.refresh_token.required("refresh_token")?.0);
    let renewed = services.accounts.refresh(&presented).await.map_err(|error| match error {
        LoginError::InvalidCredentials => Problem::new(ProblemCode::InvalidRefreshToken),
        other => other.into(),
    })?;
    Ok(respond(&RenewedTokensView {
        access_token: renewed.access.expose(),
        refresh_token: renewed.refresh.as_ref().map(RefreshToken::expose),
        token_type: "bearer",
        expires_in: renewed.expires_in.num_seconds(),
    }))
}

#[utoipa::path(
    post, path = "/api/v1/users/logout", tag = "users", operation_id = "logOut",
    summary = "Log out", description = "Ends the session: its access token and its refresh token stop working at once.",
    responses((status = 200, description = "The session is over", body = MessageView), problems::Authenticated),
)]
pub(crate) async fn log_out(
    caller: Authenticated,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    services.accounts.log_out(caller.session()).await?;
    Ok(HttpResponse::Ok().json(MessageView { message: "Logged out successfully" }))
}
