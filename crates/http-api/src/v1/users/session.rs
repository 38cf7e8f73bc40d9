//! `/api/v1/users/{login,token,refresh,logout}`: sessions.

use actix_web::{HttpResponse, http::header, web::Data};
use domain::account::{
    PasswordAttempt, RefreshToken,
    service::{LoginError, RefreshedTokens},
};
use http_request::{
    ClientAddress, Field, NulFreeText, RawBody, Services, TraceContext, all_valid, optional,
    required,
};
use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationErrors};

use crate::{
    account_requests,
    caller::Authenticated,
    openapi::{
        problems,
        request_schemas::{LoginSchema, TokenRequestSchema},
        value_schemas,
    },
    problem::{Problem, ProblemCode},
    views::MessageView,
};

/// A login, or a refresh if the grant type says so. The email address of a login is `username` or
/// `email`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct TokenRequestBody {
    grant_type: Field<NulFreeText>,
    username: Field<NulFreeText>,
    email: Field<NulFreeText>,
    password: Field<NulFreeText>,
    refresh_token: Field<NulFreeText>,
}

impl Validate for TokenRequestBody {
    fn validate(&self) -> Result<(), ValidationErrors> {
        let Self { grant_type, username, email, password, refresh_token } = self;
        let kind = match grant_type {
            Field::Valid(kind) => kind.0.as_str(),
            _ => "",
        };
        let address = match (username, email) {
            (Field::Absent, Field::Valid(_) | Field::Invalid(_)) => ("email", optional(email)),
            _ => ("username", required(username)),
        };
        let checks = match kind {
            "" | PASSWORD => vec![address, ("password", required(password))],
            REFRESH => vec![("refresh_token", required(refresh_token))],
            _unsupported => Vec::new(),
        };
        all_valid(checks.into_iter().chain([("grant_type", optional(grant_type))]))
    }
}

/// The grant type of a login (RFC 6749, section 4.3.2); also if there is none.
const PASSWORD: &str = "password";

/// The grant type of a refresh (RFC 6749, section 6).
const REFRESH: &str = "refresh_token";

/// The response to a login.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Tokens)]
pub(crate) struct TokensView<'a> {
    /// The access token, to be sent as `Authorization: Bearer …`.
    #[schema(example = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl")]
    access_token: &'a str,
    /// The refresh token: it renews the session for seven days or until a logout.
    #[schema(example = "4f9d0c1e7a2b4c6d8e0f1a3b5c7d9e1f4f9d0c1e7a2b4c6d8e0f1a3b5c7d9e1f")]
    refresh_token: &'a str,
    /// Always `bearer`.
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// The lifetime of the access token, in seconds.
    #[schema(example = 3600)]
    expires_in: i64,
}

/// The response to a refresh.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = RenewedTokens)]
pub(crate) struct RefreshedTokensView<'a> {
    /// The access token, to be sent as `Authorization: Bearer …`.
    #[schema(example = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl")]
    access_token: &'a str,
    /// The refresh token for the next refresh. Present only if the shop rotates refresh tokens
    /// (`REFRESH_ROTATION=on`); otherwise the token of the request stays valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        example = "4f9d0c1e7a2b4c6d8e0f1a3b5c7d9e1f4f9d0c1e7a2b4c6d8e0f1a3b5c7d9e1f"
    )]
    refresh_token: Option<&'a str>,
    /// Always `bearer`.
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// The lifetime of the access token, in seconds.
    #[schema(example = 3600)]
    expires_in: i64,
}

/// A response with tokens, which no cache may store (RFC 6749, section 5.1).
fn respond(tokens: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(tokens)
}

#[utoipa::path(
    post, path = "/api/v1/users/login", tag = "users", operation_id = "logIn",
    summary = "Log in", security(()),
    description = "The username is an email address; it may be named `email` instead. The responses \
        to an unknown address and to a wrong password are identical. Attempts are limited per \
        client. Wrong passwords are also limited per account, except from networks from which the \
        account has logged in. The form of `/api/v1/users/token` is accepted here as well.",
    request_body = LoginSchema,
    responses(
        (status = 200, description = "The tokens of the session", body = TokensView, headers(("Cache-Control"))),
        problems::RequestToken,
    ),
)]
pub(crate) async fn log_in(
    client: ClientAddress,
    trace: TraceContext,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    request_token(client, trace, body, &services).await.map_err(Problem::with_token_error)
}

// An operation of its own: generators make no usable client for one with two content types.
#[utoipa::path(
    post, path = "/api/v1/users/token", tag = "users", operation_id = "requestToken",
    summary = "Request a token", security(()),
    description = "The token endpoint of OAuth 2.0 (RFC 6749): with `grant_type=password` a login, \
        with `grant_type=refresh_token` a refresh, after which the refresh token may be another \
        one. Errors have the members `error` and `error_description` as well.",
    request_body(content = TokenRequestSchema, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The tokens of the session", body = TokensView, headers(("Cache-Control"))),
        problems::RequestToken,
    ),
)]
pub(crate) async fn token(
    client: ClientAddress,
    trace: TraceContext,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    log_in(client, trace, body, services).await
}

async fn request_token(
    client: ClientAddress,
    trace: TraceContext,
    body: RawBody,
    services: &Services,
) -> Result<HttpResponse, Problem> {
    let body: TokenRequestBody = body.json_or_form()?;
    let grant_type = body.grant_type.optional().map(|text| text.0);
    match grant_type.as_deref() {
        None | Some("" | PASSWORD) => {}
        Some(REFRESH) => {
            let presented = body.refresh_token.required("refresh_token")?.0;
            return refresh_grant(presented, services).await;
        }
        Some(_other) => return Err(Problem::unsupported_grant_type()),
    }
    let address = if body.username.is_given() { body.username } else { body.email };
    let address = address.required("username")?;
    let attempt = PasswordAttempt::new(body.password.required("password")?.0);
    let login = account_requests::log_in(services, client, &address.0, attempt, trace).await?;
    Ok(respond(&TokensView {
        access_token: login.access.expose(),
        refresh_token: login.refresh.expose(),
        token_type: "bearer",
        expires_in: login.expires_in.num_seconds(),
    }))
}

/// Refreshes a session as the token endpoint does: the response always has a refresh token, which
/// may be the presented one.
async fn refresh_grant(presented: String, services: &Services) -> Result<HttpResponse, Problem> {
    let refreshed = refreshed(&RefreshToken::presented(presented.clone()), services).await?;
    Ok(respond(&TokensView {
        access_token: refreshed.access.expose(),
        refresh_token: refreshed.refresh.as_ref().map_or(&presented, RefreshToken::expose),
        token_type: "bearer",
        expires_in: refreshed.expires_in.num_seconds(),
    }))
}

async fn refreshed(
    presented: &RefreshToken,
    services: &Services,
) -> Result<RefreshedTokens, Problem> {
    services.accounts.refresh(presented).await.map_err(|error| match error {
        LoginError::InvalidCredentials => Problem::new(ProblemCode::InvalidRefreshToken),
        other => other.into(),
    })
}

/// The session to refresh.
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
    summary = "Refresh a session", security(()),
    description = "Returns a new access token. The refresh token can be used repeatedly, for seven \
        days or until a logout. A shop that rotates refresh tokens (`REFRESH_ROTATION=on`) returns \
        a new refresh token with each refresh: the previous one still works for 60 seconds, and \
        using it later ends the session.",
    request_body = RefreshBody,
    responses(
        (status = 200, description = "The session's new tokens", body = RefreshedTokensView, headers(("Cache-Control"))),
        problems::Refresh,
    ),
)]
pub(crate) async fn refresh(
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let body: RefreshBody = body.json()?;
    let presented = RefreshToken::presented(body.refresh_token.required("refresh_token")?.0);
    let refreshed = refreshed(&presented, &services).await?;
    Ok(respond(&RefreshedTokensView {
        access_token: refreshed.access.expose(),
        refresh_token: refreshed.refresh.as_ref().map(RefreshToken::expose),
        token_type: "bearer",
        expires_in: refreshed.expires_in.num_seconds(),
    }))
}

#[utoipa::path(
    post, path = "/api/v1/users/logout", tag = "users", operation_id = "logOut",
    summary = "Log out", description = "Ends the session: its access token and its refresh token \
        stop working at once.",
    responses((status = 200, description = "The session has ended", body = MessageView), problems::Authenticated),
)]
pub(crate) async fn log_out(
    caller: Authenticated,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    services.accounts.log_out(caller.session()).await?;
    Ok(HttpResponse::Ok().json(MessageView { message: "Logged out successfully" }))
}
